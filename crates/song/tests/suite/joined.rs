//! Several songs in one file.

use unbraid_song::{RateChoice, ReadOptions, Warning, read_with};

use crate::support::{Files, assert_exact, bytes, clip, flawless, null_db, song};

/// Two files, one behind the other.
fn joined(files: &Files, name: &str, first: &str, second: &str) -> std::path::PathBuf {
    let both = [bytes(&files.path(first)), bytes(&files.path(second))].concat();
    files.written(name, &both)
}

/// Two songs, one behind the other.
fn both(first: &unbraid_song::Song, second: &unbraid_song::Song) -> [Vec<f32>; 2] {
    std::array::from_fn(|side| [first.channels[side].as_slice(), &second.channels[side]].concat())
}

#[test]
fn joined_mp3_are_read_whole_and_each_without_its_padding() {
    let files = Files::new();
    let first = flawless(&files.encoded("a.mp3", &["-b:a", "160k"]));
    let second = flawless(&files.encoded_from(&clip(), &["-t", "2"], "b.mp3", &["-q:a", "5"]));
    let song = song(&joined(&files, "both.mp3", "a.mp3", "b.mp3"));
    assert_eq!(song.len(), 132_300 + 88_200);
    assert_eq!(song.warnings, [Warning::Joined { parts: 2 }]);
    assert_eq!(song.info.frames, None, "the first header tells of the first song only");
    assert_exact(&song, &both(&first, &second), "joined MP3");
}

#[test]
fn joined_mp3_without_headers_are_read_whole() {
    let files = Files::new();
    let options = ["-b:a", "128k", "-write_xing", "0", "-id3v2_version", "0"];
    let first = flawless(&files.encoded("a.mp3", &options));
    let second = flawless(&files.encoded_from(&clip(), &["-t", "2"], "b.mp3", &options));
    let song = song(&joined(&files, "both.mp3", "a.mp3", "b.mp3"));
    assert_eq!(song.len(), first.len() + second.len());
    // At the seam the second begins with the tail of the first.
    let tail: [Vec<f32>; 2] = std::array::from_fn(|side| song.channels[side][first.len() + 1152..].to_vec());
    let wanted: [Vec<f32>; 2] = std::array::from_fn(|side| second.channels[side][1152..].to_vec());
    assert!(null_db(&tail, &wanted) < -100.0);
}

#[test]
fn chained_ogg_is_read_whole() {
    for codec in ["libvorbis", "flac", "libopus"] {
        let files = Files::new();
        let first = flawless(&files.encoded("a.ogg", &["-c:a", codec]));
        let second = flawless(&files.encoded_from(&clip(), &["-t", "2"], "b.ogg", &["-c:a", codec]));
        let song = song(&joined(&files, "both.ogg", "a.ogg", "b.ogg"));
        assert_eq!(song.warnings, [Warning::Joined { parts: 2 }], "{codec}");
        assert_eq!(song.info.frames, None, "{codec}");
        assert_exact(&song, &both(&first, &second), codec);
    }
}

#[test]
fn a_chain_that_changes_its_rate_and_channels_keeps_the_first_rate() {
    let files = Files::new();
    let first = flawless(&files.encoded("a.ogg", &["-c:a", "libvorbis"]));
    let mono = files.encoded_from(
        &clip(),
        &["-t", "2"],
        "b.ogg",
        &["-c:a", "libvorbis", "-ar", "32000", "-ac", "1"],
    );
    let options = ReadOptions { rate: RateChoice::Fixed(44_100), ..ReadOptions::default() };
    let second = read_with(mono, &options).unwrap();
    let song = song(&joined(&files, "both.ogg", "a.ogg", "b.ogg"));
    assert_eq!((song.rate, song.len()), (44_100, 132_300 + 88_200));
    assert_exact(&song, &both(&first, &second), "a chain of two rates");
}
