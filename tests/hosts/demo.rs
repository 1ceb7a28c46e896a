//! The plug-in separates as the training code does: the bundled clip against the training code's own streamed result.

use safetensors::{Dtype, SafeTensors};
use unbraid_testkit::seconds_of;
use unbraid_tests::{Audio, MODES, RATE, active_host_in, clip, energy, play, repository_file};

/// The stems that the training code got from the clip's beginning: `stems`, i16 `[4, 2, T]`, full scale 32768.
fn expected(mode: &str) -> Vec<Audio> {
    let file = format!("models/{}.demo.safetensors", mode.to_lowercase());
    let bytes = std::fs::read(repository_file(&file)).expect("the file can be read");
    let tensors = SafeTensors::deserialize(&bytes).expect("it is a safetensors file");
    let stems = tensors.tensor("stems").expect("it has `stems`");
    assert_eq!((stems.dtype(), &stems.shape()[..2]), (Dtype::I16, &[4, 2][..]));
    let length = stems.shape()[2];
    let samples: Vec<f32> = stems
        .data()
        .chunks_exact(2)
        .map(|bytes| f32::from(i16::from_le_bytes([bytes[0], bytes[1]])) / 32_768.0)
        .collect();
    samples
        .chunks_exact(2 * length)
        .map(|stem| stem.chunks_exact(length).map(<[f32]>::to_vec).collect())
        .collect()
}

#[test]
fn the_stems_of_the_clip_are_the_training_codes() {
    MODES.into_iter().for_each(separates_as_the_training_code);
}

fn separates_as_the_training_code(mode: &str) {
    let expected = expected(mode);
    let length = expected[0][0].len();
    assert!(length >= 5 * RATE as usize, "a few seconds of music, not {length} samples");
    let song = clip(seconds_of(length, f64::from(RATE)));
    let mut host = active_host_in(mode, RATE, 512);
    let latency = host.latency();
    let played = play(&mut host, &song, 512);
    for ((name, expected), stem) in
        ["vocals", "drums", "bass", "other"].iter().zip(&expected).zip(&played.ports[1..])
    {
        let error: Audio = stem
            .iter()
            .zip(expected)
            .map(|(got, wanted)| {
                got[latency..].iter().zip(wanted).map(|(got, wanted)| got - wanted).collect()
            })
            .collect();
        let decibels = 10.0 * (energy(&error) / energy(&song)).log10();
        assert!(decibels < -60.0, "{mode}: {name} differs by {decibels:.1} dB of the song");
    }
}
