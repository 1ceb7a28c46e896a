//! Saved states: of 0.1.0, damaged, of newer versions, random.

use proptest::prelude::*;

use super::hostile::{RATE, assert_sound_stays};
use super::hosts::*;

/// A state as 0.1.0 saved it: JSON, in CLAP behind its length.
const VERSION_0_1_0: &str = concat!(
    r#"{"version":"0.1.0","params":{"bass_level":{"f32":-90.0},"bass_mute":{"bool":false},"#,
    r#""bass_solo":{"bool":false},"bypass":{"bool":true},"drums_level":{"f32":3.25},"drums_mute":{"bool":true},"#,
    r#""drums_solo":{"bool":false},"focus":{"f32":0.625},"mode":{"string":"live"},"other_level":{"f32":-12.0},"#,
    r#""other_mute":{"bool":false},"other_solo":{"bool":true},"output_gain":{"f32":-1.5},"#,
    r#""stem_tap":{"string":"post"},"vocals_level":{"f32":0.0},"vocals_mute":{"bool":false},"#,
    r#""vocals_solo":{"bool":true}},"fields":{"networks":"{\"studio\":\"/songs/own.onnx\",\"live\":null}","#,
    r#""window":"{\"width\":1440.0,\"height\":900.0,\"scale\":1.5}"}}"#
);

/// The state in the frame of a format: the framework puts the length before it in CLAP.
fn framed<H: Host>(text: &str) -> Vec<u8> {
    if H::FORMAT == "CLAP" {
        [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat()
    } else {
        text.as_bytes().to_vec()
    }
}

fn a_state_of_0_1_0_loads<H: Host>() {
    let mut host = H::new();
    host.set("drums_sensitivity", 0.9);
    assert!(host.load(&framed::<H>(VERSION_0_1_0)), "{}", H::FORMAT);
    let values = [
        ("bass_level", 0.0),
        ("bypass", 1.0),
        ("drums_mute", 1.0),
        ("drums_sensitivity", 0.5),
        ("focus", 0.625),
        ("mode", 0.0),
        ("other_solo", 1.0),
        ("output_gain", 22.5 / 36.0),
        ("stem_tap", 1.0),
        ("vocals_level", H::new().value("vocals_level")),
    ];
    for (id, value) in values {
        assert!((host.value(id) - value).abs() < 1e-6, "{}: {id} is {}", H::FORMAT, host.value(id));
    }
    // Saved again, nothing is lost, the networks' files and the window's size included.
    let saved = String::from_utf8_lossy(&host.save()).into_owned();
    let content = saved.replace(env!("CARGO_PKG_VERSION"), "0.1.0");
    // Younger than 0.1.0.
    let stems = ["vocals", "drums", "bass", "other"];
    let sensitivity = stems.map(|stem| format!(r#""{stem}_sensitivity":{{"f32":0.0}},"#));
    let younger =
        sensitivity.into_iter().chain([r#""recordings":"null","spectrogram":"\"out\"","#.to_owned()]);
    let content = younger.fold(content, |content, younger| {
        assert!(content.contains(&younger), "{}: {content}", H::FORMAT);
        content.replace(&younger, "")
    });
    assert!(content.ends_with(VERSION_0_1_0), "{}: {content}", H::FORMAT);
}

#[test]
fn a_state_of_version_0_1_0_still_loads() {
    a_state_of_0_1_0_loads::<Clap>();
    a_state_of_0_1_0_loads::<Vst3>();
}

fn damaged_states<H: Host>() {
    let mut host = H::new();
    host.set("vocals_level", 0.3);
    let state = host.save();
    let before = host.value("vocals_level");
    for end in 0..state.len() {
        assert!(!host.load(&state[..end]), "{}: {end} of {} bytes are taken", H::FORMAT, state.len());
    }
    for garbage in [&b""[..], b"{", b"null", b"[]", b"no state at all", &[0xff; 64], &[0; 4096]] {
        assert!(!host.load(garbage), "{}: {garbage:?} is taken", H::FORMAT);
    }
    assert_eq!(host.value("vocals_level"), before, "{}: a refused state changed something", H::FORMAT);

    // From a version that knows more parameters and fields, and other modes.
    let begin = state.iter().position(|&byte| byte == b'{').expect("the state is JSON");
    let text = String::from_utf8(state[begin..].to_vec()).expect("the state is text");
    let framed = framed::<H>;
    assert_eq!(framed(&text), state, "{}", H::FORMAT);
    let newer = text
        .replacen("\"params\":{", "\"params\":{\"width\":{\"f32\":0.25},\"engine\":{\"string\":\"x\"},", 1)
        .replacen("\"fields\":{", "\"fields\":{\"colour\":\"\\\"blue\\\"\",", 1)
        .replace(env!("CARGO_PKG_VERSION"), "99.0.0")
        .replace("\"studio\"", "\"theatre\"");
    assert!(newer.contains("width") && newer.contains("theatre") && newer.contains("99.0.0"), "{newer}");
    host.set("vocals_level", 0.9);
    assert!(host.load(&framed(&newer)), "{}: a state from a newer version is refused", H::FORMAT);
    assert_eq!(host.value("vocals_level"), before, "{}: what is known is restored", H::FORMAT);
    assert_eq!(host.value("mode"), 1.0, "{}: a mode that is unknown leaves the mode alone", H::FORMAT);

    // Values out of their range, and of another kind.
    let wild = text.replace("\"focus\":{\"f32\":0.5}", "\"focus\":{\"f32\":-1e30}");
    assert!(wild.contains("-1e30"), "{wild}");
    assert!(host.load(&framed(&wild)));
    assert_eq!(host.value("focus"), 0.0, "{}", H::FORMAT);
    let confused = text.replace("\"focus\":{\"f32\":0.5}", "\"focus\":{\"bool\":true}");
    host.load(&framed(&confused));
    assert_sound_stays(&mut host, 512, "after damaged states");
}

#[test]
fn damaged_and_newer_states_do_no_harm() {
    damaged_states::<Clap>();
    damaged_states::<Vst3>();
}

fn any_state() -> impl Strategy<Value = Vec<u8>> {
    let number =
        prop_oneof![any::<f32>().prop_map(|number| number.to_string()), Just("null".into()), "-?[0-9]{1,60}"];
    let value = prop_oneof![
        number.clone().prop_map(|number| format!("{{\"f32\":{number}}}")),
        number.prop_map(|number| format!("{{\"i32\":{number}}}")),
        any::<bool>().prop_map(|on| format!("{{\"bool\":{on}}}")),
        "[a-z\\\\\"{}]{0,12}".prop_map(|text| format!("{{\"string\":{text:?}}}")),
        "[\\[\\]{}:,0-9a-z\"]{0,30}",
    ];
    let id = prop_oneof![proptest::sample::select(PARAMETERS.to_vec()).prop_map(String::from), "[a-z_]{0,8}"];
    let plausible = proptest::collection::vec((id, value), 0..8).prop_map(|params| {
        let params: Vec<_> = params.into_iter().map(|(id, value)| format!("{id:?}:{value}")).collect();
        format!("{{\"version\":\"0.1.0\",\"params\":{{{}}},\"fields\":{{}}}}", params.join(",")).into_bytes()
    });
    prop_oneof![1 => proptest::collection::vec(any::<u8>(), 0..200), 3 => plausible]
}

fn random_states<H: Host>() {
    let host = std::cell::RefCell::new(H::active(modes()[0], RATE, 256));
    let input = stereo_noise(13, 1024);
    let config = ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() };
    proptest!(config, |(state in any_state())| {
        let mut host = host.borrow_mut();
        let framed = [&(state.len() as u64).to_le_bytes()[..], &state].concat();
        let taken = host.load(&state) | host.load(&framed);
        let mut output = Output::new(1024);
        for range in Blocks::Fixed(256).cut(1024, &[]) {
            prop_assert!(host.block(&input, &mut output, range, &[]));
        }
        prop_assert!(output.every_sample().all(f32::is_finite));
        for id in PARAMETERS {
            let value = host.value(id);
            prop_assert!((0.0..=1.0).contains(&value), "{} {}: {} is {}", H::FORMAT, taken, id, value);
        }
        let saved = host.save();
        prop_assert!(host.load(&saved));
    });
    assert_sound_stays(&mut *host.borrow_mut(), 256, "after random states");
}

#[test]
fn random_states_do_no_harm() {
    random_states::<Clap>();
    random_states::<Vst3>();
}
