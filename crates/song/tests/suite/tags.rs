//! Tags and covers of any size.

use std::path::Path;

use unbraid_song::{Song, Tags};

use crate::support::{Files, bytes, clip, ffmpeg, flawless, null_db, reference};

/// A picture of more than two mebibytes: noise does not compress.
fn picture(files: &Files) -> std::path::PathBuf {
    let path = files.path("cover.png");
    let noise = "nullsrc=s=900x900,geq=random(1)*255:128:128";
    ffmpeg(&["-f", "lavfi", "-i", noise, "-frames:v", "1", "-pix_fmt", "rgb24", path.to_str().unwrap()]);
    assert!(path.metadata().unwrap().len() > 1 << 20, "the cover is larger than a mebibyte");
    path
}

fn tagged(files: &Files, name: &str, options: &[&str]) -> Song {
    let (clip, path) = (clip(), files.path(name));
    let mut arguments = vec!["-t", "2", "-i", clip.to_str().unwrap()];
    let cover = files.path("cover.png");
    if cover.exists() && !options.contains(&"-vn") {
        arguments.extend(["-i", cover.to_str().unwrap(), "-map", "0:a", "-map", "1:v", "-c:v", "copy"]);
        arguments.extend(["-disposition:v", "attached_pic"]);
    }
    for tag in [
        "title=Тест",
        "artist=Someone",
        "album=Some songs",
        "album_artist=Several",
        "composer=Nobody",
        "genre=Ambient",
        "date=2001",
        "track=3/12",
        "comment=Said twice",
        "copyright=CC0",
    ] {
        arguments.extend(["-metadata", tag]);
    }
    arguments.extend(options);
    arguments.push(path.to_str().unwrap());
    ffmpeg(&arguments);
    let song = flawless(&path);
    assert!(null_db(&song.channels, &reference(&path)) < -60.0, "{name}");
    song
}

fn assert_tags(song: &Song, name: &str) {
    let text = |text: &str| Some(text.to_owned());
    let tags: &Tags = &song.info.tags;
    assert_eq!(tags.title, text("Тест"), "{name}");
    assert_eq!(tags.artist, text("Someone"), "{name}");
    assert_eq!(tags.album, text("Some songs"), "{name}");
    assert_eq!(tags.genre, text("Ambient"), "{name}");
    assert_eq!(tags.date, text("2001"), "{name}");
    assert_eq!(tags.track, Some(3), "{name}");
}

fn assert_cover(song: &Song, path: &Path, name: &str) {
    let cover = song.info.cover.as_ref().unwrap_or_else(|| panic!("{name} has no cover"));
    assert_eq!(cover.mime, "image/png", "{name}");
    assert_eq!(cover.bytes, bytes(path), "{name}");
}

#[test]
fn tags_and_covers_of_megabytes_are_read() {
    let files = Files::new();
    let cover = picture(&files);
    for (name, options) in [
        ("song.mp3", &["-b:a", "128k"] as &[&str]),
        ("old.mp3", &["-id3v2_version", "3", "-write_id3v1", "1"]),
        ("song.flac", &[]),
        ("song.m4a", &["-c:a", "aac"]),
    ] {
        let song = tagged(&files, name, options);
        assert_tags(&song, name);
        assert_cover(&song, &cover, name);
        assert_eq!(song.info.tags.album_artist.as_deref(), Some("Several"), "{name}");
        assert_eq!(song.info.tags.comment.as_deref(), Some("Said twice"), "{name}");
    }
}

#[test]
fn tags_of_ogg_matroska_wav_and_aiff_are_read() {
    let files = Files::new();
    for (name, options) in [
        ("song.ogg", &["-vn", "-c:a", "libvorbis"] as &[&str]),
        ("song.opus", &["-vn", "-c:a", "libopus"]),
        ("song.wav", &["-vn"]),
    ] {
        assert_tags(&tagged(&files, name, options), name);
    }
    let aiff = tagged(&files, "song.aiff", &["-vn", "-write_id3v2", "1"]);
    assert_eq!(aiff.info.tags.title.as_deref(), Some("Тест"));
    let mka = tagged(&files, "song.mka", &["-vn", "-c:a", "flac"]);
    assert_eq!(mka.info.tags.title.as_deref(), Some("Тест"));
    assert_eq!(mka.info.tags.artist.as_deref(), Some("Someone"));
}

#[test]
fn a_tag_that_lies_about_its_length_hides_no_sound() {
    let files = Files::new();
    let plain = files.encoded("plain.mp3", &["-b:a", "128k", "-id3v2_version", "0"]);
    let tagged = [b"ID3\x03\0\0\x7f\x7f\x7f\x7f".as_slice(), &[0; 20], &bytes(&plain)].concat();
    let song = flawless(&files.written("lies.mp3", &tagged));
    assert_eq!(song.channels, flawless(&plain).channels);
}

#[test]
fn an_ape_tag_at_the_end_is_no_sound() {
    let files = Files::new();
    let plain = files.encoded("plain.mp3", &["-b:a", "128k"]);
    let item = |key: &str, value: &str| {
        let mut item = u32::try_from(value.len()).unwrap().to_le_bytes().to_vec();
        item.extend([0; 4]);
        item.extend(key.as_bytes());
        item.push(0);
        item.extend(value.as_bytes());
        item
    };
    let items = [item("Title", "From APE"), item("Artist", "Someone")].concat();
    let block = |flags: u32| {
        let size = u32::try_from(items.len() + 32).unwrap();
        let numbers: Vec<u8> =
            [2000, size, 2, flags].iter().flat_map(|number: &u32| number.to_le_bytes()).collect();
        [b"APETAGEX".as_slice(), &numbers, &[0; 8]].concat()
    };
    let tagged = [bytes(&plain), block(0xa000_0000), items.clone(), block(0x8000_0000)].concat();
    let song = flawless(&files.written("ape.mp3", &tagged));
    assert_eq!(song.channels, flawless(&plain).channels);
    assert_eq!(song.info.tags.title.as_deref(), Some("From APE"));
}
