//! Containers and codecs: what ffmpeg writes is read as ffmpeg reads it.

use crate::support::{Files, assert_exact, assert_null, flawless, reference, reference_with};

/// Samples of three seconds at 44.1 kHz.
const LENGTH: usize = 132_300;

fn lossless(name: &str, options: &[&str]) {
    let files = Files::new();
    let path = files.encoded(name, options);
    let song = flawless(&path);
    assert_eq!(song.len(), LENGTH, "{name}");
    assert!(song.info.frames.is_none_or(|told| told == LENGTH as u64), "{name}: {:?}", song.info.frames);
    assert!(!song.info.lossy, "{name}");
    assert_exact(&song, &reference(&path), name);
}

#[test]
fn wav_of_every_width_is_read_to_the_last_bit() {
    for codec in
        ["pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le", "pcm_alaw", "pcm_mulaw"]
    {
        lossless("song.wav", &["-c:a", codec]);
    }
}

#[test]
fn flac_alac_aiff_and_caf_are_read_to_the_last_bit() {
    lossless("song.flac", &[]);
    lossless("song24.flac", &["-sample_fmt", "s32"]);
    lossless("song.m4a", &["-c:a", "alac"]);
    lossless("song.aiff", &[]);
    lossless("song24.aiff", &["-c:a", "pcm_s24be"]);
    lossless("song.caf", &["-c:a", "pcm_s16be"]);
    lossless("song24.caf", &["-c:a", "pcm_s24le"]);
    lossless("alac.caf", &["-c:a", "alac"]);
    lossless("flac.ogg", &["-c:a", "flac"]);
    lossless("flac.mka", &["-c:a", "flac"]);
    lossless("pcm.mka", &["-c:a", "pcm_s16le"]);
    lossless("pcm.mov", &["-c:a", "pcm_s16be"]);
}

/// A file of three seconds is read as ffmpeg reads it, in line to the sample, and as long as the song before it was
/// encoded if `length` tells so.
fn lossy(name: &str, options: &[&str], length: Option<usize>) {
    let files = Files::new();
    let path = files.encoded(name, options);
    let song = flawless(&path);
    assert!(song.info.lossy, "{name}");
    let decoded = match song.info.channels {
        1 => reference_with(&path, &["-af", "pan=stereo|c0=c0|c1=c0"]),
        _ => reference(&path),
    };
    // Of MPEG-2, ffmpeg 5.1 decodes some granules otherwise than mpg123, with which this crate agrees to -127 dB.
    assert_null(&song, &decoded, if name.starts_with("mpeg2") { -35.0 } else { -60.0 }, name);
    assert_eq!(song.len(), length.unwrap_or(decoded[0].len()), "{name}: length");
    assert!(song.info.frames.is_none_or(|told| told == song.len() as u64), "{name}: {:?}", song.info.frames);
}

#[test]
fn mp3_is_in_line_with_ffmpeg() {
    lossy("song.mp3", &["-b:a", "192k"], Some(LENGTH));
    lossy("vbr.mp3", &["-q:a", "4"], Some(LENGTH));
    lossy("mono.mp3", &["-ac", "1", "-b:a", "64k"], Some(LENGTH));
    lossy("mpeg2.mp3", &["-ar", "24000", "-b:a", "64k"], Some(72_000));
    lossy("bare.mp3", &["-b:a", "128k", "-write_xing", "0"], None);
}

#[test]
fn aac_is_in_line_with_ffmpeg() {
    lossy("song.m4a", &["-c:a", "aac", "-b:a", "160k"], Some(LENGTH));
    lossy("fragments.mp4", &["-c:a", "aac", "-movflags", "+frag_keyframe+empty_moov"], None);
    lossy("song.aac", &["-c:a", "aac"], None);
    lossy("song.mka", &["-c:a", "aac"], None);
}

#[test]
fn mp2_vorbis_and_adpcm_are_in_line_with_ffmpeg() {
    lossy("song.mp2", &["-c:a", "mp2", "-b:a", "192k"], None);
    lossy("song.ogg", &["-c:a", "libvorbis", "-q:a", "5"], Some(LENGTH));
    lossy("vorbis.mka", &["-c:a", "libvorbis"], None);
    lossy("ms.wav", &["-c:a", "adpcm_ms"], None);
    lossy("ima.wav", &["-c:a", "adpcm_ima_wav"], None);
}

#[test]
fn opus_is_in_line_with_ffmpeg() {
    lossy("song.opus", &["-c:a", "libopus", "-b:a", "128k"], Some(144_000));
    lossy("opus.webm", &["-c:a", "libopus", "-b:a", "128k"], Some(144_000));
    lossy("opus.mp4", &["-c:a", "libopus", "-b:a", "128k"], Some(144_000));
    lossy("mono.opus", &["-c:a", "libopus", "-ac", "1", "-b:a", "24k"], Some(144_000));
}
