//! The machine's line beside every figure.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

/// Where and when figures were taken.
#[derive(Serialize)]
pub struct Machine {
    pub cpu: String,
    pub cores: usize,
    pub system: String,
    /// Runnable processes over the last minute, before the bench: above 0.5, others use the machine.
    pub load_average: Option<f64>,
    /// Seconds since 1970.
    pub unix_time: u64,
    pub version: &'static str,
}

impl Machine {
    /// This one, now.
    pub fn here() -> Self {
        let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
        let information = read("/proc/cpuinfo");
        let field = |name: &str| {
            let line = information.lines().find(|line| line.starts_with(name))?;
            line.split_once(": ").map(|(_, value)| value.trim().to_owned())
        };
        let model = field("model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
        // Virtual machines hide the name but not the numbers that tell the generation.
        let cpu = match (field("cpu family"), field("model\t")) {
            (Some(family), Some(number)) => format!("{model} (family {family}, model {number})"),
            _ => model,
        };
        Self {
            cpu,
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            system: format!("{} {}", std::env::consts::OS, read("/proc/sys/kernel/osrelease").trim()),
            load_average: read("/proc/loadavg").split(' ').next().and_then(|load| load.parse().ok()),
            unix_time: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}
