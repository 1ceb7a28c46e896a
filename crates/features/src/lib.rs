//! No code. See the comment in this package's `Cargo.toml`.
