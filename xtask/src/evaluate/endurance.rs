//! Do the scores fall on an endless stream? A song is played over and over, and its first and its second pass are
//! compared with its last: the first begins with a network without a past, the second with one that knows the song.
//!
//! A recurrent network whose state grows gets worse within minutes (arXiv 2609.12201 measured it); a clip of a minute does
//! not show that.

use std::path::Path;

use anyhow::{Result, bail};
use unbraid_separate::evaluate::{Audio, Multitrack, energy_ratio, stems_of};
use unbraid_separate::{Mode, STEMS};

/// Samples per block of the host.
const BLOCK: u32 = 512;

/// Energy-ratio SDR of every stem in dB, none where the stem is silent.
pub struct Scores(pub [Option<f64>; 4]);

/// Scores of the first, the second and the last pass of a song that is repeated for at least `minutes`.
///
/// # Errors
///
/// Where the song is empty, or the bundle cannot be rendered.
pub fn passes(clap: &Path, song: &Multitrack, mode: Mode, minutes: f64) -> Result<[Scores; 3]> {
    let length = song.mixture[0].len();
    if length == 0 {
        bail!("the song is empty");
    }
    let passes = ((minutes * 60.0 * f64::from(song.rate) / length as f64).ceil() as usize).max(3);
    let stream: Audio = song.mixture.iter().map(|channel| channel.repeat(passes)).collect();
    let (estimates, _) = stems_of(clap, &stream, song.rate, mode, BLOCK)?;
    let score = |pass: usize| {
        let mut scores = [None; STEMS.len()];
        for ((score, reference), estimate) in scores.iter_mut().zip(&song.references).zip(&estimates) {
            let Some(reference) = reference else { continue };
            let found: Audio =
                estimate.iter().map(|channel| channel[pass * length..][..length].to_vec()).collect();
            *score = energy_ratio(reference, &found);
        }
        Scores(scores)
    };
    Ok([score(0), score(1), score(passes - 1)])
}
