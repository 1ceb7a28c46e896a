//! Written files come back as they were.

use std::path::{Path, PathBuf};

use unbraid_song::{Cover, Info, Song, Tags};

use super::encoder::quantized;

use super::*;

/// The first seconds of the bundled clip: real music, both channels different.
fn music(seconds: usize) -> [Vec<f32>; 2] {
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clips/francium.flac");
    unbraid_song::read(&clip).unwrap().channels.map(|channel| channel[..seconds * 44_100].to_vec())
}

/// Numbers that look like noise, −1…1.
fn noise(length: usize) -> Vec<f32> {
    (0..length as u32).map(|n| (n.wrapping_mul(2_654_435_761) as f32 / 2f32.powi(31)) - 1.0).collect()
}

fn settings(format: Format, rate: u32) -> Settings<'static> {
    Settings { format, rate, bitrate: None, expected: None, tags: None }
}

/// Writes in pieces of odd lengths.
fn write(path: &Path, audio: &[Vec<f32>; 2], settings: &Settings<'_>) {
    let mut file = create(path, settings).unwrap();
    for (left, right) in audio[0].chunks(777).zip(audio[1].chunks(777)) {
        file.write([left, right]).unwrap();
    }
    file.finish().unwrap();
}

fn written(audio: &[Vec<f32>; 2], settings: &Settings<'_>) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("clip.{}", settings.format.extension()));
    write(&path, audio, settings);
    (folder, path)
}

fn there_and_back(audio: &[Vec<f32>; 2], settings: &Settings<'_>) -> Song {
    let (_folder, path) = written(audio, settings);
    unbraid_song::read(&path).unwrap()
}

fn largest_difference(one: &[Vec<f32>; 2], other: &[Vec<f32>; 2]) -> f32 {
    assert_eq!(one[0].len(), other[0].len());
    let pairs = one.iter().flatten().zip(other.iter().flatten());
    pairs.fold(0.0, |largest, (a, b)| largest.max((a - b).abs()))
}

#[test]
fn float_wav_keeps_every_bit_and_what_exceeds_full_scale() {
    let mut audio = music(1);
    audio[0][5] = 3.5;
    let song = there_and_back(&audio, &settings(Format::Wav, 44_100));
    assert!((song.rate, song.channels) == (44_100, audio));
}

#[test]
fn integers_keep_what_has_as_many_bits_and_round_what_has_more() {
    let clip = music(1);
    let fine = [noise(50_001), noise(50_001).iter().map(|sample| sample * 0.3).collect()];
    for (format, bits) in
        [(Format::Wav16, 16), (Format::Wav24, 24), (Format::Flac16, 16), (Format::Flac24, 24)]
    {
        // The clip itself has 16 bits, so nothing at all is lost.
        assert!(there_and_back(&clip, &settings(format, 44_100)).channels == clip, "{format:?}");
        let back = there_and_back(&fine, &settings(format, 44_100)).channels;
        let step = 2f32.powi(1 - bits);
        let error = largest_difference(&fine, &back);
        assert!(error <= 0.51 * step && error > 0.0, "{format:?}: {error:e}");
    }
}

#[test]
fn full_scale_is_the_end_of_integer_formats() {
    assert_eq!(quantized(1.5, 24), (1 << 23) - 1);
    assert_eq!(quantized(-1.5, 16), -(1 << 15));
    assert_eq!(quantized(0.5, 16), 1 << 14);
}

#[test]
fn every_rate_that_a_format_takes_is_read_back() {
    let audio = [noise(5000), noise(5000)];
    for (format, rate) in [
        (Format::Wav, 768_000),
        (Format::Wav16, 4000),
        (Format::Flac24, 655_340),
        (Format::Flac24, 384_000),
        (Format::Flac16, 8000),
        (Format::Flac16, 12_345),
    ] {
        let (_folder, path) = written(&audio, &settings(format, rate));
        let song = unbraid_song::Reader::open(path.as_path(), &unbraid_song::ReadOptions::default()).unwrap();
        assert_eq!(song.info().rate, rate, "{format:?}");
        assert_eq!(song.info().frames, Some(5000), "{format:?} {rate}");
    }
}

#[test]
fn a_file_that_is_known_to_be_short_is_the_plainest() {
    let short = Settings { expected: Some(10), ..settings(Format::Wav16, 44_100) };
    let (_folder, path) = written(&[vec![0.5; 10], vec![0.5; 10]], &short);
    assert_eq!(path.metadata().unwrap().len(), 44 + 40);
}

/// Level of what is left when the music is taken from its copy, in dB below the music.
fn error_db(music: &[Vec<f32>; 2], copy: &[Vec<f32>; 2], delay: isize) -> f64 {
    let (mut energy, mut error) = (0.0f64, 0.0f64);
    for (channel, copy) in music.iter().zip(copy) {
        for sample in 20_000..60_000usize {
            let wanted = f64::from(channel[sample]);
            energy += wanted * wanted;
            error += (wanted - f64::from(copy[sample.saturating_add_signed(delay)])).powi(2);
        }
    }
    10.0 * (error / energy).log10()
}

#[test]
fn mp3_is_close_to_the_music_as_long_and_in_line_with_it() {
    let audio = music(2);
    let song = there_and_back(&audio, &settings(Format::Mp3, 44_100));
    assert_eq!((song.rate, song.len()), (44_100, audio[0].len()));
    let best = (-1200..1200).min_by(|one, other| {
        error_db(&audio, &song.channels, *one).total_cmp(&error_db(&audio, &song.channels, *other))
    });
    assert_eq!(best, Some(0), "the delay in samples");
    let error = error_db(&audio, &song.channels, 0);
    assert!(error < -15.0, "{error:.1} dB");
}

#[test]
fn mp3_follows_its_rates() {
    let audio = music(2);
    let size = |rate, bitrate| {
        let settings = Settings { bitrate: Some(bitrate), ..settings(Format::Mp3, rate) };
        let (_folder, path) = written(&audio, &settings);
        let song = unbraid_song::read(&path).unwrap();
        assert_eq!((song.rate.min(rate), song.info.rate), (rate, rate));
        assert_eq!(song.info.frames, Some(audio[0].len() as u64), "{rate} {bitrate}");
        path.metadata().unwrap().len()
    };
    for (rate, bitrate) in [(44_100, 320), (48_000, 128), (32_000, 32), (22_050, 160), (24_000, 8)] {
        let seconds = audio[0].len() as f64 / f64::from(rate);
        let wanted = seconds * 125.0 * f64::from(bitrate);
        let found = size(rate, bitrate) as f64;
        assert!((wanted..wanted + 6000.0).contains(&found), "{rate} {bitrate}: {found} of {wanted}");
    }
}

fn tagged() -> Info {
    let mut cover = b"\x89PNG\r\n\x1a\n".to_vec();
    cover.extend(noise(300_000).iter().map(|sample| (sample * 100.0) as u8));
    Info {
        tags: Tags {
            title: Some("Ein schöner Titel".to_owned()),
            artist: Some("Künstler".to_owned()),
            album: Some("Album".to_owned()),
            album_artist: Some("Alle".to_owned()),
            genre: Some("Pop".to_owned()),
            date: Some("2024-05-06".to_owned()),
            track: Some(3),
            track_total: Some(12),
            comment: Some("odd".to_owned()),
            ..Tags::default()
        },
        cover: Some(Cover { mime: "image/png".to_owned(), bytes: cover }),
        ..Info::default()
    }
}

#[test]
fn tags_and_cover_come_along_in_flac_and_mp3() {
    let (audio, source) = (music(1), tagged());
    for format in [Format::Flac16, Format::Flac24, Format::Mp3] {
        let settings = Settings { tags: Some(&source), ..settings(format, 44_100) };
        let song = there_and_back(&audio, &settings);
        assert_eq!(song.info.tags, source.tags, "{format:?}");
        assert!(song.info.cover == source.cover, "{format:?}: {:?}", song.info.cover);
        assert_eq!(song.len(), audio[0].len(), "{format:?}");
    }
}

#[test]
fn tags_and_cover_come_along_in_wav() {
    use id3::TagLike;
    let (audio, source) = (music(1), tagged());
    let settings = Settings { tags: Some(&source), ..settings(Format::Wav24, 44_100) };
    let (_folder, path) = written(&audio, &settings);
    assert!(unbraid_song::read(&path).unwrap().channels == audio);
    let tag = id3::Tag::read_from_path(&path).unwrap();
    assert_eq!(tag.title(), source.tags.title.as_deref());
    assert_eq!((tag.artist(), tag.track(), tag.total_tracks()), (Some("Künstler"), Some(3), Some(12)));
    // The plain list that every reader knows.
    let bytes = std::fs::read(&path).unwrap();
    assert!(memchr::memmem::find(&bytes, &source.cover.unwrap().bytes).is_some(), "the cover");
    let title = "INAM\u{13}\0\0\0Ein schöner Titel\0".as_bytes();
    assert!(bytes.windows(title.len()).any(|place| place == title));
}
