//! Folkmoot's media plane, sans-IO: no socket, no clock, no thread. Datagrams, commands and the time go in; datagrams,
//! events and the next deadline come out.
//!
//! # The one invariant
//!
//! After every call of [`engine::Engine`], and before the next: send everything in
//! [`transmits`](engine::Engine::transmits) and clear it, take events until there are none, and call
//! [`timeout`](engine::Engine::timeout) no later than [`next_timeout`](engine::Engine::next_timeout). The time given never
//! goes backwards. Nothing else is asked of the driver, and no input can make the engine panic, block or grow without
//! bound.
//!
//! # Where things are
//!
//! A packet: [`engine`] → [`demux`] → [`session`] → [`ingress`] → [`stream`] → [`history`] → for each consumer [`egress`]:
//! [`layer`] → [`rewrite`] (on its [`map`]) → [`transport`] → [`session`] → [`batch`].
//! Feedback: [`engine`] → [`session`] → [`feedback`] → [`repair`] or [`keyframe`]. When the driver looks again: [`gathering`].
//! From worker to worker: [`pipe`]. What is said without being asked: [`report`]. What the control plane asks: [`commands`].

pub mod admission;
pub mod allocation;
pub mod arrivals;
pub mod bandwidth;
pub mod batch;
pub mod bitrate;
pub mod checks;
pub mod clock;
pub mod codec;
pub mod commands;
pub mod consumer;
pub mod demux;
pub mod drop;
pub mod egress;
pub mod engine;
pub mod extension;
pub mod feedback;
pub mod framing;
pub mod gathering;
pub mod history;
pub mod ice;
pub mod id;
pub mod ingress;
pub mod io;
pub mod keyframe;
pub mod ladder;
pub mod layer;
pub mod loudness;
pub mod map;
pub mod nack;
pub mod noted;
pub mod output;
pub mod pacer;
pub mod pacing;
pub mod packet;
pub mod padding;
pub mod pipe;
pub mod policer;
pub mod producer;
pub mod random;
pub mod rates;
pub mod reception;
pub mod references;
pub mod repair;
pub mod report;
pub mod resend;
pub mod rewrite;
pub mod rhythm;
pub mod rtcp;
pub mod rtp;
pub mod sending;
pub mod sequence;
pub mod session;
pub mod spec;
pub mod srtp;
pub mod stats;
pub mod stream;
pub mod stun;
pub mod tables;
pub mod time;
pub mod transport;
pub mod tuple;
