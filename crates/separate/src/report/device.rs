//! The machine.

use serde::Serialize;

/// Where a song was taken apart.
#[derive(Debug, Serialize)]
pub struct Device {
    processor: String,
    cores: usize,
    system: String,
}

impl Device {
    /// This machine.
    pub fn here() -> Self {
        Self {
            processor: processor(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        }
    }

    /// The processor's name.
    pub fn processor(&self) -> &str {
        &self.processor
    }
}

/// The processor's name, as its system tells it.
fn processor() -> String {
    let from_linux = || {
        let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let from_macos = || {
        let output =
            std::process::Command::new("sysctl").args(["-n", "machdep.cpu.brand_string"]).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    from_linux()
        .or_else(from_macos)
        .or_else(|| std::env::var("PROCESSOR_IDENTIFIER").ok())
        .unwrap_or_else(|| format!("unknown {} processor", std::env::consts::ARCH))
}
