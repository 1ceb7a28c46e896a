//! The soak: several instances at once for a long time, and the process's memory meanwhile.

use std::time::{Duration, Instant};

use unbraid_testkit::Random;

use crate::subject::{Subject, Tally, Treatment};

/// Instances that are alive at any time.
const INSTANCES: usize = 8;
/// Blocks of one turn.
const BLOCKS: usize = 60;
/// Turns of an instance's life at most.
const LONGEST_LIFE: usize = 40;
/// Memory may rise by this factor over the first minute's peak: the allocator's own unevenness.
const ALLOWED_GROWTH: f64 = 1.10;
/// And by this many MiB: an engine at 768 kHz takes some 6 MiB more than one at 44.1 kHz, and all eight may be such.
const ALLOWED_MIB: f64 = 48.0;

/// What a soak came to.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// All instances' lives together.
    pub tally: Tally,
    /// Instances made and dropped.
    pub lives: u64,
    /// Peak of the resident memory in each whole minute, in MiB, where the system tells.
    pub memory_mib: Vec<f64>,
}

impl Report {
    /// Whether memory stayed flat after the first minute; true where it is not known.
    #[must_use]
    pub fn is_flat(&self) -> bool {
        let Some((first, rest)) = self.memory_mib.split_first() else { return true };
        rest.iter().all(|minute| *minute <= ALLOWED_GROWTH * first + ALLOWED_MIB)
    }
}

/// Treats eight instances as busy users do, turn by turn, replaces one now and then, and watches the memory. `progress`
/// is called after every minute.
///
/// # Errors
/// With what an instance should have done and did not, or with the memory of each minute if it grew.
pub fn soak(seed: u64, time: Duration, mut progress: impl FnMut(&Report)) -> Result<Report, String> {
    let start = Instant::now();
    let mut random = Random::new(seed);
    let mut report = Report::default();
    let newborn = |random: &mut Random| {
        let life = 1 + random.below(LONGEST_LIFE);
        (Subject::new(random.bits(), Treatment::Busy), life)
    };
    let mut subjects: Vec<_> = (0..INSTANCES).map(|_| newborn(&mut random)).collect();
    let mut peak = 0.0f64;
    while start.elapsed() < time {
        let at = random.below(INSTANCES);
        let (subject, life) = &mut subjects[at];
        subject.step(BLOCKS)?;
        *life -= 1;
        if *life == 0 {
            report.tally += subject.tally;
            report.lives += 1;
            subjects[at] = newborn(&mut random);
        }
        peak = peak.max(resident_mib().unwrap_or(0.0));
        let minute = start.elapsed().as_secs() / 60;
        if minute > report.memory_mib.len() as u64 && peak > 0.0 {
            report.memory_mib.push(std::mem::take(&mut peak));
            progress(&report);
            if !report.is_flat() {
                return Err(format!("memory grows: {:.0?} MiB by the minute", report.memory_mib));
            }
        }
    }
    for (subject, _) in subjects {
        report.tally += subject.tally;
        report.lives += 1;
    }
    Ok(report)
}

/// This process's resident memory in MiB, where the system tells it cheaply.
#[must_use]
pub fn resident_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_seen_and_unevenness_forgiven() {
        let report = |memory: &[f64]| Report { memory_mib: memory.to_vec(), ..Report::default() };
        assert!(report(&[]).is_flat());
        assert!(report(&[400.0, 390.0, 450.0, 430.0]).is_flat());
        assert!(!report(&[400.0, 450.0, 495.0]).is_flat());
    }
}
