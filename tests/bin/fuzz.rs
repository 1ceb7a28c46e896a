//! The fuzzer's long form, started by `cargo xtask fuzz`: `fuzz SEED MINUTES`, or `fuzz SEED` for the one life of it.

use std::process::ExitCode;
use std::time::Duration;

use unbraid_tests::fuzz::{fuzz, life};

fn main() -> ExitCode {
    let arguments: Vec<f64> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let result = match arguments[..] {
        [seed] => life(seed as u64).map(|tally| (1, tally)),
        [seed, minutes] => {
            let time = Duration::from_secs_f64(60.0 * minutes);
            // The seed first: a crash says nothing any more.
            fuzz(seed as u64, time, |seed| println!("seed {seed}"))
        }
        _ => {
            eprintln!("usage: fuzz SEED [MINUTES]");
            return ExitCode::FAILURE;
        }
    };
    match result {
        Ok((lives, tally)) => {
            println!("clean: {lives} lives, {tally:?}");
            ExitCode::SUCCESS
        }
        Err(finding) => {
            eprintln!("seed {}: {}", finding.seed, finding.what);
            eprintln!("see it again: cargo xtask fuzz --life {}", finding.seed);
            ExitCode::FAILURE
        }
    }
}
