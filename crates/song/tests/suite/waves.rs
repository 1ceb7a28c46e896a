//! WAV whose header does not say how long it is, or lies.

use std::path::Path;

use unbraid_song::{Song, Warning};

use crate::support::{Files, assert_exact, bytes, clip, ffmpeg, flawless, reference, song};

/// Samples of three seconds.
const LENGTH: usize = 132_300;

/// Bytes of a sample of both channels.
const FRAME: usize = 4;

/// A WAV of three seconds, with nothing but a format and samples in it.
fn plain(files: &Files) -> Vec<u8> {
    bytes(&files.encoded("plain.wav", &["-fflags", "+bitexact", "-flags", "+bitexact"]))
}

/// Overwrites four bytes.
fn patched(wav: &[u8], at: usize, value: u32) -> Vec<u8> {
    let mut wav = wav.to_vec();
    wav[at..at + 4].copy_from_slice(&value.to_le_bytes());
    wav
}

/// Where the size of the samples stands.
fn data_size(wav: &[u8]) -> usize {
    wav.windows(4).position(|id| id == b"data").unwrap() + 4
}

/// The whole song is read, and the header's sizes are said to be wrong.
fn assert_whole(path: &Path, whole: &Song) {
    let song = song(path);
    assert_exact(&song, &whole.channels, &path.display().to_string());
    assert_eq!(song.warnings, [Warning::HeaderSizes], "{}", path.display());
    assert_eq!(song.info.frames, Some(LENGTH as u64));
}

#[test]
fn a_wav_that_was_written_to_a_pipe_is_read_whole() {
    let files = Files::new();
    let whole = flawless(&files.encoded("whole.wav", &[]));
    let piped = ffmpeg(&["-ss", "12", "-t", "3", "-i", clip().to_str().unwrap(), "-f", "wav", "-"]);
    assert_eq!(piped[4..8], [0xff; 4], "ffmpeg does not know the size");
    assert_whole(&files.written("pipe.wav", &piped), &whole);
}

#[test]
fn a_wav_of_a_dead_recorder_is_read_whole() {
    let files = Files::new();
    let wav = plain(&files);
    let whole = flawless(&files.path("plain.wav"));
    let size = data_size(&wav);
    for told in [0, u32::MAX] {
        let dead = patched(&patched(&wav, 4, told), size, told);
        assert_whole(&files.written("dead.wav", &dead), &whole);
    }
    // The recorder wrote its header after a second, and never again.
    let second = u32::try_from(44_100 * FRAME).unwrap();
    let early = patched(&patched(&wav, 4, second + 36), size, second);
    assert_whole(&files.written("early.wav", &early), &whole);
}

#[test]
fn riff_sizes_that_lie_do_not_matter() {
    let files = Files::new();
    let wav = plain(&files);
    let whole = flawless(&files.path("plain.wav"));
    for told in [0, 4, 36, 1000, 0x7fff_ffff, u32::MAX] {
        let path = files.written("riff.wav", &patched(&wav, 4, told));
        assert_exact(&flawless(&path), &whole.channels, "RIFF size");
    }
}

#[test]
fn a_wav_that_ends_early_is_read_as_far_as_it_goes() {
    let files = Files::new();
    let wav = plain(&files);
    let whole = flawless(&files.path("plain.wav"));
    let there = 100_000;
    // Half a sample at the end is none.
    let cut = &wav[..data_size(&wav) + 4 + there * FRAME + 1];
    let song = song(&files.written("cut.wav", cut));
    assert_eq!(song.len(), there);
    assert_eq!(song.channels[1], whole.channels[1][..there]);
    let [Warning::BreaksOff { at, missing: Some(missing) }] = song.warnings.as_slice() else {
        panic!("{:?}", song.warnings)
    };
    assert!((at - 100_000.0 / 44_100.0).abs() < 1e-9 && (missing - 32_300.0 / 44_100.0).abs() < 1e-4);
}

#[test]
fn rf64_bw64_and_wave64_are_read_to_the_last_bit() {
    let files = Files::new();
    let path = files.encoded("rf64.wav", &["-rf64", "always"]);
    assert_eq!(bytes(&path)[..4], *b"RF64");
    assert_exact(&flawless(&path), &reference(&path), "RF64");
    let mut bw64 = bytes(&path);
    bw64[..4].copy_from_slice(b"BW64");
    let bw64 = files.written("bw64.wav", &bw64);
    assert_exact(&flawless(&bw64), &reference(&path), "BW64");
    let w64 = files.encoded("song.w64", &[]);
    assert_exact(&flawless(&w64), &reference(&w64), "Wave64");
}

#[test]
fn chunks_before_and_behind_the_samples_are_no_samples() {
    let files = Files::new();
    let wav = plain(&files);
    let whole = flawless(&files.path("plain.wav"));
    let junk = [b"JUNK".as_slice(), &7u32.to_le_bytes(), b"1234567\0"].concat();
    let list = [b"LIST".as_slice(), &18u32.to_le_bytes(), b"INFOINAM\x06\0\0\0Titel\0"].concat();
    let mixed = [&wav[..12], &junk, &wav[12..], &list, &junk].concat();
    let song = flawless(&files.written("chunks.wav", &mixed));
    assert_exact(&song, &whole.channels, "chunks");
    assert_eq!(song.info.tags.title.as_deref(), Some("Titel"));
}

#[test]
fn an_aiff_whose_sizes_are_missing_is_read_whole() {
    let files = Files::new();
    let path = files.encoded("whole.aiff", &[]);
    let (whole, aiff) = (flawless(&path), bytes(&path));
    let samples = aiff.windows(4).position(|id| id == b"SSND").unwrap() + 4;
    let mut dead = aiff.clone();
    dead[4..8].fill(0);
    dead[samples..samples + 4].fill(0);
    assert_whole(&files.written("dead.aiff", &dead), &whole);
    let song = song(&files.written("cut.aiff", &aiff[..samples + 12 + 100_000 * FRAME]));
    assert_eq!(song.channels[0], whole.channels[0][..100_000]);
    let missing = 32_300.0 / 44_100.0;
    assert_eq!(song.warnings, [Warning::BreaksOff { at: 100_000.0 / 44_100.0, missing: Some(missing) }]);
}

#[test]
fn mp3_in_a_wav_is_read() {
    let files = Files::new();
    let mp3 = files.encoded("song.mp3", &["-b:a", "128k", "-write_xing", "0"]);
    let wav = files.encoded("mp3.wav", &["-c:a", "libmp3lame", "-b:a", "128k"]);
    let (mp3, wav) = (flawless(&mp3), flawless(&wav));
    assert_eq!(wav.info.codec, "MP3");
    assert_eq!(wav.channels, mp3.channels);
}

#[test]
fn samples_that_are_no_numbers_are_counted_and_silent() {
    let files = Files::new();
    let path = files.encoded("float.wav", &["-c:a", "pcm_f32le", "-fflags", "+bitexact"]);
    let mut wav = bytes(&path);
    let whole = flawless(&path);
    let start = data_size(&wav) + 4;
    for (place, value) in [(0, f32::NAN), (1001, f32::INFINITY), (2000, f32::NEG_INFINITY)] {
        wav[start + 4 * place..][..4].copy_from_slice(&value.to_le_bytes());
    }
    let song = song(&files.written("nan.wav", &wav));
    assert_eq!(song.warnings, [Warning::NonFinite { samples: 3 }]);
    assert_eq!((song.channels[0][0], song.channels[1][500], song.channels[0][1000]), (0.0, 0.0, 0.0));
    assert_eq!(song.channels[0][1..1000], whole.channels[0][1..1000]);
    assert_eq!(song.channels[1][1000..], whole.channels[1][1000..]);
}
