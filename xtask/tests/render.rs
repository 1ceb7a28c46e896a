//! `cargo xtask render` from outside: the command `unbraid separate` with this workspace's plug-in. What that command does is
//! tested in `crates/separate/tests`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn render(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("render")
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("xtask starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Length of the bundled clip in samples.
const CLIP: u32 = 882_000;

#[test]
fn without_a_song_the_bundled_clip_comes_apart() {
    let out = tempfile::tempdir().unwrap();
    let output = render(&["--out", out.path().to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    for name in ["vocals", "drums", "bass", "other", "mix"] {
        let reader = hound::WavReader::open(out.path().join(format!("{name}.wav"))).unwrap();
        assert_eq!((reader.spec().sample_rate, reader.spec().channels), (44_100, 2), "{name}");
        assert_eq!(reader.duration(), CLIP, "{name}");
    }
    let report = std::fs::read_to_string(out.path().join("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    for key in ["/model/name", "/model/version", "/device/processor", "/plugin/version"] {
        let told = report.pointer(key).and_then(serde_json::Value::as_str);
        assert!(told.is_some_and(|value| !value.is_empty()), "{key}");
    }
    assert_eq!(report["model"]["contract"], "unbraid-mask/1");
    assert_eq!(report["latency"]["samples"], 4096);
    assert_eq!(report["song"]["samples"], CLIP);
    for key in [
        "/time/real_time_factor",
        "/callbacks/mean_percent",
        "/callbacks/peak_percent",
        "/callbacks/core_percent",
    ] {
        let told = report.pointer(key).and_then(serde_json::Value::as_f64);
        assert!(told.is_some_and(|value| value > 0.0), "{key}");
    }
    let printed = text(&output.stdout);
    for part in
        ["vocals.wav", "spectrograms.png", "report.json", "latency: 4096 samples", "% of one core (mean)"]
    {
        assert!(printed.contains(part), "`{part}` is missing in:\n{printed}");
    }
    let picture = std::fs::read(out.path().join("spectrograms.png")).unwrap();
    assert!(picture.starts_with(b"\x89PNG") && picture.len() > 50_000, "{} bytes", picture.len());
}

#[test]
fn one_song_goes_straight_to_its_folder_and_a_folder_of_songs_to_one_each() {
    let work = tempfile::tempdir().unwrap();
    let album = work.path().join("album");
    std::fs::create_dir(&album).unwrap();
    std::fs::copy(root().join("tests/clips/francium.flac"), album.join("one.flac")).unwrap();
    let bundle = unbraid_tests::bundled_clap();
    let fixed = ["--bundle", bundle.to_str().unwrap(), "--mode", "live", "--stems", "bass", "--no-picture"];
    let [song, album] = [album.join("one.flac"), album].map(|path| path.to_str().unwrap().to_owned());
    for (songs, out, file) in [(&song, "single", "single/bass.wav"), (&album, "many", "many/one/bass.wav")] {
        let folder = work.path().join(out);
        let output = render(&[&[songs.as_str(), "--out", folder.to_str().unwrap()], &fixed[..]].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(work.path().join(file).exists(), "{file}");
    }
}

#[test]
fn a_wrong_song_or_plug_in_is_refused_in_one_line() {
    let clip = root().join("tests/clips/francium.flac");
    let clip = clip.to_str().unwrap();
    for (arguments, reason) in [
        (&["missing.wav"][..], "missing.wav"),
        (&[clip, "--bundle", "no-such-plug-in.clap"], "cannot load no-such-plug-in.clap"),
    ] {
        let output = render(arguments);
        let error = text(&output.stderr);
        assert!(!output.status.success() && error.contains(reason), "{arguments:?}: {error}");
        assert_eq!(error.trim_end().lines().count(), 1, "{error}");
    }
}
