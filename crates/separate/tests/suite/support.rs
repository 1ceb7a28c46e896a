//! Songs to take apart, the command, and an independent decoder.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub use tempfile::TempDir;

pub const RATE: u32 = 44_100;

/// Two channels.
pub type Audio = [Vec<f32>; 2];

pub fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// The command with the packed plug-in, in a folder of its own.
pub fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unbraid"));
    command.current_dir(folder).stdin(Stdio::null());
    command
}

/// `unbraid separate` with the packed plug-in, the quicker mode, and these arguments.
pub fn separate(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = command(folder);
    let bundle = unbraid_tests::bundled_clap();
    command.args(["separate", "--mode", "live", "--bundle"]).arg(bundle).args(arguments);
    command
}

/// Copies the packed plug-in, which is a folder on macOS.
pub fn copy_plugin(to: &Path) {
    copy(&unbraid_tests::bundled_clap(), to);
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            copy(&from.join(&name), &to.join(&name));
        }
    } else {
        std::fs::copy(from, to).unwrap();
    }
}

/// How a command ended.
pub struct Ended {
    pub exit: Option<i32>,
    pub out: String,
    pub err: String,
}

pub fn ended(mut command: Command) -> Ended {
    let Output { status, stdout, stderr } = command.output().expect("unbraid starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended { exit: status.code(), out: text(stdout), err: text(stderr) }
}

/// Runs `separate` and expects success.
pub fn separated(folder: &Path, arguments: &[&str]) -> Ended {
    let ended = ended(separate(folder, arguments));
    assert_eq!(ended.exit, Some(0), "{}{}", ended.out, ended.err);
    ended
}

/// A chord over a hit every half second: something for every stem, other on both channels.
pub fn music(rate: u32, seconds: f64) -> Audio {
    let length = (seconds * f64::from(rate)) as usize;
    let tone = |hertz: f64, n: usize| (std::f64::consts::TAU * hertz * n as f64 / f64::from(rate)).sin();
    let channel = |detune: f64| {
        (0..length)
            .map(|n| {
                let since_hit = (n as f64 / f64::from(rate)) % 0.5;
                let noise = f64::from((n as u32).wrapping_mul(2_654_435_761)) / 2f64.powi(31) - 1.0;
                let hit = noise * (-since_hit * 30.0).exp();
                let chord = tone(440.0 * detune, n) + tone(554.4, n) + tone(659.3 * detune, n);
                (0.05 * chord + 0.2 * tone(55.0, n) + 0.4 * hit) as f32
            })
            .collect()
    };
    [channel(1.0), channel(1.01)]
}

/// Writes a song of 16 bits.
pub fn write_song(path: &Path, audio: &[Vec<f32>], rate: u32) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let spec = hound::WavSpec {
        channels: u16::try_from(audio.len()).unwrap(),
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for at in 0..audio[0].len() {
        for channel in audio {
            writer.write_sample((channel[at] * 32_767.0).round() as i16).unwrap();
        }
    }
    writer.finalize().unwrap();
}

/// A song of so many seconds at 44.1 kHz.
pub fn song(path: &Path, seconds: f64) -> PathBuf {
    write_song(path, &music(RATE, seconds), RATE);
    path.to_owned()
}

/// Runs ffmpeg, the decoder that is not ours, and gives back what it prints.
pub fn ffmpeg(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(["-v", "error"]).args(arguments).stdin(Stdio::null()).output();
    let output = output
        .unwrap_or_else(|error| panic!("{program}: {error}: install ffmpeg, or run `cargo xtask setup`"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// A file as ffmpeg decodes it, at its own rate.
pub fn decoded(path: &Path) -> Audio {
    let bytes =
        ffmpeg("ffmpeg", &["-i", path.to_str().unwrap(), "-map", "0:a", "-f", "f32le", "-ac", "2", "-"]);
    let mut audio = [Vec::new(), Vec::new()];
    for (index, sample) in bytes.chunks_exact(4).enumerate() {
        audio[index % 2].push(f32::from_le_bytes(sample.try_into().unwrap()));
    }
    audio
}

/// A file's description by ffprobe.
pub fn probed(path: &Path) -> serde_json::Value {
    let arguments = ["-of", "json", "-show_format", "-show_streams", path.to_str().unwrap()];
    serde_json::from_slice(&ffmpeg("ffprobe", &arguments)).unwrap()
}

/// The largest difference between two pieces of audio of one length.
pub fn difference(one: &Audio, other: &Audio) -> f32 {
    assert_eq!(one.each_ref().map(Vec::len), other.each_ref().map(Vec::len));
    let pairs = one.iter().flatten().zip(other.iter().flatten());
    pairs.fold(0.0, |largest, (a, b)| largest.max((a - b).abs()))
}

pub fn sum(parts: &[&Audio]) -> Audio {
    [0, 1].map(|channel| {
        (0..parts[0][0].len()).map(|at| parts.iter().map(|part| part[channel][at]).sum()).collect()
    })
}

pub fn report(folder: &Path) -> serde_json::Value {
    let path = folder.join("report.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// All files in a folder and below, with what is hidden, as paths within it, with slashes.
pub fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(next) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let inside = path.strip_prefix(folder).unwrap().to_string_lossy();
                found.push(inside.replace(std::path::MAIN_SEPARATOR, "/"));
            }
        }
    }
    found.sort();
    found
}
