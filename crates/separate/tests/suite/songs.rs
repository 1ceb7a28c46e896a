//! Songs as people have them, and what the report says of them.

use std::path::Path;

use crate::support::{
    Audio, RATE, decoded, difference, ended, files, folder, music, report, separate, separated, song, sum,
    write_song,
};

/// The bundled clip.
fn clip() -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clips/francium.flac")).unwrap()
}

/// Length of the bundled clip in samples.
const CLIP: usize = 882_000;

fn warnings(at: &Path, name: &str) -> String {
    report(&at.join("separated").join(name))["warnings"].to_string()
}

#[test]
fn the_mix_follows_the_levels_and_the_stems_do_not() {
    let work = folder();
    let at = work.path();
    song(&at.join("song.wav"), 2.0);
    separated(at, &["song.wav", "-o", "plain"]);
    separated(at, &["song.wav", "-o", "levels", "--levels", "vocals=-inf,other=-6"]);
    let track = |out: &str, name: &str| decoded(&at.join(format!("{out}/song/{name}.wav")));
    assert!(track("plain", "vocals") == track("levels", "vocals"));
    let quiet: Audio =
        track("levels", "other").map(|channel| channel.iter().map(|sample| sample * 0.501_187).collect());
    let wanted = sum(&[&track("levels", "drums"), &track("levels", "bass"), &quiet]);
    assert!(difference(&wanted, &track("levels", "mix")) < 1e-4);
    assert!(
        difference(&decoded(&at.join("song.wav")), &track("plain", "mix")) < 1e-6,
        "at 0 dB the mix is the song"
    );
    let parts = ["vocals", "drums", "bass", "other"].map(|stem| track("plain", stem));
    assert!(
        difference(&sum(&parts.each_ref()), &track("plain", "mix")) < 1e-6,
        "at 0 dB the stems sum to the mix"
    );
    let told = &report(&at.join("levels/song"))["levels_db"];
    assert_eq!(*told, serde_json::json!({"vocals": null, "other": -6.0}));
}

#[test]
fn mono_short_silent_and_loud_songs_are_played_with_warnings() {
    let work = folder();
    let at = work.path();
    write_song(&at.join("mono.wav"), &music(RATE, 1.0)[..1], RATE);
    separated(at, &["mono.wav"]);
    let mix = decoded(&at.join("separated/mono/mix.wav"));
    assert_eq!(mix[0].len(), RATE as usize);
    assert!(difference(&[mix[0].clone(), mix[1].clone()], &[mix[1].clone(), mix[0].clone()]) < 1e-6);
    assert!(warnings(at, "mono").contains("short file"));
    assert_eq!(report(&at.join("separated/mono"))["song"]["channels"], 1);

    write_song(&at.join("silent.wav"), &[vec![0.0; 12 * RATE as usize], vec![0.0; 12 * RATE as usize]], RATE);
    separated(at, &["silent.wav", "--normalize"]);
    assert!(warnings(at, "silent").contains("mostly silent: 100 %"), "{}", warnings(at, "silent"));

    song(&at.join("loud.wav"), 1.0);
    separated(at, &["loud.wav", "--levels", "vocals=12,drums=12,bass=12,other=12"]);
    assert!(warnings(at, "loud").contains("clipping risk: mix"), "{}", warnings(at, "loud"));
}

#[test]
fn a_file_that_breaks_off_is_used_as_far_as_it_goes() {
    let work = folder();
    let at = work.path();
    let whole = clip();
    std::fs::write(at.join("half.flac"), &whole[..whole.len() / 2]).unwrap();
    separated(at, &["half.flac", "--stems", "mix", "--no-picture"]);
    let mix = decoded(&at.join("separated/half/mix.wav"));
    assert!((CLIP / 5..CLIP * 4 / 5).contains(&mix[0].len()), "{} samples", mix[0].len());
    assert!(warnings(at, "half").contains("breaks off"), "{}", warnings(at, "half"));
}

#[test]
fn what_is_no_song_is_refused_in_one_line_that_names_it() {
    let work = folder();
    let at = work.path();
    std::fs::create_dir(at.join("no songs")).unwrap();
    song(&at.join("head.wav"), 0.1);
    let head = std::fs::read(at.join("head.wav")).unwrap();
    let garbage: Vec<u8> = (0..100_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for (name, bytes) in [
        ("empty.mp3", &b""[..]),
        ("garbage.wav", &garbage),
        ("text.flac", b"This is a letter, not a song.\n"),
        ("head.flac", &clip()[..60]),
        ("head.wav", &head[..44]),
    ] {
        std::fs::write(at.join(name), bytes).unwrap();
    }
    for (name, reason) in [
        ("missing.wav", "does not exist"),
        ("no songs", "holds no songs"),
        ("empty.mp3", "is empty"),
        ("garbage.wav", "garbage.wav"),
        ("text.flac", "text.flac is no WAV"),
        ("head.flac", "head.flac"),
        ("head.wav", "holds no sound"),
    ] {
        let refused = ended(separate(at, &[name, "-o", "out"]));
        assert!(matches!(refused.exit, Some(1 | 2)), "{name}");
        assert!(refused.err.contains(reason) && refused.err.contains(name), "{name}: {}", refused.err);
        assert_eq!(refused.err.lines().count(), 1, "{}", refused.err);
        assert!(files(&at.join("out")).is_empty() && !at.join("out").exists(), "{name}: nothing is written");
    }
}

#[test]
fn wrong_options_are_refused() {
    let work = folder();
    let at = work.path();
    song(&at.join("song.wav"), 0.1);
    for (options, reason) in [
        (&["--levels", "voice=-3"][..], "no stem `voice`"),
        (&["--rate", "3000"], "3000"),
        (&["--block", "0"], "0"),
        (&["--format", "aiff"], "flac24"),
        (&["--stems", "guitar"], "no stem `guitar`"),
        (&["--two-stems=guitar"], "guitar"),
        (&["--two-stems", "--stems", "bass"], "cannot be used"),
        (&["--shard", "4/3"], "3/16"),
        (&["--name", "{title}"], "{stem}"),
    ] {
        let refused = ended(separate(at, &[&["song.wav"], options].concat()));
        assert!(refused.exit == Some(2) && refused.err.contains(reason), "{options:?}: {}", refused.err);
    }
    assert_eq!(files(at), ["song.wav"]);
}
