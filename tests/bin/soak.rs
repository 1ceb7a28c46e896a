//! The soak's long form, started by `cargo xtask soak`: `soak SEED MINUTES`.

use std::process::ExitCode;
use std::time::Duration;

use unbraid_tests::soak::soak;

fn main() -> ExitCode {
    let arguments: Vec<f64> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let [seed, minutes] = arguments[..] else {
        eprintln!("usage: soak SEED MINUTES");
        return ExitCode::FAILURE;
    };
    let result = soak(seed as u64, Duration::from_secs_f64(60.0 * minutes), |report| {
        let minute = report.memory_mib.len();
        let peak = report.memory_mib.last().copied().unwrap_or(0.0);
        println!("minute {minute}: {peak:.0} MiB, {} instances have come and gone", report.lives);
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
