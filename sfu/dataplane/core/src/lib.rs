//! Folkmoot's media plane, sans-IO.

pub mod codec;
pub mod demux;
pub mod extension;
pub mod id;
pub mod rtcp;
pub mod rtp;
pub mod sequence;
pub mod srtp;
pub mod stun;
pub mod time;
