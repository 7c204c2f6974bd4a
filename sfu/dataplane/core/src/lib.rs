//! Folkmoot's media plane, sans-IO.

pub mod batch;
pub mod codec;
pub mod demux;
pub mod drop;
pub mod engine;
pub mod extension;
pub mod id;
pub mod io;
pub mod rtcp;
pub mod rtp;
pub mod sequence;
pub mod spec;
pub mod srtp;
pub mod stats;
pub mod stun;
pub mod time;
