//! The fuzzer: instances under wild treatment, one after the other, each by a seed of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use unbraid_testkit::Random;

use crate::subject::{Subject, Tally, Treatment};

/// Steps of one instance's life.
const STEPS: usize = 12;
/// Blocks of one step.
const BLOCKS: usize = 40;

/// Something that should not have happened, and how to see it again.
#[derive(Debug)]
pub struct Finding {
    /// The seed that leads to it.
    pub seed: u64,
    /// What happened.
    pub what: String,
}

/// Seeds that once led to a finding. They are tried first, always.
pub const KEPT: &[u64] = &[];

/// One instance's life by a seed.
///
/// # Errors
/// With the finding, if there is one. A crash ends the process, but not without the seed: it was printed before.
pub fn life(seed: u64) -> Result<Tally, Finding> {
    let result = catch_unwind(AssertUnwindSafe(|| {
        let mut subject = Subject::new(seed, Treatment::Wild);
        for step in 0..STEPS {
            subject.step(BLOCKS).map_err(|what| format!("step {step}: {what}"))?;
        }
        Ok(subject.tally)
    }));
    let failed = |what| Finding { seed, what };
    match result {
        Ok(result) => result.map_err(failed),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Err(failed(format!("panic: {}", text.unwrap_or_default())))
        }
    }
}

/// Lives one after the other until `time` is up: the kept seeds first, then those that follow from `seed`. `progress`
/// hears of each seed before it is tried.
///
/// # Errors
/// With the first finding.
pub fn fuzz(seed: u64, time: Duration, mut progress: impl FnMut(u64)) -> Result<(u64, Tally), Finding> {
    let start = Instant::now();
    let mut random = Random::new(seed);
    let mut kept = KEPT.iter().copied();
    let (mut lives, mut tally) = (0, Tally::default());
    loop {
        let next = match kept.next() {
            Some(seed) => seed,
            None if start.elapsed() >= time => return Ok((lives, tally)),
            None => random.bits() >> 32,
        };
        progress(next);
        tally += life(next)?;
        lives += 1;
    }
}
