//! The command `unbraid` from outside: what it writes, what it says, and that nothing is lost.

mod batch;
mod command;
mod formats;
mod rates;
mod safety;
mod support;
mod tags;
