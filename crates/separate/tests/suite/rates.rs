//! Other sample rates: in line with the song to less than a hundredth of a sample, flat where it matters.

use std::f64::consts::TAU;
use std::path::Path;

use crate::support::{Audio, decoded, folder, report, separated, write_song};

/// Eight frequencies in Hz over the range of hearing, none a multiple of another.
const TONES: [f64; 8] = [97.0, 331.0, 997.0, 2999.0, 5987.0, 9973.0, 14_983.0, 18_979.0];

fn tones(rate: u32, hertz: &[f64]) -> Audio {
    let level = 0.8 / hertz.len() as f64;
    let sample = |n: usize| -> f64 {
        hertz.iter().map(|hertz| (TAU * hertz * n as f64 / f64::from(rate)).sin()).sum()
    };
    let channel: Vec<f32> = (0..2 * rate as usize).map(|n| (level * sample(n)) as f32).collect();
    [channel.clone(), channel]
}

/// Level (over that of [`tones`]) and delay in samples of a tone, by a Blackman-Harris window over the middle.
fn found(audio: &[f32], rate: u32, hertz: f64, tones: usize) -> (f64, f64) {
    let (start, length) = (audio.len() / 8, audio.len() * 3 / 4);
    let (mut sine, mut cosine, mut weights) = (0.0, 0.0, 0.0);
    for n in 0..length {
        let turn = TAU * n as f64 / length as f64;
        let weight =
            0.358_75 - 0.488_29 * turn.cos() + 0.141_28 * (2.0 * turn).cos() - 0.011_68 * (3.0 * turn).cos();
        let phase = TAU * hertz * (start + n) as f64 / f64::from(rate);
        let sample = weight * f64::from(audio[start + n]);
        sine += 2.0 * sample * phase.sin();
        cosine += 2.0 * sample * phase.cos();
        weights += weight;
    }
    let level = sine.hypot(cosine) / weights / (0.8 / tones as f64);
    (level, -cosine.atan2(sine) / (TAU * hertz) * f64::from(rate))
}

/// The mix of a song of tones at `from` Hz whose files have `to` Hz.
fn mix(at: &Path, from: u32, to: Option<u32>, hertz: &[f64]) -> Vec<f32> {
    let name = format!("{from}-{to:?}");
    write_song(&at.join(format!("{name}.wav")), &tones(from, hertz), from);
    let song = format!("{name}.wav");
    let rate = to.map(|rate| rate.to_string());
    let mut arguments = vec![song.as_str(), "--stems", "mix", "--no-picture", "--again"];
    if let Some(rate) = &rate {
        arguments.extend(["--rate", rate]);
    }
    separated(at, &arguments);
    let folder = at.join("separated").join(&name);
    let files = to.unwrap_or(from);
    assert_eq!(report(&folder)["song"]["rate_hz"], files);
    let [mix, _] = decoded(&folder.join("mix.wav"));
    assert_eq!(mix.len(), 2 * files as usize, "as long as the song");
    mix
}

#[test]
fn files_at_another_rate_are_in_line_with_the_song_and_flat() {
    let work = folder();
    for (from, to) in [(44_100, 48_000), (48_000, 44_100), (96_000, 44_100)] {
        let mix = mix(work.path(), from, Some(to), &TONES);
        let mut ripple = 0.0f64;
        for hertz in TONES {
            let (level, delay) = found(&mix, to, hertz, TONES.len());
            assert!(delay.abs() < 0.01, "{from} to {to} Hz, {hertz} Hz: late by {delay:.4} samples");
            ripple = ripple.max((20.0 * level.log10()).abs());
        }
        println!("{from} to {to} Hz: ripple {ripple:.4} dB up to 19 kHz");
        assert!(ripple < 0.01, "{from} to {to} Hz: {ripple} dB");
    }
}

#[test]
fn what_the_lower_rate_cannot_hold_is_not_folded_into_it() {
    let work = folder();
    let audio = mix(work.path(), 48_000, Some(44_100), &[23_500.0]);
    // Away from the ends, where the tone begins.
    let middle = &audio[4410..audio.len() - 4410];
    let level = middle.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs())) / 0.8;
    let level_db = 20.0 * f64::from(level.max(1e-9)).log10();
    println!("stop-band: 23.5 kHz at 48 kHz comes through to 44.1 kHz at {level_db:.1} dB");
    assert!(level_db < -90.0, "{level_db} dB");
}

#[test]
fn rates_that_the_plug_in_does_not_take_come_out_at_their_own_rate_and_in_line() {
    let work = folder();
    for (rate, hertz) in [(8000, &TONES[..4]), (11_025, &TONES[..4]), (384_000, &TONES[..])] {
        let mix = mix(work.path(), rate, None, hertz);
        for &tone in hertz {
            let (level, delay) = found(&mix, rate, tone, hertz.len());
            assert!(delay.abs() < 0.01, "{rate} Hz, {tone} Hz: late by {delay:.4} samples");
            assert!((20.0 * level.log10()).abs() < 0.02, "{rate} Hz, {tone} Hz: {level}");
        }
        let warnings = report(&work.path().join(format!("separated/{rate}-None")))["warnings"].to_string();
        assert!(warnings.contains(&format!("does not take {rate} Hz")), "{warnings}");
    }
}
