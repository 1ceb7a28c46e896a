//! Spectrograms, and what they say about the stems.

use realfft::RealFftPlanner;

use super::decode::Song;
use super::{STEMS, Track};

/// Samples of one transform. At 44.1 kHz a bin is 10.8 Hz wide: bass notes are apart.
pub const FFT: usize = 4096;

/// Columns of a spectrogram at most; longer songs are looked at less often.
const COLUMNS: usize = 1200;

/// A spectrogram: power of the mid of both channels.
pub struct Spectrogram {
    /// `columns[column][bin]`, power; a full-scale sine has power 1.
    pub columns: Vec<Vec<f32>>,
}

/// What the spectrograms say about the written tracks.
pub struct Analysis {
    /// The song's spectrogram.
    pub song: Spectrogram,
    /// One for each stem (not the mix), in the order of the tracks.
    pub stems: Vec<Spectrogram>,
    /// One for each stem: how sure the network is of what it gave to this stem, 0…1.
    ///
    /// At every point of the spectrogram a stem has a share of the song. This is the mean of that share over the
    /// stem's own energy: 1 when all that the stem holds was given to it alone, 0.25 when it was divided evenly.
    pub confidence: Vec<f32>,
}

/// Analyses the song and its stems.
pub fn analyse(song: &Song, tracks: &[Track]) -> Analysis {
    let length = song.len();
    let whole = spectrogram(&song.channels, length);
    let is_stem = |track: &&Track| STEMS.contains(&track.name.as_str()) || track.name == "instrumental";
    let stems: Vec<_> =
        tracks.iter().filter(is_stem).map(|track| spectrogram(&track.audio, length)).collect();
    let confidence = (0..stems.len()).map(|stem| confidence(&stems, stem)).collect();
    Analysis { song: whole, stems, confidence }
}

/// The mean share of one stem over its own energy, shares being taken among the stems' magnitudes.
fn confidence(stems: &[Spectrogram], stem: usize) -> f32 {
    let (mut weighted, mut energy) = (0.0f64, 0.0f64);
    for (column, powers) in stems[stem].columns.iter().enumerate() {
        for (bin, &power) in powers.iter().enumerate() {
            let all: f64 = stems.iter().map(|other| f64::from(other.columns[column][bin]).sqrt()).sum();
            if all > 0.0 {
                weighted += f64::from(power) * f64::from(power).sqrt() / all;
                energy += f64::from(power);
            }
        }
    }
    if energy > 0.0 { (weighted / energy) as f32 } else { 0.0 }
}

/// The spectrogram of `[channel][sample]` audio of `length` samples.
fn spectrogram(audio: &[Vec<f32>], length: usize) -> Spectrogram {
    let plan = RealFftPlanner::<f32>::new().plan_fft_forward(FFT);
    let window: Vec<f32> =
        (0..FFT).map(|n| 0.5 - 0.5 * (std::f32::consts::TAU * n as f32 / FFT as f32).cos()).collect();
    // A sine of amplitude 1 has its peak bin at half the window's sum.
    let scale = (2.0 / window.iter().sum::<f32>()).powi(2);
    let columns = COLUMNS.min(length.div_ceil(FFT / 4)).max(1);
    let mut frame = plan.make_input_vec();
    let mut spectrum = plan.make_output_vec();
    let columns = (0..columns)
        .map(|column| {
            let centre = (column * 2 + 1) * length / (columns * 2);
            for (n, sample) in frame.iter_mut().enumerate() {
                let at = (centre + n).checked_sub(FFT / 2);
                let at = at.filter(|at| *at < length);
                let mid = at.map_or(0.0, |at| {
                    audio.iter().map(|channel| channel[at]).sum::<f32>() / audio.len() as f32
                });
                *sample = mid * window[n];
            }
            plan.process(&mut frame, &mut spectrum).expect("the plan's own buffers have the right length");
            spectrum.iter().map(|bin| bin.norm_sqr() * scale).collect()
        })
        .collect();
    Spectrogram { columns }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(hertz: f32, length: usize) -> Vec<Vec<f32>> {
        let wave = (0..length).map(|n| (std::f32::consts::TAU * hertz * n as f32 / 44_100.0).sin());
        let wave: Vec<f32> = wave.collect();
        vec![wave.clone(), wave]
    }

    #[test]
    fn a_full_scale_sine_has_power_one_in_its_bin() {
        let hertz = 100.0 * 44_100.0 / FFT as f32;
        let spectrogram = spectrogram(&sine(hertz, 44_100), 44_100);
        let column = &spectrogram.columns[spectrogram.columns.len() / 2];
        assert!((column[100] - 1.0).abs() < 1e-3, "{}", column[100]);
        assert!(column[200] < 1e-9);
    }

    #[test]
    fn confidence_tells_a_stem_of_its_own_from_an_even_split() {
        let apart = [spectrogram(&sine(440.0, 44_100), 44_100), spectrogram(&sine(4400.0, 44_100), 44_100)];
        assert!(confidence(&apart, 0) > 0.99);
        let even = [spectrogram(&sine(440.0, 44_100), 44_100), spectrogram(&sine(440.0, 44_100), 44_100)];
        assert!((confidence(&even, 0) - 0.5).abs() < 1e-3);
    }
}
