//! Unbraid's own commands, run as `cargo xtask COMMAND`.
//!
//! * `bundle`: builds the plug-in and packs it as CLAP and VST3;
//! * `render`: takes songs apart through the bundled plug-in in a host;
//! * `setup`: installs what the tests need;
//! * `test`: runs every test;
//! * `bench`: what the bundled plug-in costs in a host;
//! * `fuzz`, `soak`: the long forms of two of the tests;
//! * `package`: makes what users download;
//! * `screenshots`: pictures of the window with a song playing;
//! * `window`: opens and closes the window while audio plays, and drags files onto it;
//! * `wine`: builds the plug-in for Windows and tests it under Wine;
//! * `evaluate`: scores the bundled plug-in on songs whose stems are known.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "figures and pictures of measurements; no audio passes here"
)]

mod bench;
mod bundle;
mod evaluate;
mod long;
mod package;
mod python;
mod render;
mod screen;
mod screenshots;
mod setup;
mod test;
mod window;
mod wine;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use unbraid_separate::joined;

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
    /// Take songs apart through the bundled plug-in: stems, rebalanced mix, picture and report
    Render(Box<render::Arguments>),
    /// Install what the tests need: system packages as root on Debian, Python environments under target/
    Setup,
    /// Run every test
    Test(test::Arguments),
    /// Measure what the bundled plug-in costs: load of a core, tails, activation, memory, beside onnxruntime
    Bench(bench::Arguments),
    /// Fuzz the bundled plug-in: random calls, values and states, for ten minutes
    Fuzz(long::FuzzArguments),
    /// Eight instances under automation, mode switches and churn for half an hour, memory watched
    Soak(long::SoakArguments),
    /// Make what users download: an archive for this platform, and a Debian package
    Package(package::Arguments),
    /// Take pictures of the window at three sizes, with a song playing, on a virtual display
    Screenshots(screenshots::Arguments),
    /// Open and close the window while audio plays, in each mode: sound, memory, pictures a second; drag files onto it
    Window(window::Arguments),
    /// Build the plug-in for Windows with mingw, and run its tests as Windows programs under Wine
    Wine(wine::Arguments),
    /// Score the bundled plug-in on songs whose stems are known
    Evaluate(evaluate::Arguments),
}

fn main() -> ExitCode {
    let result = match Arguments::parse_from(joined(std::env::args_os())).command {
        Command::Bundle(arguments) => bundle::main(arguments),
        Command::Render(arguments) => render::main(&arguments),
        Command::Setup => setup::main(),
        Command::Test(arguments) => test::main(&arguments),
        Command::Bench(arguments) => bench::main(&arguments),
        Command::Fuzz(arguments) => long::fuzz(&arguments),
        Command::Soak(arguments) => long::soak(&arguments),
        Command::Package(arguments) => package::main(&arguments),
        Command::Window(arguments) => window::main(&arguments),
        Command::Wine(arguments) => wine::main(&arguments),
        Command::Screenshots(arguments) => screenshots::main(&arguments),
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
