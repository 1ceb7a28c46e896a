//! Every rate from 4 to 768 kHz.

use std::f64::consts::TAU;

use unbraid_song::{RateChoice, ReadOptions, Warning, read_with};

use crate::support::{Files, assert_exact, drained, flawless, float, reference, refusal, single, song};

/// A float WAV of one second with a tone of 500 Hz.
fn wav(rate: u32) -> Vec<u8> {
    let mut wav = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x03\0\x01\0".to_vec();
    wav.extend(rate.to_le_bytes());
    wav.extend((4 * rate).to_le_bytes());
    wav.extend([4, 0, 32, 0]);
    wav.extend(b"data");
    wav.extend((4 * rate).to_le_bytes());
    for at in 0..rate {
        let phase = TAU * 500.0 * f64::from(at) / f64::from(rate);
        wav.extend(single(0.5 * phase.sin()).to_le_bytes());
    }
    wav
}

#[test]
fn what_the_plug_in_takes_is_left_as_it_is() {
    let files = Files::new();
    for rate in [22_050, 32_000, 44_100, 96_000, 176_400, 192_000] {
        let song = flawless(&files.written("song.wav", &wav(rate)));
        assert_eq!((song.rate, song.len()), (rate, rate as usize));
    }
}

#[test]
fn what_the_plug_in_cannot_take_is_resampled_by_a_power_of_two_and_said() {
    let files = Files::new();
    for (from, to) in [
        (4_000, 32_000),
        (8_000, 32_000),
        (11_025, 22_050),
        (12_000, 24_000),
        (16_000, 32_000),
        (22_049, 44_098),
        (352_800, 176_400),
        (384_000, 192_000),
        (705_600, 176_400),
        (768_000, 192_000),
    ] {
        let song = song(&files.written("song.wav", &wav(from)));
        assert_eq!(song.warnings, [Warning::Resampled { from, to }]);
        assert_eq!((song.info.rate, song.rate, song.len()), (from, to, to as usize));
        let phase = |at: usize| TAU * 500.0 * float(at) / f64::from(to);
        let middle = song.len() / 4..song.len() * 3 / 4;
        let wrong = middle.map(|at| (f64::from(song.channels[0][at]) - 0.5 * phase(at).sin()).abs());
        let wrong = wrong.fold(0.0, f64::max);
        assert!(wrong < 1e-5, "{from} to {to} Hz: {wrong:e}");
    }
}

#[test]
fn a_rate_that_is_asked_for_is_delivered_without_a_warning() {
    let files = Files::new();
    for (from, to) in
        [(44_100, 48_000), (4_000, 44_100), (768_000, 192_000), (48_000, 11_025), (44_056, 48_000)]
    {
        let path = files.written("song.wav", &wav(from));
        let options = ReadOptions { rate: RateChoice::Fixed(to), ..ReadOptions::default() };
        let song = read_with(path, &options).unwrap();
        assert_eq!((song.rate, song.len(), song.warnings.len()), (to, to as usize, 0), "{from} to {to} Hz");
    }
}

#[test]
fn rates_of_lossy_files_are_read_too() {
    let files = Files::new();
    for (name, rate) in
        [("low.mp3", "8000"), ("low.mp3", "11025"), ("low.mp3", "16000"), ("low.flac", "4000")]
    {
        let song = song(&files.encoded(name, &["-ar", rate]));
        let rate: u32 = rate.parse().unwrap();
        assert_eq!((song.info.rate, song.len()), (rate, song.rate as usize * 3), "{rate} Hz");
    }
    let path = files.encoded("high.flac", &["-ar", "192000"]);
    assert_exact(&flawless(&path), &reference(&path), "192 kHz");
}

#[test]
fn rates_outside_of_all_sense_are_refused() {
    let files = Files::new();
    let refused = refusal(&files.written("slow.wav", &wav(3_999)));
    assert_eq!(refused, "song has 3999 Hz, and 4000 to 768000 Hz are read: convert it first");
    let refused = refusal(&files.written("fast.wav", &wav(768_001)));
    assert_eq!(refused, "song has 768001 Hz, and 4000 to 768000 Hz are read: convert it first");
    let options = ReadOptions { rate: RateChoice::Fixed(1000), name: Some("song".into()) };
    let error = read_with(files.written("song.wav", &wav(44_100)), &options).unwrap_err();
    assert_eq!(error.to_string(), "song cannot be delivered at 1000 Hz: choose 4000 to 768000 Hz");
}

#[test]
fn a_stream_gives_what_the_whole_song_is_in_blocks_of_any_size() {
    let files = Files::new();
    let path = files.encoded("song.mp3", &["-b:a", "160k"]);
    for rate in [RateChoice::Native, RateChoice::Fixed(48_000)] {
        let options = ReadOptions { rate, ..ReadOptions::default() };
        let reader = unbraid_song::Reader::open(path.as_path(), &options).unwrap();
        let told = reader.frames();
        let (audio, warnings) = drained(reader);
        let whole = read_with(path.as_path(), &options).unwrap();
        assert_eq!((audio, warnings), (whole.channels.clone(), whole.warnings.clone()));
        assert_eq!(told, Some(whole.len() as u64));
    }
}
