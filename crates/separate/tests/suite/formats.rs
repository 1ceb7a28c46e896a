//! Formats and stems.

use crate::support::{
    Audio, RATE, decoded, difference, ended, files, folder, music, probed, report, separate, separated, song,
    sum, write_song,
};

#[test]
fn every_format_holds_the_same_stems_as_long_as_the_song_and_in_line_with_it() {
    let work = folder();
    let at = work.path();
    song(&at.join("song.wav"), 3.0);
    let length = 3 * RATE as usize;
    let stem = |format: &str, extension: &str| -> Audio {
        separated(
            at,
            &["song.wav", "--format", format, "-o", format, "--stems", "drums,mix", "--no-picture"],
        );
        let audio = decoded(&at.join(format!("{format}/song/drums.{extension}")));
        assert_eq!(audio[0].len(), length, "{format}");
        audio
    };
    let exact = stem("wav", "wav");
    let mix = decoded(&at.join("wav/song/mix.wav"));
    assert!(difference(&mix, &decoded(&at.join("song.wav"))) < 1e-5, "at 0 dB the mix is the song, in place");
    for (format, extension, bits) in
        [("wav16", "wav", 16), ("wav24", "wav", 24), ("flac16", "flac", 16), ("flac24", "flac", 24)]
    {
        let error = difference(&exact, &stem(format, extension));
        assert!(error <= 0.51 * 2f32.powi(1 - bits) + 1e-7, "{format}: {error:e}");
        let stream = &probed(&at.join(format!("{format}/song/drums.{extension}")))["streams"][0];
        let found = stream["bits_per_raw_sample"].as_str().and_then(|bits| bits.parse().ok());
        let found = found.or(stream["bits_per_sample"].as_i64()).unwrap();
        assert_eq!(found, i64::from(bits), "{format}");
    }

    // A lossy encoder changes samples, but shifts nothing.
    let mp3 = stem("mp3", "mp3");
    let error_at = |shift: isize| -> f64 {
        (5000..length - 5000)
            .map(|n| f64::from(exact[0][n] - mp3[0][n.saturating_add_signed(shift)]).powi(2))
            .sum()
    };
    let best = (-600..=600).min_by(|one, other| error_at(*one).total_cmp(&error_at(*other)));
    assert_eq!(best, Some(0), "the delay of the MP3 file in samples");
    let energy: f64 = exact[0].iter().map(|sample| f64::from(*sample).powi(2)).sum();
    let error_db = 10.0 * (error_at(0) / energy).log10();
    assert!(error_db < -8.0, "{error_db:.1} dB");
}

#[test]
fn two_stems_are_any_stem_and_the_sum_of_the_others() {
    let work = folder();
    let at = work.path();
    song(&at.join("song.wav"), 2.0);
    separated(at, &["song.wav", "-o", "four"]);
    separated(at, &["song.wav", "-o", "two", "--two-stems", "drums"]);
    separated(at, &["--two-stems", "song.wav", "-o", "voice"]);
    let stem = |name: &str| decoded(&at.join(format!("{name}.wav")));
    let [vocals, bass, other] = ["vocals", "bass", "other"].map(|name| stem(&format!("four/song/{name}")));
    assert!(difference(&sum(&[&vocals, &bass, &other]), &stem("two/song/no_drums")) < 1e-6);
    assert_eq!(stem("two/song/drums"), stem("four/song/drums"));
    let song = decoded(&at.join("song.wav"));
    assert!(difference(&sum(&[&stem("voice/song/vocals"), &stem("voice/song/instrumental")]), &song) < 1e-5);
    let names = ["drums.wav", "mix.wav", "no_drums.wav", "report.json", "spectrograms.png"];
    assert_eq!(files(&at.join("two/song")), names);
}

#[test]
fn only_the_stems_that_were_asked_for_are_written() {
    let work = folder();
    let at = work.path();
    song(&at.join("song.wav"), 1.0);
    separated(at, &["song.wav", "--stems", "vocals,drums", "--no-picture"]);
    assert_eq!(files(&at.join("separated/song")), ["drums.wav", "report.json", "vocals.wav"]);
}

#[test]
fn normalizing_puts_the_loudest_sample_of_all_files_at_minus_one_db() {
    let work = folder();
    let at = work.path();
    song(&at.join("song.wav"), 2.0);
    separated(at, &["song.wav", "-o", "plain"]);
    separated(at, &["song.wav", "-o", "loud", "--normalize"]);
    let gain = 10f64.powf(report(&at.join("loud/song"))["normalize_gain_db"].as_f64().unwrap() / 20.0) as f32;
    let mut loudest = 0.0f32;
    for name in ["vocals", "drums", "bass", "other", "mix"] {
        let [before, after] =
            ["plain", "loud"].map(|out| decoded(&at.join(format!("{out}/song/{name}.wav"))));
        let scaled = before.map(|channel| channel.iter().map(|sample| sample * gain).collect::<Vec<_>>());
        assert!(difference(&scaled, &after) < 1e-5, "{name} has the common gain");
        loudest = after.iter().flatten().fold(loudest, |peak, sample| peak.max(sample.abs()));
    }
    assert!((loudest - 0.891_251).abs() < 1e-5, "{loudest}");
}

#[test]
fn pairs_that_a_format_cannot_hold_are_refused_before_the_first_sample() {
    let work = folder();
    let at = work.path();
    write_song(&at.join("high.wav"), &music(96_000, 1.0), 96_000);
    let refused = ended(separate(at, &["high.wav", "--format", "mp3", "--rate", "96000"]));
    assert_eq!(refused.exit, Some(2));
    assert!(refused.err.contains("MP3 files take") && refused.err.lines().count() == 1, "{}", refused.err);
    let refused = ended(separate(at, &["high.wav", "--bitrate", "128"]));
    assert!(refused.exit == Some(2) && refused.err.contains("--format mp3"), "{}", refused.err);
    // Known only once the song is open.
    let refused = ended(separate(at, &["high.wav", "--format", "mp3"]));
    assert_eq!(refused.exit, Some(1));
    assert!(refused.err.contains("high.wav") && refused.err.contains("--rate 44100"), "{}", refused.err);
    assert_eq!(files(at), ["high.wav"], "nothing was written");
    let small = separated(at, &["high.wav", "--format", "mp3", "--rate", "44100", "--bitrate", "128"]);
    assert!(small.out.contains("vocals.mp3"), "{}", small.out);
}
