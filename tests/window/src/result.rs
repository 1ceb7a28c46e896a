//! Errors of the trials.

/// A result with any error.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
