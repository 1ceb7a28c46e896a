//! The command `unbraid` from outside: what it writes, what it says, and that nothing is lost.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "signals of tests"
)]

mod batch;
mod command;
mod formats;
mod rates;
mod safety;
mod songs;
mod support;
mod tags;
#[cfg(unix)]
mod unix;
