//! More channels than two.

use std::path::Path;

use unbraid_song::Warning;

use crate::support::{Files, Stereo, assert_null, reference_with, refusal, song};

/// Six different channels from the clip: each one its own mix of both sides.
const SIX: &str = "pan=5.1|c0=c0|c1=c1|c2=0.5*c0+0.3*c1|c3=0.9*c0|c4=0.2*c0-0.6*c1|c5=0.7*c1-0.1*c0";

/// What ITU-R BS.775 makes of 5.1, mixed by ffmpeg.
fn standard(path: &Path) -> Stereo {
    let gains = "pan=stereo|FL=FL+0.70710678*FC+0.70710678*BL|FR=FR+0.70710678*FC+0.70710678*BR";
    reference_with(path, &["-af", gains])
}

#[test]
fn surround_is_mixed_down_by_the_standards_gains_and_said() {
    let files = Files::new();
    for (name, codec) in
        [("song.wav", "pcm_s16le"), ("song.flac", "flac"), ("alac.m4a", "alac"), ("song.opus", "libopus")]
    {
        let mut options = vec!["-af", SIX, "-c:a", codec];
        if codec == "libopus" {
            options.extend(["-mapping_family", "1", "-b:a", "400k"]);
        }
        let path = files.encoded(name, &options);
        let song = song(&path);
        let layout = "5.1".to_owned();
        assert_eq!(song.warnings, [Warning::MixedDown { channels: 6, layout }], "{name}");
        assert_eq!(song.info.channels, 6);
        assert_null(&song, &standard(&path), -60.0, name);
    }
}

#[test]
fn quadrophony_without_a_layout_keeps_all_four_channels() {
    let files = Files::new();
    let four = "pan=4c|c0=c0|c1=c1|c2=0.5*c0+0.3*c1|c3=0.9*c0";
    let path = files.encoded("quad.wav", &["-af", four, "-c:a", "pcm_s16le"]);
    let mut wav = crate::support::bytes(&path);
    assert_eq!(wav[40..44], [7, 1, 0, 0], "the mask of ffmpeg's own layout");
    wav[40..44].fill(0);
    let song = song(&files.written("bare.wav", &wav));
    let gains = "pan=stereo|c0=c0+0.70710678*c2|c1=c1+0.70710678*c3";
    assert_null(&song, &reference_with(&path, &["-af", gains]), -75.0, "quadrophony");
    assert_eq!(song.warnings, [Warning::MixedDown { channels: 4, layout: "4.0".to_owned() }]);
}

#[test]
fn mono_is_played_on_both_sides_at_its_own_level() {
    let files = Files::new();
    let path = files.encoded("mono.wav", &["-ac", "1"]);
    let song = crate::support::flawless(&path);
    assert_eq!((song.info.channels, song.info.layout.as_str()), (1, "mono"));
    assert_eq!(song.channels[0], song.channels[1]);
    let reference = reference_with(&path, &["-af", "pan=stereo|c0=c0|c1=c0"]);
    assert_eq!(song.channels, reference);
}

#[test]
fn more_channels_than_any_layout_has_are_refused() {
    let files = Files::new();
    let path = files.encoded("many.wav", &["-af", "pan=16c|c0=c0|c15=c1", "-c:a", "pcm_s16le"]);
    assert_eq!(refusal(&path), "song has 16 channels: mix it down to stereo first");
}
