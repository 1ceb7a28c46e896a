//! The command `unbraid`.

mod command;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = unbraid_separate::joined(std::env::args_os());
    command::Arguments::parse_from(arguments).run()
}
