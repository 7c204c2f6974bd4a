//! SRTP and SRTCP (RFC 3711, RFC 7714): one [`Inbound`] and one [`Outbound`] context for each transport.
//!
//! Both work in place and allocate nothing per packet. What is dropped is dropped under the name of a [`SrtpError`].

mod cipher;
mod derivation;
mod error;
mod header;
mod inbound;
mod outbound;
mod profile;
mod replay;
mod streams;

pub use error::SrtpError;
pub use inbound::Inbound;
pub use outbound::Outbound;
pub use profile::Profile;
pub use replay::ReplayWindow;
pub use streams::MAX_STREAMS;
