//! The command's output, to people and to programs.

use std::io::Write;
use std::process::Stdio;

use crate::support::{command, copy_plugin, decoded, ended, files, folder, separate, separated, song};

#[test]
fn the_plug_in_is_found_where_it_was_installed_and_missed_in_one_line() {
    let work = folder();
    let at = work.path();
    song(&at.join("song.wav"), 0.5);
    let without_bundle = || {
        let mut command = command(at);
        command
            .args(["separate", "--mode", "live", "song.wav", "--stems", "mix", "--no-picture"])
            .env("HOME", at);
        command.env_remove("CLAP_PATH").env("LOCALAPPDATA", at);
        command
    };
    let missing = ended(without_bundle());
    assert_eq!(missing.exit, Some(3), "{}{}", missing.out, missing.err);
    assert_eq!(missing.err.lines().count(), 1, "{}", missing.err);
    assert!(missing.err.contains("is not installed") && missing.err.contains("--bundle"), "{}", missing.err);
    assert_eq!(files(at), ["song.wav"]);
    std::fs::create_dir(at.join("plug-ins")).unwrap();
    copy_plugin(&at.join("plug-ins/unbraid.clap"));
    let mut found = without_bundle();
    found.env("CLAP_PATH", at.join("plug-ins"));
    let found = ended(found);
    assert_eq!(found.exit, Some(0), "{}", found.err);
    let broken = ended(separate(at, &["song.wav", "--bundle", "song.wav"]));
    assert_eq!(broken.exit, Some(2), "an option given twice is the parser's: {}", broken.err);
}

#[test]
fn a_program_reads_one_event_a_line() {
    let work = folder();
    let at = work.path();
    song(&at.join("album/one.wav"), 1.0);
    std::fs::write(at.join("album/two.mp3"), "no song").unwrap();
    let run = ended(separate(at, &["album", "--progress", "json", "--stems", "mix", "--jobs", "1"]));
    assert_eq!(run.exit, Some(1));
    let events: Vec<serde_json::Value> =
        run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(kinds.first(), Some(&"start"));
    assert_eq!(kinds.last(), Some(&"end"));
    let of = |kind: &str| events.iter().filter(|event| event["event"] == kind).collect::<Vec<_>>();
    assert_eq!(of("done")[0]["report"]["song"]["samples"], 44_100);
    assert!(of("failed")[0]["song"].as_str().unwrap().ends_with("two.mp3"));
    assert_eq!(of("progress").last().unwrap()["percent"], 100);
    assert_eq!(
        (&of("end")[0]["rendered"], &of("end")[0]["failed"][0]),
        (&1.into(), &of("failed")[0]["song"])
    );
}

#[test]
fn quiet_says_nothing_but_what_went_wrong() {
    let work = folder();
    let at = work.path();
    song(&at.join("song.wav"), 0.5);
    let quiet = separated(at, &["song.wav", "-q", "--stems", "mix"]);
    assert_eq!((quiet.out.as_str(), quiet.err.as_str()), ("", ""));
    let wrong = ended(separate(at, &["missing.wav", "-q"]));
    assert_eq!((wrong.exit, wrong.out.as_str()), (Some(1), ""));
    assert!(wrong.err.contains("missing.wav") && wrong.err.lines().count() == 1, "{}", wrong.err);
}

#[test]
fn a_song_can_be_piped_in() {
    let work = folder();
    let at = work.path();
    let path = song(&at.join("song.wav"), 1.0);
    let mut child =
        separate(at, &["-", "--stems", "mix", "--no-picture", "-q"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&std::fs::read(&path).unwrap()).unwrap();
    assert!(child.wait().unwrap().success());
    let piped = decoded(&at.join("separated/stdin/mix.wav"));
    separated(at, &["song.wav", "--stems", "mix", "--no-picture"]);
    assert!(piped == decoded(&at.join("separated/song/mix.wav")));
}

#[test]
fn help_has_examples_and_exit_codes_and_shells_get_completions() {
    let work = folder();
    let say = |arguments: &[&str]| {
        let mut command = command(work.path());
        command.args(arguments);
        let ended = ended(command);
        assert_eq!(ended.exit, Some(0), "{arguments:?}: {}", ended.err);
        ended.out
    };
    for arguments in [&["--help"][..], &["separate", "--help"]] {
        let help = say(arguments);
        assert!(help.contains("Examples:") && help.contains("Exit status:"), "{help}");
    }
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let completions = say(&["completions", shell]);
        assert!(completions.contains("two-stems") && completions.contains("progress"), "{shell}");
    }
    assert!(say(&["manual"]).starts_with(".ie"), "a page of the manual");
    say(&["manual", "--out", "man"]);
    let pages = files(&work.path().join("man"));
    assert!(
        pages.contains(&"unbraid.1".to_owned()) && pages.contains(&"unbraid-separate.1".to_owned()),
        "{pages:?}"
    );
}

#[test]
fn info_tells_of_the_plug_in_and_of_songs() {
    let work = folder();
    let at = work.path();
    song(&at.join("song.wav"), 1.5);
    let bundle = unbraid_tests::bundled_clap();
    let mut plugin = command(at);
    plugin.args(["info", "--json", "--bundle"]).arg(&bundle);
    let told: serde_json::Value = serde_json::from_str(&ended(plugin).out).unwrap();
    assert_eq!(told["modes"]["studio"]["latency_samples"], 4096);
    assert_eq!(told["modes"]["live"]["latency_samples"], 1024);
    let mut songs = command(at);
    songs.args(["info", "song.wav", "missing.wav"]);
    let told = ended(songs);
    assert_eq!(told.exit, Some(1));
    assert!(told.out.contains("0:01.5") && told.out.contains("44100 Hz, stereo"), "{}", told.out);
    assert!(told.err.contains("missing.wav"), "{}", told.err);
}

#[test]
fn the_plug_in_may_be_named_by_a_bare_file_name_of_the_current_folder() {
    let bundle = unbraid_tests::bundled_clap();
    let mut info = command(bundle.parent().unwrap());
    info.args(["info", "--json", "--bundle"]).arg(bundle.file_name().unwrap());
    let told = ended(info);
    assert_eq!(told.exit, Some(0), "{}", told.err);
}

#[test]
fn songs_with_known_stems_are_scored() {
    let work = folder();
    let at = work.path();
    for stem in ["drums", "bass"] {
        song(&at.join(format!("songs/one/{stem}.wav")), 2.0);
    }
    let mut command = command(at);
    command.args(["evaluate", "songs", "--mode", "live", "--json", "scores.json", "--bundle"]);
    command.arg(unbraid_tests::bundled_clap());
    let ended = ended(command);
    assert_eq!(ended.exit, Some(0), "{}", ended.err);
    assert!(ended.out.contains("| one | Live |") && ended.out.contains("| one | mixture |"), "{}", ended.out);
    let scores: serde_json::Value =
        serde_json::from_slice(&std::fs::read(at.join("scores.json")).unwrap()).unwrap();
    // Both stems are the same, so half the song's energy is wrong in each one's place.
    assert!(scores[0]["mixture_sdr_db"][1].as_f64().unwrap().abs() < 0.01, "{scores}");
    assert!(scores[0]["sdr_db"][0].is_null() && scores[0]["sdr_db"][2].is_f64(), "{scores}");
}
