//! Where songs come from, and what is no song.

use std::io::Cursor;
use std::process::Command;

use unbraid_song::{ErrorKind, Input, ReadOptions, Reader, read_with};

use crate::support::{Files, bytes, clip, drained, flawless, refusal};

#[test]
fn a_stream_without_a_place_to_go_back_to_is_read_like_a_file() {
    let files = Files::new();
    // MP4 keeps what is needed first at its end.
    for (name, options) in [
        ("song.m4a", &["-c:a", "aac"] as &[&str]),
        ("song.mp3", &[]),
        ("song.flac", &[]),
        ("song.wav", &[]),
        ("song.ogg", &["-c:a", "libvorbis"]),
    ] {
        let path = files.encoded(name, options);
        let input = Input::Stream { name: "stream".into(), bytes: Box::new(Cursor::new(bytes(&path))) };
        let (audio, warnings) = drained(Reader::open(input, &ReadOptions::default()).unwrap());
        assert_eq!(audio, flawless(&path).channels, "{name}");
        assert!(warnings.is_empty(), "{name}: {warnings:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_read_like_a_file() {
    let files = Files::new();
    let (path, pipe) = (files.encoded("song.m4a", &["-c:a", "alac"]), files.path("pipe"));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (source, target) = (path.clone(), pipe.clone());
    let writer = std::thread::spawn(move || std::fs::write(target, std::fs::read(source).unwrap()).unwrap());
    assert_eq!(read_with(pipe, &ReadOptions::default()).unwrap().channels, flawless(&path).channels);
    writer.join().unwrap();
}

#[test]
fn what_is_no_song_is_refused_with_one_line_that_names_it_and_the_remedy() {
    let files = Files::new();
    let kinds = "WAV, FLAC, MP3, MP2, AAC, ALAC, AIFF, CAF, Ogg, Matroska or WebM audio";
    assert_eq!(refusal(&files.path("nothing.wav")), "song does not exist: check the path");
    assert_eq!(refusal(&files.path(".")), "song is a folder: name a song");
    let empty = files.written("empty.flac", b"");
    assert_eq!(refusal(&empty), "song is empty (0 bytes): copy it again from where it came from");
    let text = files.written("text.mp3", b"This is a letter, not a song.\n".repeat(2000).as_slice());
    let garbage: Vec<u8> =
        (0..200_000u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect();
    let picture = files.path("picture.mp3");
    crate::support::ffmpeg(&[
        "-f",
        "lavfi",
        "-i",
        "testsrc=s=320x240",
        "-frames:v",
        "1",
        "-f",
        "image2",
        picture.to_str().unwrap(),
    ]);
    for path in [text, files.written("garbage.wav", &garbage), picture, files.written("short.mp3", b"ID3")] {
        let refusal = refusal(&path);
        assert!(refusal.starts_with(&format!("song is no {kinds} (")), "{refusal}");
        assert!(refusal.ends_with("): convert it to FLAC or WAV"), "{refusal}");
        assert!(!refusal.contains('\n'), "{refusal}");
    }
}

#[test]
fn known_files_without_sound_are_refused() {
    let files = Files::new();
    let head = bytes(&files.encoded("song.wav", &["-fflags", "+bitexact", "-flags", "+bitexact"]));
    let head = files.written("head.wav", &head[..44]);
    assert_eq!(refusal(&head), "song holds no sound: nothing in it could be decoded");
}

#[test]
fn codecs_that_are_not_read_are_named() {
    let files = Files::new();
    let ac3 = files.encoded("song.mka", &["-c:a", "ac3"]);
    assert_eq!(refusal(&ac3), "song holds AC-3, which is not read here: convert it to FLAC or WAV");
    let gsm = files.encoded("gsm.wav", &["-c:a", "adpcm_swf", "-ac", "1", "-ar", "22050"]);
    assert_eq!(
        refusal(&gsm),
        "song holds WAV of the kind 0x5346, which is not read here: convert it to FLAC or WAV"
    );
    let six = files.encoded("song.m4a", &["-c:a", "aac", "-ac", "6"]);
    assert_eq!(
        refusal(&six),
        "song holds AAC with 6 channels, which is not read here: convert it to FLAC or WAV"
    );
    let six = files.encoded("song.ogg", &["-c:a", "libvorbis", "-ac", "6"]);
    assert_eq!(
        refusal(&six),
        "song holds Vorbis with 6 channels, which is not read here: convert it to FLAC or WAV"
    );
    let video = files.path("video.mp4");
    let clip = clip();
    let arguments = ["-f", "lavfi", "-i", "testsrc=s=64x64:d=1", "-t", "1", "-i", clip.to_str().unwrap()];
    let arguments: Vec<&str> =
        arguments.into_iter().chain(["-c:v", "mpeg4", "-c:a", "aac", video.to_str().unwrap()]).collect();
    crate::support::ffmpeg(&arguments);
    assert_eq!(flawless(&video).info.codec, "AAC", "the sound of a film is read");
}

#[test]
fn errors_tell_programs_what_is_wrong() {
    let files = Files::new();
    let error = read_with(files.path("nothing.wav"), &ReadOptions::default()).unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Missing));
    assert!(error.to_string().contains("nothing.wav does not exist"));
}
