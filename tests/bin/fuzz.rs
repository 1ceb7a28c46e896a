//! The fuzzer's long form, started by `cargo xtask fuzz`.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use unbraid_tests::fuzz::{fuzz, life};

/// Treats the bundled plug-in at random
#[derive(Parser)]
struct Arguments {
    /// First seed
    seed: u64,
    /// Minutes to go on for [default: the one life of the seed]
    minutes: Option<f64>,
}

fn main() -> ExitCode {
    let Arguments { seed, minutes } = Arguments::parse();
    let result = match minutes {
        None => life(seed).map(|tally| (1, tally)),
        // The seed is printed first, because a crash prints nothing.
        Some(minutes) => fuzz(seed, Duration::from_secs_f64(60.0 * minutes), |seed| println!("seed {seed}")),
    };
    match result {
        Ok((lives, tally)) => {
            println!("clean: {lives} lives, {tally:?}");
            ExitCode::SUCCESS
        }
        Err(finding) => {
            eprintln!("seed {}: {}", finding.seed, finding.what);
            eprintln!("to repeat it: cargo xtask fuzz --life {}", finding.seed);
            ExitCode::FAILURE
        }
    }
}
