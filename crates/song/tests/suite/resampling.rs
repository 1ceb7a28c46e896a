//! Another rate: in line, as long, flat where it should be and silent where it should.

use std::f64::consts::TAU;

use unbraid_song::{Resampler, resampled_length};

use crate::support::{float, index, single};

/// Level of the tones.
const LEVEL: f64 = 0.5;

fn tone(frequency: f64, rate: u32, length: usize) -> [Vec<f32>; 2] {
    let step = TAU * frequency / f64::from(rate);
    let samples: Vec<f32> = (0..length).map(|at| single(LEVEL * (step * float(at)).sin())).collect();
    [samples.clone(), samples]
}

fn resampled(input: &[Vec<f32>; 2], from: u32, to: u32) -> [Vec<f32>; 2] {
    let mut resampler = Resampler::new(from, to).unwrap();
    let mut output = [Vec::new(), Vec::new()];
    for start in (0..input[0].len()).step_by(777) {
        let end = (start + 777).min(input[0].len());
        resampler.push(&[input[0][start..end].to_vec(), input[1][start..end].to_vec()], &mut output);
    }
    resampler.finish(&mut output);
    output
}

/// What became of a tone.
struct Tone {
    /// Against its level before, in decibels.
    gain_db: f64,
    /// How late it is, in samples at the new rate.
    late: f64,
    /// All that is not the tone, against it, in decibels.
    rest_db: f64,
}

/// Measures a tone away from the ends, where the filter sees silence.
fn measured(output: &[f32], frequency: f64, rate: u32) -> Tone {
    let edge = output.len() / 8;
    let step = TAU * frequency / f64::from(rate);
    let (mut sine, mut cosine, mut squares, mut weight) = (0.0, 0.0, 0.0, 0.0);
    let inner = &output[edge..output.len() - edge];
    let window = |at: usize| 0.5 - 0.5 * (TAU * (float(at) + 0.5) / float(inner.len())).cos();
    for (at, &sample) in inner.iter().enumerate() {
        let phase = step * float(at + edge);
        sine += 2.0 * window(at) * phase.sin() * f64::from(sample);
        cosine += 2.0 * window(at) * phase.cos() * f64::from(sample);
        weight += window(at);
    }
    (sine, cosine) = (sine / weight, cosine / weight);
    for (at, &sample) in inner.iter().enumerate() {
        let phase = step * float(at + edge);
        squares += (f64::from(sample) - sine * phase.sin() - cosine * phase.cos()).powi(2);
    }
    let rest = (2.0 * squares / float(inner.len())).sqrt();
    let level = sine.hypot(cosine);
    Tone {
        gain_db: 20.0 * (level / LEVEL).log10(),
        late: -cosine.atan2(sine) / step,
        rest_db: 20.0 * (rest / level).log10(),
    }
}

const PAIRS: [(u32, u32); 10] = [
    (44_100, 48_000),
    (48_000, 44_100),
    (96_000, 44_100),
    (192_000, 48_000),
    (768_000, 192_000),
    (705_600, 44_100),
    (4_000, 44_100),
    (8_000, 32_000),
    (11_025, 44_100),
    (22_050, 48_000),
];

#[test]
fn resampling_is_in_line_to_a_hundredth_of_a_sample_at_eight_frequencies() {
    for (from, to) in PAIRS {
        let half = f64::from(from.min(to)) / 2.0;
        for place in [0.005, 0.02, 0.1, 0.25, 0.5, 0.7, 0.85, 0.95] {
            let frequency = half * place;
            let input = tone(frequency, from, from as usize * 2);
            let output = resampled(&input, from, to);
            let tone = measured(&output[1], frequency, to);
            println!(
                "{from} to {to} Hz, {frequency:7.0} Hz: {:+.5} samples late, {:+.4} dB, rest {:.1} dB",
                tone.late, tone.gain_db, tone.rest_db
            );
            assert!(tone.late.abs() < 0.01, "{from} to {to} Hz at {frequency} Hz: {} samples", tone.late);
            assert!(tone.gain_db.abs() < 0.01, "{from} to {to} Hz at {frequency} Hz: {} dB", tone.gain_db);
            assert!(tone.rest_db < -120.0, "{from} to {to} Hz at {frequency} Hz: {} dB", tone.rest_db);
        }
    }
}

#[test]
fn resampling_is_flat_in_the_pass_band_and_silent_in_the_stop_band() {
    for (from, to) in PAIRS {
        let half = f64::from(from.min(to)) / 2.0;
        let gain = |frequency: f64| {
            let output = resampled(&tone(frequency, from, from as usize), from, to);
            measured(&output[0], frequency, to).gain_db
        };
        let pass: Vec<f64> = (1..=20).map(|step| gain(half * 0.97 * f64::from(step) / 20.0)).collect();
        let ripple = pass.iter().fold(0.0f64, |most, gain| most.max(gain.abs()));
        println!("{from} to {to} Hz: pass-band to {:.0} Hz within {ripple:.5} dB", half * 0.97);
        assert!(ripple < 0.01, "{from} to {to} Hz: {ripple} dB");
        if to < from {
            let stopped = |frequency: f64| {
                let output = resampled(&tone(frequency, from, from as usize), from, to);
                let edge = output[0].len() / 8;
                let peak =
                    output[0][edge..output[0].len() - edge].iter().fold(0.0f32, |most, x| most.max(x.abs()));
                20.0 * (f64::from(peak) / LEVEL).max(1e-12).log10()
            };
            let top = f64::from(from) / 2.0;
            let stop = (0..12)
                .map(|step| stopped(half * 1.005 + (top * 0.99 - half * 1.005) * f64::from(step) / 12.0));
            let stop = stop.fold(-400.0f64, f64::max);
            println!("{from} to {to} Hz: stop-band from {:.0} Hz below {stop:.1} dB", half * 1.005);
            assert!(stop < -120.0, "{from} to {to} Hz: {stop} dB");
        }
    }
}

#[test]
fn resampling_gives_the_nearest_whole_length() {
    for (from, to) in PAIRS {
        for length in [0, 1, 2, 100, 4_095, 44_100, 100_001] {
            let output = resampled(&[vec![0.25; length], vec![0.25; length]], from, to);
            let exact = index((float(length) * f64::from(to) / f64::from(from)).round());
            assert_eq!(output[0].len(), exact, "{length} samples from {from} to {to} Hz");
            assert_eq!(resampled_length(length as u64, from, to), exact as u64);
        }
    }
}
