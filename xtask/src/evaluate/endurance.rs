//! Do the scores fall on an endless stream? A song is played over and over, and its first and its second turn are
//! compared with its last: the first begins with a network that has heard nothing, the second with one that knows the song.
//!
//! A recurrent network whose state grows gets worse within minutes (arXiv 2609.12201 measured it); a clip of a minute does
//! not show that.

use std::path::Path;

use anyhow::{Result, bail};

use crate::render::decode::Song;
use crate::render::{Mode, STEMS, stems_of};

/// Samples per block of the host.
const BLOCK: u32 = 512;

/// Energy-ratio SDR of every stem in dB, none where the stem is silent.
pub struct Scores(pub [Option<f64>; 4]);

/// Scores of the first, the second and the last turn of a song that is repeated for at least `minutes`.
///
/// # Errors
///
/// Where the song is empty, or the bundle cannot be rendered.
pub fn turns(
    clap: &Path,
    references: &[Option<Vec<Vec<f32>>>],
    mixture: &Song,
    mode: Mode,
    minutes: f64,
) -> Result<[Scores; 3]> {
    let length = mixture.len();
    if length == 0 {
        bail!("the song is empty");
    }
    let turns = ((minutes * 60.0 * f64::from(mixture.rate) / length as f64).ceil() as usize).max(3);
    let stream = Song {
        channels: mixture.channels.iter().map(|channel| channel.repeat(turns)).collect(),
        rate: mixture.rate,
        source_channels: mixture.source_channels,
        source_rate: mixture.source_rate,
        warnings: Vec::new(),
    };
    let (estimates, _) = stems_of(clap, &stream, mode, BLOCK)?;
    let score = |turn: usize| {
        let mut scores = [None; STEMS.len()];
        for ((score, reference), estimate) in scores.iter_mut().zip(references).zip(&estimates) {
            let Some(reference) = reference else { continue };
            let (mut energy, mut error) = (0.0, 0.0);
            for (truth, found) in reference.iter().zip(&estimate.audio) {
                for (truth, found) in truth.iter().zip(&found[turn * length..]) {
                    energy += f64::from(*truth).powi(2);
                    error += f64::from(truth - found).powi(2);
                }
            }
            *score = (energy > 1e-6 && error > 0.0).then(|| 10.0 * (energy / error).log10());
        }
        Scores(scores)
    };
    Ok([score(0), score(1), score(turns - 1)])
}
