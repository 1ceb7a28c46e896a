//! ffmpeg, and measures of how far two decoders are apart.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;
use unbraid_song::{ReadOptions, Reader, Song, Warning};
pub use unbraid_testkit::{Random, Stereo, float, index};

/// The clip of the repository, of 20 s at 44.1 kHz.
pub fn clip() -> PathBuf {
    unbraid_testkit::repository_file("tests/clips/francium.flac")
}

/// Runs ffmpeg and returns what it writes to its output.
pub fn ffmpeg(arguments: &[&str]) -> Vec<u8> {
    let quiet = ["-hide_banner", "-loglevel", "error", "-nostdin", "-y"];
    let output = Command::new("ffmpeg").args(quiet).args(arguments).stdin(Stdio::null()).output();
    let output = output.expect("install ffmpeg: sudo apt-get install ffmpeg");
    assert!(output.status.success(), "ffmpeg {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// A folder for a test's files.
pub struct Files(TempDir);

impl Files {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Three seconds of the clip, from its 12th second on, where all instruments play, as ffmpeg encodes them with
    /// `options` into a file called `name`.
    pub fn encoded(&self, name: &str, options: &[&str]) -> PathBuf {
        self.encoded_from(&clip(), &["-ss", "12", "-t", "3"], name, options)
    }

    /// A file as ffmpeg encodes it.
    pub fn encoded_from(&self, source: &Path, before: &[&str], name: &str, options: &[&str]) -> PathBuf {
        let path = self.path(name);
        let (source, target) = (source.to_str().unwrap(), path.to_str().unwrap());
        let mut arguments = before.to_vec();
        arguments.extend(["-i", source, "-map_metadata", "-1"]);
        arguments.extend(options);
        arguments.push(target);
        ffmpeg(&arguments);
        path
    }

    /// A file of these bytes.
    pub fn written(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

/// The file as ffmpeg decodes it, at its own rate, as two channels.
pub fn reference(path: &Path) -> Stereo {
    reference_with(path, &["-ac", "2"])
}

/// The file as ffmpeg decodes it with more options.
pub fn reference_with(path: &Path, options: &[&str]) -> Stereo {
    // ffmpeg's own decoder of Opus differs from libopus in SILK.
    let opus = ["opus", "webm"].iter().any(|name| path.to_str().unwrap().contains(name));
    let mut arguments = if opus { vec!["-c:a", "libopus"] } else { Vec::new() };
    arguments.extend(["-i", path.to_str().unwrap(), "-map", "0:a:0"]);
    arguments.extend(["-f", "f32le", "-c:a", "pcm_f32le"]);
    arguments.extend(options);
    arguments.push("-");
    deinterleaved(&ffmpeg(&arguments))
}

fn deinterleaved(bytes: &[u8]) -> Stereo {
    let mut audio = [Vec::new(), Vec::new()];
    for (place, sample) in bytes.chunks_exact(4).enumerate() {
        audio[place % 2].push(f32::from_le_bytes(sample.try_into().unwrap()));
    }
    audio
}

/// The file as this crate reads it.
pub fn song(path: &Path) -> Song {
    unbraid_song::read(path).unwrap_or_else(|error| panic!("{error}"))
}

/// The file as this crate reads it, which finds nothing odd about it.
pub fn flawless(path: &Path) -> Song {
    let song = song(path);
    assert_eq!(song.warnings, [] as [Warning; 0], "{}", path.display());
    song
}

/// The whole of a stream, in blocks of odd sizes.
pub fn drained(mut reader: Reader) -> (Stereo, Vec<Warning>) {
    let mut audio = [Vec::new(), Vec::new()];
    let mut block = [vec![0.0; 1000], vec![0.0; 1000]];
    for size in [1, 7, 333, 1000].into_iter().cycle() {
        let [left, right] = &mut block;
        let count = reader.read([&mut left[..size], &mut right[..size]]).unwrap();
        if count == 0 {
            break;
        }
        for (audio, block) in audio.iter_mut().zip(&block) {
            audio.extend(&block[..count]);
        }
    }
    (audio, reader.warnings().to_vec())
}

/// The message with which a file is refused.
pub fn refusal(path: &Path) -> String {
    let options = ReadOptions { name: Some("song".into()), ..ReadOptions::default() };
    let error = unbraid_song::read_with(path, &options).expect_err("it should be refused");
    error.to_string()
}

/// Root mean square of both channels.
pub fn rms(audio: &Stereo) -> f64 {
    let squares: f64 = audio.iter().flatten().map(|&sample| f64::from(sample).powi(2)).sum();
    (squares / float(2 * audio[0].len().max(1))).sqrt()
}

/// `a` without `b`, over the length of the shorter, in decibels below the level of `b`.
pub fn null_db(a: &Stereo, b: &Stereo) -> f64 {
    let length = a[0].len().min(b[0].len());
    let part = |audio: &Stereo| -> Stereo { std::array::from_fn(|side| audio[side][..length].to_vec()) };
    let (a, b) = (part(a), part(b));
    let difference: Stereo =
        std::array::from_fn(|side| a[side].iter().zip(&b[side]).map(|(a, b)| a - b).collect());
    20.0 * (rms(&difference).max(1e-12) / rms(&b).max(1e-12)).log10()
}

/// The song is ffmpeg's to the last bit.
pub fn assert_exact(song: &Song, reference: &Stereo, what: &str) {
    assert_eq!(song.len(), reference[0].len(), "{what}: length");
    let apart =
        (0..2).flat_map(|side| song.channels[side].iter().zip(&reference[side])).filter(|(a, b)| a != b);
    let apart = apart.count();
    assert_eq!(apart, 0, "{what}: samples that differ");
}

/// The song is ffmpeg's but for what two decoders round differently: every sample is at the same place, because a shift by
/// one sample leaves far more. ffmpeg leaves the padding at the end of an MP4, so that it may be longer.
pub fn assert_null(song: &Song, reference: &Stereo, below_db: f64, what: &str) {
    let longer = reference[0].len().saturating_sub(song.len());
    assert!(
        song.len() <= reference[0].len() && longer < 1100,
        "{what}: {} and {}",
        song.len(),
        reference[0].len()
    );
    let null = null_db(&song.channels, reference);
    println!("{what}: null {null:.1} dB");
    assert!(null < below_db, "{what}: {null:.1} dB");
}

/// The bytes of a file.
pub fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

#[expect(clippy::cast_possible_truncation, reason = "rounding is what is meant")]
pub fn single(sample: f64) -> f32 {
    sample as f32
}
