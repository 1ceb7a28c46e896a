//! Tags, covers and names.

use std::path::Path;

use crate::support::{ffmpeg, files, folder, probed, report, separated, song};

/// A song with tags and a cover.
fn tagged(at: &Path) {
    song(&at.join("plain.wav"), 1.0);
    let cover = at.join("cover.png");
    ffmpeg("ffmpeg", &["-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1", cover.to_str().unwrap()]);
    let tags = ["-metadata", "title=Schön/Lied", "-metadata", "artist=Die Band", "-metadata", "track=3"];
    let [plain, cover, tagged] = ["plain.wav", "cover.png", "song.flac"].map(|name| at.join(name));
    let inputs = ["-i", plain.to_str().unwrap(), "-i", cover.to_str().unwrap(), "-map", "0:a", "-map", "1:v"];
    let cover = ["-c:v", "copy", "-disposition:v", "attached_pic", tagged.to_str().unwrap()];
    ffmpeg("ffmpeg", &[&inputs[..], &tags, &cover].concat());
    std::fs::remove_file(plain).unwrap();
    std::fs::remove_file(at.join("cover.png")).unwrap();
}

#[test]
fn tags_and_cover_of_the_song_are_in_every_stem() {
    let work = folder();
    let at = work.path();
    tagged(at);
    for (format, extension) in [("flac24", "flac"), ("mp3", "mp3"), ("wav16", "wav")] {
        separated(at, &["song.flac", "--format", format, "-o", format, "--stems", "bass", "--no-picture"]);
        let probed = probed(&at.join(format!("{format}/song/bass.{extension}")));
        let tags = probed["format"]["tags"].as_object().unwrap();
        let tag = |name: &str| {
            let found = tags.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.and_then(|(_, value)| value.as_str()).unwrap_or_default().to_owned()
        };
        assert_eq!(
            (tag("title"), tag("artist")),
            ("Schön/Lied".to_owned(), "Die Band".to_owned()),
            "{format}"
        );
        assert_eq!(tag("track").trim_start_matches('0'), "3", "{format}");
        let covers =
            probed["streams"].as_array().unwrap().iter().filter(|stream| stream["codec_type"] == "video");
        assert_eq!(covers.count(), 1, "{format}");
    }
    assert_eq!(report(&at.join("mp3/song"))["song"]["artist"], "Die Band");
    separated(at, &["song.flac", "-o", "bare", "--stems", "bass", "--no-picture", "--no-tags"]);
    assert!(probed(&at.join("bare/song/bass.wav"))["format"]["tags"].is_null());
}

#[test]
fn files_are_named_after_the_songs_tags() {
    let work = folder();
    let at = work.path();
    tagged(at);
    let name = "{track} {artist} - {title} ({stem})";
    separated(at, &["song.flac", "--name", name, "--stems", "bass", "--no-picture"]);
    assert_eq!(files(&at.join("separated/song")), ["03 Die Band - Schön_Lied (bass).wav", "report.json"]);
}
