//! The soak's long form, started by `cargo xtask soak`.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use unbraid_tests::soak::soak;

/// Creates and drops instances of the bundled plug-in for a long time
#[derive(Parser)]
struct Arguments {
    /// Seed
    seed: u64,
    /// Minutes to go on for
    minutes: f64,
}

fn main() -> ExitCode {
    let Arguments { seed, minutes } = Arguments::parse();
    let result = soak(seed, Duration::from_secs_f64(60.0 * minutes), |report| {
        let minute = report.memory_mib.len();
        let peak = report.memory_mib.last().copied().unwrap_or(0.0);
        println!("minute {minute}: {peak:.0} MiB, {} instances so far", report.lives);
    });
    match result {
        Ok(report) => {
            println!("clean: {} lives, {:?}", report.lives, report.tally);
            println!("memory by the minute in MiB: {:.0?}", report.memory_mib);
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}
