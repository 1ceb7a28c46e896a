//! The fuzzer's short form. The long one is `cargo xtask fuzz`.

use std::time::Duration;

use unbraid_tests::fuzz::{KEPT, fuzz, life};
use unbraid_tests::soak::soak;
use unbraid_tests::{Subject, Treatment};

#[test]
fn seeds_of_earlier_findings_stay_clean() {
    for &seed in KEPT {
        if let Err(finding) = life(seed) {
            panic!("{finding:?}");
        }
    }
}

#[test]
fn a_few_wild_lives_do_no_harm() {
    let (lives, tally) =
        fuzz(2026, Duration::from_secs(15), |seed| eprintln!("seed {seed}")).unwrap_or_else(|finding| {
            panic!("{finding:?}: `cargo xtask fuzz --life {}` shows it again", finding.seed)
        });
    assert!(lives > 0 && tally.blocks > 0 && tally.changes > 0 && tally.states > 0, "{tally:?}");
    assert!(tally.mode_switches > 0, "one mode throughout: {tally:?}");
    assert!(tally.compared > 1000, "the stems' sum was hardly ever looked at: {tally:?}");
}

#[test]
fn a_seed_repeats_a_life() {
    let lived = |seed| {
        let mut subject = Subject::new(seed, Treatment::Wild);
        for _ in 0..3 {
            subject.step(10).unwrap();
        }
        format!("{:?}", subject.tally)
    };
    assert_eq!(lived(7), lived(7));
}

#[test]
fn a_short_soak_is_clean() {
    let report = soak(1, Duration::from_secs(10), |_| {}).unwrap();
    assert!(report.lives >= 8 && report.tally.compared > 1000, "{report:?}");
}
