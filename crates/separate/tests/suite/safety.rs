//! Nothing is lost.

use std::process::Stdio;

use crate::support::{ended, files, folder, separate, separated, song};

#[test]
fn no_song_is_ever_written_over() {
    let work = folder();
    let at = work.path();
    let precious = song(&at.join("x/vocals/vocals.wav"), 1.0);
    let other = song(&at.join("x/other.wav"), 1.0);
    let before = std::fs::read(&precious).unwrap();
    // By its own stems, by those of another song of the run, by a link, and by tidying up after an earlier run.
    for songs in [&["x/vocals/vocals.wav"][..], &["x/vocals/vocals.wav", "x/other.wav"]] {
        let refused = ended(separate(at, &[songs, &["-o", "x"]].concat()));
        assert_eq!(refused.exit, Some(2), "{}", refused.err);
        assert!(refused.err.contains("would replace the song"), "{}", refused.err);
        assert_eq!(refused.err.lines().count(), 1, "{}", refused.err);
    }
    assert!(other.exists() && std::fs::read(&precious).unwrap() == before);
    assert_eq!(files(at), ["x/other.wav", "x/vocals/vocals.wav"], "nothing was begun");
}

#[test]
fn a_stem_that_is_now_a_song_is_not_tidied_away() {
    let work = folder();
    let at = work.path();
    song(&at.join("song.wav"), 1.0);
    separated(at, &["song.wav", "--stems", "mix,bass", "--no-picture"]);
    let stem = at.join("separated/song/bass.wav");
    let before = std::fs::read(&stem).unwrap();
    // The song again in another format, and its old stem beside it: the old files would go.
    separated(
        at,
        &["song.wav", "separated/song/bass.wav", "--stems", "mix", "--format", "flac16", "--no-picture"],
    );
    assert_eq!(std::fs::read(&stem).unwrap(), before);
    assert!(!at.join("separated/song/mix.wav").exists(), "what is no song of the run has gone");
}

#[test]
fn a_folder_does_not_eat_its_own_stems() {
    let work = folder();
    let at = work.path();
    song(&at.join("album/one.wav"), 1.0);
    song(&at.join("album/sub/two.wav"), 1.0);
    std::fs::write(at.join("album/cover.jpg"), "").unwrap();
    let run = |out: &str| separated(at, &["album", "-o", out, "--stems", "vocals", "--no-picture"]);
    let first = run("album/stems");
    assert!(first.out.contains("2 rendered, 0 skipped, 0 failed"), "{}", first.out);
    assert!(first.out.contains("left out: 1 .jpg"), "{}", first.out);
    assert!(run("album/stems").out.contains("0 rendered, 2 skipped, 0 failed"));
    // To another place, and next to the songs themselves.
    let elsewhere = run("elsewhere");
    assert!(
        elsewhere.out.contains("2 rendered") && elsewhere.out.contains("2 folders of stems"),
        "{}",
        elsewhere.out
    );
    let beside = run("album");
    assert!(beside.out.contains("2 rendered"), "{}", beside.out);
    assert!(run("album").out.contains("0 rendered, 2 skipped"));
}

#[test]
fn songs_of_one_name_never_share_a_folder() {
    let work = folder();
    let at = work.path();
    song(&at.join("one/a.wav"), 1.0);
    song(&at.join("two/a.wav"), 1.1);
    let options = ["--stems", "vocals", "--no-picture"];
    let folders = |songs: &[&str], out: &str| {
        separated(at, &[songs, &options, &["-o", out]].concat());
        files(&at.join(out)).into_iter().filter(|name| name.ends_with("report.json")).collect::<Vec<_>>()
    };
    let wanted = ["one/a.wav/report.json", "two/a.wav/report.json"];
    assert_eq!(folders(&["one/a.wav", "two/a.wav"], "x"), wanted);
    assert_eq!(folders(&["two/a.wav", "one/a.wav"], "y"), wanted, "whatever the order");
    // One after the other, the second is refused rather than put in the first one's place.
    separated(at, &["one/a.wav", "--stems", "vocals", "--no-picture", "-o", "z"]);
    let refused = ended(separate(at, &["two/a.wav", "-o", "z"]));
    assert_eq!(refused.exit, Some(1));
    assert!(
        refused.err.contains("holds the stems of") && refused.err.contains("one/a.wav"),
        "{}",
        refused.err
    );
    assert_eq!(files(&at.join("z")), ["a/report.json", "a/vocals.wav"]);
}

#[test]
fn files_of_an_earlier_run_go_by_its_report_and_nothing_else_goes() {
    let work = folder();
    let at = work.path();
    song(&at.join("song.wav"), 1.0);
    separated(at, &["song.wav", "--no-picture"]);
    std::fs::write(at.join("separated/song/notes.txt"), "mine").unwrap();
    std::fs::write(at.join("separated/song/bass.wav"), "an edit of mine").unwrap();
    separated(at, &["song.wav", "--no-picture", "--format", "flac16", "--stems", "vocals"]);
    assert_eq!(files(&at.join("separated/song")), ["bass.wav", "notes.txt", "report.json", "vocals.flac"]);
}

#[test]
fn what_cannot_be_read_is_named_at_the_end_and_the_rest_is_done() {
    let work = folder();
    let at = work.path();
    song(&at.join("album/good.wav"), 1.0);
    std::fs::write(at.join("album/letter.mp3"), "This is a letter, not a song.").unwrap();
    std::fs::write(at.join("album/empty.flac"), "").unwrap();
    let mut bad = vec!["letter.mp3", "empty.flac", "missing.wav"];
    // On Windows a link needs a right that not every user has.
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere.wav", at.join("album/gone.wav")).unwrap();
        bad.push("gone.wav");
    }
    let batch = ended(separate(at, &["album", "missing.wav", "--stems", "vocals", "--no-picture"]));
    assert_eq!(batch.exit, Some(1), "{}", batch.err);
    let summary = format!("1 rendered, 0 skipped, {} failed", bad.len());
    assert!(batch.out.contains(&summary), "{}", batch.out);
    assert_eq!(batch.err.lines().count(), 1, "{}", batch.err);
    for name in bad {
        assert!(batch.out.contains(name) && batch.err.contains(name), "{name}: {}{}", batch.out, batch.err);
    }
    assert_eq!(files(&at.join("separated")), ["good/report.json", "good/vocals.wav"]);
}

#[test]
fn a_closed_pipe_ends_nothing_but_what_is_said() {
    let work = folder();
    let at = work.path();
    song(&at.join("song.wav"), 1.0);
    for (out, style) in [("piped", "bars"), ("programs", "json")] {
        let mut child = separate(at, &["song.wav", "-o", out, "--progress", style])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Nobody reads.
        drop((child.stdout.take(), child.stderr.take()));
        assert!(child.wait().unwrap().success(), "{style}");
        assert!(at.join(out).join("song/report.json").exists());
    }
}
