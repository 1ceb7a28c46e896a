//! Unbraid as a program of its own: two inputs, the rebalanced mix and four stems, with the plug-in's window.
//!
//! `cargo run --release --package unbraid-standalone -- --help` lists what can be set. Under JACK there are twelve ports:
//! `input_1 input_2 output_1 output_2 vocals_1 … other_2`. Without a display it runs all the same and is ended by
//! `Ctrl-C`.

mod adapters;
mod program;
mod server;

use std::process::ExitCode;

use nice_plug::prelude::nice_export_standalone_with_args;

use crate::program::Program;

fn main() -> ExitCode {
    let arguments = server::settle(std::env::args().collect());
    if nice_export_standalone_with_args::<Program, _>(arguments) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
