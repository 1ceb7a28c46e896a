//! `cargo xtask render` from outside: what it writes, what it prints, how it fails.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use tempfile::TempDir;

const RATE: u32 = 44_100;

/// Length of the bundled clip in samples.
const CLIP: usize = 882_000;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn xtask(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("xtask starts")
}

fn render(arguments: &[&str]) -> Output {
    xtask(&[&["render"], arguments].concat())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs `render` with the packed plug-in and expects success.
fn rendered(song: &Path, options: &[&str]) -> (TempDir, String) {
    let out = tempfile::tempdir().unwrap();
    let (song, folder) = (song.to_str().unwrap(), out.path().to_str().unwrap());
    // Named, the bundle is used as it is: one test of building and packing on the way is enough.
    let bundle = unbraid_tests::bundled_clap();
    let bundle = ["--bundle", bundle.to_str().unwrap()];
    let output = render(&[&[song, "--out", folder], &bundle[..], options].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    (out, text(&output.stdout))
}

/// A WAV file's rate and `[channel][sample]` audio.
fn wav(path: &Path) -> (u32, Vec<Vec<f32>>) {
    let mut reader =
        hound::WavReader::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let channels = usize::from(reader.spec().channels);
    let mut audio = vec![Vec::new(); channels];
    let rate = reader.spec().sample_rate;
    for (index, sample) in reader.samples::<f32>().enumerate() {
        audio[index % channels].push(sample.unwrap());
    }
    (rate, audio)
}

fn report(folder: &Path) -> serde_json::Value {
    serde_json::from_str(&std::fs::read_to_string(folder.join("report.json")).unwrap()).unwrap()
}

fn warnings(folder: &Path) -> String {
    report(folder)["warnings"].to_string()
}

/// The largest difference between two pieces of audio of the same length.
fn difference(one: &[Vec<f32>], other: &[Vec<f32>]) -> f32 {
    assert_eq!(one.iter().map(Vec::len).collect::<Vec<_>>(), other.iter().map(Vec::len).collect::<Vec<_>>());
    one.iter().flatten().zip(other.iter().flatten()).fold(0.0, |largest, (a, b)| largest.max((a - b).abs()))
}

fn sum(tracks: &[&Vec<Vec<f32>>]) -> Vec<Vec<f32>> {
    (0..2)
        .map(|channel| {
            (0..tracks[0][0].len())
                .map(|sample| {
                    tracks.iter().map(|track| f64::from(track[channel][sample])).sum::<f64>() as f32
                })
                .collect()
        })
        .collect()
}

/// Six seconds of a chord, a bass note and hits, at 44.1 kHz: a song to try the options on.
fn song() -> &'static Path {
    static SONG: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = SONG.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("song.wav");
        write_song(&path, 6 * RATE as usize, 2);
        (folder, path)
    });
    path
}

fn write_song(path: &Path, length: usize, channels: u16) {
    let spec = hound::WavSpec {
        channels,
        sample_rate: RATE,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    let mut random = 1u32;
    for sample in 0..length {
        let time = sample as f32 / RATE as f32;
        let tone = |hertz: f32| (std::f32::consts::TAU * hertz * time).sin();
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let hit = (random as f32 / u32::MAX as f32 - 0.5) * (-(time % 0.5) * 60.0).exp();
        for channel in 0..channels {
            let chord = tone(440.0) + tone(554.4) * (1.0 + f32::from(channel)) + tone(659.3);
            writer.write_sample(0.05 * chord + 0.2 * tone(55.0) + 0.5 * hit).unwrap();
        }
    }
    writer.finalize().unwrap();
}

#[test]
fn without_a_song_the_bundled_clip_comes_apart() {
    let out = tempfile::tempdir().unwrap();
    let output = render(&["--out", out.path().to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let tracks: Vec<_> = ["vocals", "drums", "bass", "other", "mix"]
        .iter()
        .map(|name| {
            let (rate, audio) = wav(&out.path().join(format!("{name}.wav")));
            assert_eq!((rate, audio.len(), audio[0].len()), (RATE, 2, CLIP), "{name}");
            audio
        })
        .collect();
    let stems = sum(&[&tracks[0], &tracks[1], &tracks[2], &tracks[3]]);
    assert!(difference(&stems, &tracks[4]) < 1e-6, "at 0 dB the stems sum to the mix");

    let report = report(out.path());
    for key in ["/model/name", "/model/version", "/device/processor", "/plugin/version"] {
        assert!(
            report.pointer(key).and_then(|value| value.as_str()).is_some_and(|value| !value.is_empty()),
            "{key}"
        );
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
        assert!(
            report.pointer(key).and_then(serde_json::Value::as_f64).is_some_and(|value| value > 0.0),
            "{key}"
        );
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
fn the_mix_follows_the_levels_and_the_stems_do_not() {
    let (plain, _) = rendered(song(), &[]);
    let (out, _) = rendered(song(), &["--levels", "vocals=-inf,other=-6"]);
    let track = |folder: &TempDir, name: &str| wav(&folder.path().join(format!("{name}.wav"))).1;
    assert_eq!(track(&plain, "vocals"), track(&out, "vocals"));
    let quiet: Vec<Vec<f32>> = track(&out, "other")
        .iter()
        .map(|channel| channel.iter().map(|sample| sample * 0.501_187).collect())
        .collect();
    let wanted = sum(&[&track(&out, "drums"), &track(&out, "bass"), &quiet]);
    assert!(difference(&wanted, &track(&out, "mix")) < 1e-4);
    let (_, song) = wav(song());
    assert!(difference(&song, &track(&plain, "mix")) < 1e-6, "at 0 dB the mix is the song, in place");
    assert_eq!(report(out.path())["levels_db"], serde_json::json!({"vocals": null, "other": -6.0}));
}

#[test]
fn two_stems_are_vocals_and_the_rest() {
    let (out, _) = rendered(song(), &["--two-stems"]);
    let track = |name: &str| wav(&out.path().join(format!("{name}.wav"))).1;
    assert!(difference(&sum(&[&track("vocals"), &track("instrumental")]), &track("mix")) < 1e-6);
    for name in ["drums", "bass", "other"] {
        assert!(!out.path().join(format!("{name}.wav")).exists(), "{name}");
    }
}

#[test]
fn normalizing_puts_the_loudest_sample_at_minus_one_db() {
    let (plain, _) = rendered(song(), &[]);
    let (out, _) = rendered(song(), &["--normalize"]);
    let gain = 10f64.powf(report(out.path())["normalize_gain_db"].as_f64().unwrap() / 20.0) as f32;
    let mut loudest = 0.0f32;
    for name in ["vocals", "drums", "bass", "other", "mix"] {
        let file = format!("{name}.wav");
        let (before, after) = (wav(&plain.path().join(&file)).1, wav(&out.path().join(&file)).1);
        let scaled: Vec<Vec<f32>> =
            before.iter().map(|channel| channel.iter().map(|sample| sample * gain).collect()).collect();
        assert!(difference(&scaled, &after) < 1e-5, "{name} has the common gain");
        loudest = after.iter().flatten().fold(loudest, |peak, sample| peak.max(sample.abs()));
    }
    assert!((loudest - 0.891_251).abs() < 1e-5, "{loudest}");
}

#[test]
fn a_song_at_another_rate_is_resampled_and_says_so() {
    let (out, printed) = rendered(song(), &["--rate", "48000"]);
    let (rate, mix) = wav(&out.path().join("mix.wav"));
    assert_eq!((rate, mix[0].len()), (48_000, 6 * 48_000));
    assert!(warnings(out.path()).contains("resampled from 44100 to 48000 Hz"));
    assert!(printed.contains("resampled"), "{printed}");
}

#[test]
fn flac_and_mp3_are_read_as_well_as_written() {
    for (format, tolerance) in [("flac", 2e-5), ("mp3", 1.0)] {
        let (out, _) = rendered(song(), &["--format", format]);
        let files = ["vocals", "drums", "bass", "other", "mix"]
            .map(|name| out.path().join(format!("{name}.{format}")));
        assert!(files.iter().all(|file| file.exists()), "{format}");
        let (again, _) = rendered(&files[4], &[]);
        let (_, mix) = wav(&again.path().join("mix.wav"));
        if format == "flac" {
            let (_, song) = wav(song());
            assert!(difference(&song, &mix) < tolerance);
        } else {
            // A lossy format has whole frames and a delay of its own.
            assert!(mix[0].len().abs_diff(6 * RATE as usize) < 4000, "{} samples", mix[0].len());
        }
    }
}

#[test]
fn mono_short_and_silent_songs_are_played_with_warnings() {
    let folder = tempfile::tempdir().unwrap();
    let mono = folder.path().join("mono.wav");
    write_song(&mono, RATE as usize, 1);
    let (out, _) = rendered(&mono, &[]);
    let (_, mix) = wav(&out.path().join("mix.wav"));
    assert_eq!((mix.len(), mix[0].len()), (2, RATE as usize));
    assert!(difference(&mix[..1], &mix[1..]) < 1e-6);
    assert!(warnings(out.path()).contains("short file"));

    let silent = folder.path().join("silent.wav");
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&silent, spec).unwrap();
    (0..12 * RATE).for_each(|_| writer.write_sample(0i16).unwrap());
    writer.finalize().unwrap();
    let (out, _) = rendered(&silent, &[]);
    assert!(warnings(out.path()).contains("mostly silent"), "{}", warnings(out.path()));
}

#[test]
fn a_loud_mix_is_a_clipping_risk() {
    let (out, _) = rendered(song(), &["--levels", "vocals=12,drums=12,bass=12,other=12"]);
    assert!(warnings(out.path()).contains("clipping risk: mix"), "{}", warnings(out.path()));
}

#[test]
fn a_file_that_breaks_off_is_used_as_far_as_it_goes() {
    let whole = std::fs::read(root().join("tests/clips/francium.flac")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("half.flac");
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let (out, _) = rendered(&path, &[]);
    let (_, mix) = wav(&out.path().join("mix.wav"));
    assert!((CLIP / 5..CLIP * 4 / 5).contains(&mix[0].len()), "{} samples", mix[0].len());
    assert!(warnings(out.path()).contains("breaks off"), "{}", warnings(out.path()));
}

/// The head of a WAV file whose sound never came.
fn wav_head() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("head.wav");
    write_song(&path, 1000, 2);
    let whole = std::fs::read(path).unwrap();
    let data = whole.windows(4).position(|bytes| bytes == b"data").unwrap();
    whole[..data + 8].to_vec()
}

#[test]
fn what_is_no_song_is_refused_in_one_line_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let no_songs = folder.path().join("no songs");
    std::fs::create_dir(&no_songs).unwrap();
    let garbage: Vec<u8> = (0..100_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let whole = std::fs::read(root().join("tests/clips/francium.flac")).unwrap();
    let six_channels = folder.path().join("six.wav");
    write_song(&six_channels, 1000, 6);
    for (path, reason) in [
        (folder.path().join("missing.wav"), "No such file"),
        (no_songs, "holds no wav, flac, mp3, ogg file"),
        (file("empty.mp3", b""), "is empty"),
        (file("garbage.wav", &garbage), "is no WAV"),
        (file("text.flac", b"This is a letter, not a song.\n"), "is no WAV"),
        (file("head.flac", &whole[..60]), "head.flac"),
        (file("head.wav", &wav_head()), "holds no sound"),
        (six_channels, "6 channels"),
    ] {
        let output = render(&[path.to_str().unwrap(), "--out", folder.path().join("out").to_str().unwrap()]);
        let error = text(&output.stderr);
        assert!(!output.status.success(), "{}", path.display());
        assert!(error.contains(reason), "{}: {error}", path.display());
        assert!(error.contains(path.file_name().unwrap().to_str().unwrap()), "{error}");
        assert_eq!(error.trim_end().lines().count(), 1, "{error}");
        assert!(!folder.path().join("out").exists(), "nothing is written");
    }
}

#[test]
fn wrong_options_are_refused() {
    for (options, reason) in [
        (&["--levels", "voice=-3"][..], "no stem `voice`"),
        (&["--rate", "44000"], "44000"),
        (&["--block", "0"], "0"),
        (&["--mode", "fast"], "fast"),
        (&["--bundle", "no-such-plug-in.clap"], "cannot load no-such-plug-in.clap"),
    ] {
        let output = render(&[&[song().to_str().unwrap()], options].concat());
        let error = text(&output.stderr);
        assert!(!output.status.success() && error.contains(reason), "{options:?}: {error}");
    }
}

/// Runs `render` on several songs with the packed plug-in. Gives back whether all were rendered, and what was printed.
fn rendered_batch(songs: &[&Path], out: &Path, options: &[&str]) -> (bool, String, String) {
    let bundle = unbraid_tests::bundled_clap();
    let songs: Vec<_> = songs.iter().map(|song| song.to_str().unwrap()).collect();
    let fixed = ["--out", out.to_str().unwrap(), "--bundle", bundle.to_str().unwrap()];
    let output = render(&[&songs[..], &fixed[..], options].concat());
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_folder_is_rendered_past_bad_files_and_only_what_is_missing_is_done_again() {
    let folder = tempfile::tempdir().unwrap();
    let (album, out) = (folder.path().join("album"), folder.path().join("out"));
    std::fs::create_dir_all(album.join("live")).unwrap();
    write_song(&album.join("one.wav"), RATE as usize, 2);
    write_song(&album.join("live/two.wav"), RATE as usize + 1000, 2);
    write_song(&album.join("three.wav"), RATE as usize + 2000, 1);
    std::fs::write(album.join("bad.mp3"), b"This is a letter, not a song.").unwrap();
    let batch = |options: &[&str]| rendered_batch(&[&album], &out, options);
    let mix = |song: &str| wav(&out.join(song).join("mix.wav")).1[0].len();

    // The bad file comes first and does not keep the others from being rendered.
    let (success, printed, errors) = batch(&["--jobs", "2"]);
    assert!(!success && errors.contains("1 of 4 songs failed") && errors.contains("bad.mp3"), "{errors}");
    assert!(printed.contains("3 rendered, 0 skipped, 1 failed"), "{printed}");
    assert!(printed.contains("FAILED") && printed.contains("is no WAV"), "{printed}");
    assert_eq!((mix("one"), mix("live/two"), mix("three")), (44_100, 45_100, 46_100));
    assert!(!out.join("bad").exists());

    // As after a stop in the middle of a song: its stems are there, its report is not.
    std::fs::remove_file(album.join("bad.mp3")).unwrap();
    std::fs::remove_file(out.join("live/two/report.json")).unwrap();
    let (success, printed, errors) = batch(&[]);
    assert!(success && printed.contains("1 rendered, 2 skipped, 0 failed"), "{printed}{errors}");

    // Another song under the same name, other options, or being told to.
    write_song(&album.join("one.wav"), RATE as usize + 5, 2);
    let (_, printed, _) = batch(&[]);
    assert!(printed.contains("1 rendered, 2 skipped"), "{printed}");
    assert_eq!(mix("one"), 44_105);
    let (_, printed, _) = batch(&["--levels", "vocals=-3"]);
    assert!(printed.contains("3 rendered, 0 skipped"), "{printed}");
    let (_, printed, _) = batch(&["--levels", "vocals=-3", "--again"]);
    assert!(printed.contains("3 rendered, 0 skipped"), "{printed}");
}

#[test]
fn songs_rendered_side_by_side_are_the_same_as_alone() {
    let folder = tempfile::tempdir().unwrap();
    let songs = ["a", "b", "c"].map(|name| folder.path().join(format!("{name}.wav")));
    for (index, song) in songs.iter().enumerate() {
        write_song(song, RATE as usize + 100 * index, 2);
    }
    let out = folder.path().join("out");
    let paths: Vec<&Path> = songs.iter().map(PathBuf::as_path).collect();
    let (success, printed, errors) = rendered_batch(&paths, &out, &["--jobs", "3"]);
    assert!(success, "{printed}{errors}");
    let (alone, _) = rendered(&songs[1], &[]);
    for stem in ["vocals", "drums", "bass", "other"] {
        let file = format!("{stem}.wav");
        assert_eq!(wav(&out.join("b").join(&file)), wav(&alone.path().join(&file)), "{stem}");
    }
}

#[test]
fn a_batch_that_is_killed_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (album, out) = (folder.path().join("album"), folder.path().join("out"));
    std::fs::create_dir(&album).unwrap();
    write_song(&album.join("1.wav"), RATE as usize, 2);
    // Long enough to be hit in the middle.
    write_song(&album.join("2.wav"), 120 * RATE as usize, 2);
    let bundle = unbraid_tests::bundled_clap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("render")
        .arg(&album)
        .args(["--jobs", "1", "--bundle", bundle.to_str().unwrap(), "--out"])
        .arg(&out)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    // The second song's folder is made when it is begun.
    let start = std::time::Instant::now();
    while !out.join("2").exists() {
        assert!(start.elapsed().as_secs() < 120, "the batch does not get to its second song");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(out.join("1/report.json").exists() && !out.join("2/report.json").exists());

    write_song(&album.join("2.wav"), RATE as usize, 2);
    let (success, printed, errors) = rendered_batch(&[&album], &out, &[]);
    assert!(success && printed.contains("1 rendered, 1 skipped, 0 failed"), "{printed}{errors}");
}
