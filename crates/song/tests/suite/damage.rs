//! Damaged files: what is lost keeps its place, and is said.

use unbraid_song::{Song, Warning};

use crate::support::{Files, Random, Stereo, bytes, flawless, null_db, song};

/// What is said of damage, and nothing else is said.
fn damage(song: &Song) -> (usize, f64, f64, f64) {
    let [Warning::Damaged { count, seconds, first }] = song.warnings.as_slice() else {
        panic!("{:?}", song.warnings)
    };
    (*count, *seconds, first[0].start, first[0].length)
}

/// A part of a song.
fn part(audio: &Stereo, range: std::ops::Range<usize>) -> Stereo {
    std::array::from_fn(|side| audio[side][range.clone()].to_vec())
}

fn silent(audio: &Stereo) -> bool {
    audio.iter().flatten().all(|&sample| sample == 0.0)
}

/// Flips some bytes in the middle.
fn hurt(bytes: &[u8], at: usize, count: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for byte in &mut bytes[at..at + count] {
        *byte ^= 0x5a;
    }
    bytes
}

#[test]
fn a_damaged_flac_is_silent_for_the_damaged_frame_and_in_place_behind_it() {
    let files = Files::new();
    let path = files.encoded("song.flac", &["-frame_size", "4608"]);
    let (whole, encoded) = (flawless(&path), bytes(&path));
    let song = song(&files.written("hurt.flac", &hurt(&encoded, encoded.len() / 2, 5)));
    assert_eq!(song.len(), whole.len());
    let (count, seconds, start, length) = damage(&song);
    assert_eq!(count, 1);
    assert_eq!((length * 44_100.0).round(), 4608.0, "one frame");
    assert!((seconds - length).abs() < 1e-9);
    let from = crate::support::index((start * 44_100.0).round());
    assert!(silent(&part(&song.channels, from..from + 4608)));
    for range in [0..from, from + 4608..song.len()] {
        assert_eq!(part(&song.channels, range.clone()), part(&whole.channels, range));
    }
}

#[test]
fn a_damaged_last_frame_of_a_flac_leaves_the_length() {
    let files = Files::new();
    let path = files.encoded("song.flac", &["-frame_size", "4608"]);
    let (whole, encoded) = (flawless(&path), bytes(&path));
    let song = song(&files.written("hurt.flac", &hurt(&encoded, encoded.len() - 100, 5)));
    assert_eq!(song.len(), whole.len());
    assert_eq!(damage(&song).0, 1);
}

#[test]
fn a_flac_that_breaks_off_is_read_as_far_as_it_goes() {
    let files = Files::new();
    let path = files.encoded("song.flac", &[]);
    let (whole, encoded) = (flawless(&path), bytes(&path));
    let song = song(&files.written("cut.flac", &encoded[..encoded.len() / 2]));
    let [Warning::BreaksOff { at, missing: Some(missing) }] = song.warnings.as_slice() else {
        panic!("{:?}", song.warnings)
    };
    assert!((at + missing - 3.0).abs() < 1e-6);
    assert_eq!(song.channels[0], whole.channels[0][..song.len()]);
}

/// First bytes of the frames of an MP3 of constant rate.
fn frames(mp3: &[u8]) -> Vec<usize> {
    let mut places: Vec<usize> = Vec::new();
    let mut at = mp3.windows(2).position(|pair| pair == [0xff, 0xfb]).unwrap();
    while at + 4 < mp3.len() && mp3[at..at + 2] == [0xff, 0xfb] {
        places.push(at);
        let padding = usize::from(mp3[at + 2] >> 1 & 1);
        at += 144 * 192_000 / 44_100 + padding;
    }
    places
}

#[test]
fn an_mp3_that_lost_the_header_of_a_frame_is_silent_there_and_in_place_behind_it() {
    let files = Files::new();
    let path = files.encoded("song.mp3", &["-b:a", "192k"]);
    let (whole, encoded) = (flawless(&path), bytes(&path));
    let places = frames(&encoded);
    assert!(places.len() > 110);
    let song = song(&files.written("hurt.mp3", &hurt(&encoded, places[50], 4)));
    assert_eq!(song.len(), whole.len());
    let (count, seconds, start, _) = damage(&song);
    assert_eq!(count, 1);
    // The frame, and those behind it that lean on its bytes.
    assert!((0.026..0.11).contains(&seconds), "{seconds}");
    let frame = 49.0 * 1152.0 - 1105.0;
    assert!((start * 44_100.0 - frame).abs() < 1.0, "{}", start * 44_100.0);
    assert_eq!(part(&song.channels, 0..50_000), part(&whole.channels, 0..50_000));
    let behind = 65_000..song.len();
    let null = null_db(&part(&song.channels, behind.clone()), &part(&whole.channels, behind));
    assert!(null < -100.0, "{null}");
}

#[test]
fn an_mp3_that_lost_whole_frames_keeps_its_length() {
    let files = Files::new();
    let path = files.encoded("song.mp3", &["-b:a", "192k"]);
    let (whole, mut encoded) = (flawless(&path), bytes(&path));
    let places = frames(&encoded);
    encoded[places[40]..places[60]].fill(0);
    let song = song(&files.written("hurt.mp3", &encoded));
    assert_eq!(song.len(), whole.len());
    let (count, seconds, _, _) = damage(&song);
    assert_eq!(count, 1);
    assert!((20.0 * 1152.0 / 44_100.0 - 0.001..0.62).contains(&seconds), "{seconds}");
    let behind = 75_000..song.len();
    let null = null_db(&part(&song.channels, behind.clone()), &part(&whole.channels, behind));
    assert!(null < -100.0, "{null}");
}

#[test]
fn no_damage_of_an_mp3_makes_it_louder_than_music() {
    let files = Files::new();
    let path = files.encoded("song.mp3", &["-b:a", "192k"]);
    let (whole, encoded) = (flawless(&path), bytes(&path));
    let mut random = Random::new(1);
    for _ in 0..40 {
        let mut hurt = encoded.clone();
        for _ in 0..30 {
            let place = 2000 + random.below(hurt.len() - 2000);
            hurt[place] ^= random.byte();
        }
        let song = song(&files.written("hurt.mp3", &hurt));
        assert_eq!(song.len(), whole.len(), "{:?}", song.warnings);
        let peak = song.channels.iter().flatten().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
        assert!(peak < 4.0, "{peak}");
    }
}

#[test]
fn a_damaged_aac_keeps_its_length_and_its_place() {
    let files = Files::new();
    let path = files.encoded("song.m4a", &["-c:a", "aac", "-b:a", "160k", "-aac_pns", "0"]);
    let (whole, encoded) = (flawless(&path), bytes(&path));
    let mdat = encoded.windows(4).position(|kind| kind == b"mdat").unwrap();
    let song = song(&files.written("hurt.m4a", &hurt(&encoded, mdat + 25_000, 300)));
    assert_eq!(song.len(), whole.len());
    let peak = song.channels.iter().flatten().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
    assert!(peak < 4.0, "{peak}");
    let behind = 80_000..song.len();
    let null = null_db(&part(&song.channels, behind.clone()), &part(&whole.channels, behind));
    assert!(null < -100.0, "{null}");
}

#[test]
fn an_ogg_that_lost_a_page_is_silent_there_and_in_place_behind_it() {
    for codec in ["libvorbis", "libopus", "flac"] {
        let files = Files::new();
        let path = files.encoded("song.ogg", &["-c:a", codec, "-page_duration", "200000"]);
        let (whole, encoded) = (flawless(&path), bytes(&path));
        let pages: Vec<usize> =
            (0..encoded.len()).filter(|&at| encoded[at..].starts_with(b"OggS\0")).collect();
        let middle = pages.len() / 2;
        let lost = [&encoded[..pages[middle]], &encoded[pages[middle + 1]..]].concat();
        let song = song(&files.written("lost.ogg", &lost));
        assert_eq!(song.len(), whole.len(), "{codec}");
        let (count, seconds, start, length) = damage(&song);
        assert_eq!(count, 1, "{codec}");
        assert!((0.1..0.4).contains(&seconds), "{codec}: {seconds}");
        let rate = f64::from(song.rate);
        let from = crate::support::index(start * rate);
        let to = crate::support::index((start + length) * rate) + 1;
        assert!(null_db(&part(&song.channels, 0..from), &part(&whole.channels, 0..from)) < -90.0, "{codec}");
        let behind = to + 12_000..song.len();
        let null = null_db(&part(&song.channels, behind.clone()), &part(&whole.channels, behind));
        assert!(null < -60.0, "{codec}: {null}");
    }
}

#[test]
fn an_aac_stream_that_lost_the_header_of_a_frame_is_silent_there_and_in_place_behind_it() {
    let files = Files::new();
    let path = files.encoded("song.aac", &["-c:a", "aac", "-aac_pns", "0"]);
    let (whole, mut encoded) = (flawless(&path), bytes(&path));
    let mut at = 0;
    for _ in 0..60 {
        at += (usize::from(encoded[at + 3] & 3) << 11)
            | (usize::from(encoded[at + 4]) << 3)
            | usize::from(encoded[at + 5] >> 5);
    }
    // A length below that of the header.
    encoded[at + 3] &= 0xfc;
    encoded[at + 4] = 0;
    let song = song(&files.written("hurt.aac", &encoded));
    assert_eq!(song.len(), whole.len());
    assert_eq!(damage(&song).0, 1);
    let behind = 70_000..song.len();
    let null = null_db(&part(&song.channels, behind.clone()), &part(&whole.channels, behind));
    assert!(null < -100.0, "{null}");
}

#[test]
fn no_damage_of_any_file_stops_more_than_its_reading() {
    let files = Files::new();
    let mut random = Random::new(7);
    for (name, options) in [
        ("song.wav", &["-c:a", "adpcm_ms"] as &[&str]),
        ("song.flac", &[]),
        ("song.mp3", &[]),
        ("song.mp2", &["-c:a", "mp2"]),
        ("song.m4a", &["-c:a", "aac"]),
        ("alac.m4a", &["-c:a", "alac"]),
        ("song.aac", &["-c:a", "aac"]),
        ("song.aiff", &[]),
        ("song.caf", &["-c:a", "alac"]),
        ("song.ogg", &["-c:a", "libvorbis"]),
        ("song.opus", &["-c:a", "libopus"]),
        ("song.mka", &["-c:a", "libvorbis"]),
    ] {
        let encoded = bytes(&files.encoded(name, options));
        for round in 0..12 {
            let mut hurt = encoded.clone();
            // Every other time the header is spared.
            let spared = if round % 2 == 0 { 0 } else { 4096 };
            for _ in 0..20 {
                let place = spared + random.below(hurt.len() - spared);
                hurt[place] = random.byte();
            }
            if round % 3 == 0 {
                hurt.truncate(hurt.len() / 2);
            }
            let path = files.written(&format!("hurt-{name}"), &hurt);
            if let Ok(song) = unbraid_song::read(&path) {
                assert!(
                    song.channels.iter().flatten().all(|sample| sample.is_finite()),
                    "{name}, round {round}"
                );
                assert_eq!(song.channels[0].len(), song.channels[1].len());
            }
        }
    }
}
