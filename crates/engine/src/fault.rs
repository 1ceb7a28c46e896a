//! Failure on the audio thread.

/// A failed inference. The engine goes on with the dry signal. Without a message, since formatting one would allocate
/// on the audio thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the network failed while running")]
pub struct Fault;
