//! Unbraid's own commands, run as `cargo xtask COMMAND`.
//!
//! * `bundle`: builds the plug-in and packs it as CLAP and VST3;
//! * `render`: takes a song apart through the bundled plug-in in a host;
//! * `test`: installs what the tests need and runs them all;
//! * `evaluate`: scores the bundled plug-in on songs whose stems are known.

mod bundle;
mod evaluate;
mod python;
mod render;
mod setup;
mod test;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Unbraid's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build and pack the plug-in: `cargo xtask bundle unbraid --release` writes target/bundled/
    Bundle(bundle::Arguments),
    /// Take a song apart through the bundled plug-in: stems, rebalanced mix, picture and report
    Render(Box<render::Arguments>),
    /// Install what the tests need and run all of them
    Test(test::Arguments),
    /// Score the bundled plug-in on songs whose stems are known
    Evaluate(evaluate::Arguments),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Bundle(arguments) => bundle::main(arguments),
        Command::Render(arguments) => render::main(&arguments),
        Command::Test(arguments) => test::main(&arguments),
        Command::Evaluate(arguments) => evaluate::main(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line: what failed, where, and why.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
