//! Files that are dropped onto the window.

use std::fs;
use std::sync::Arc;

use super::bench::Bench;
use super::once;
use super::player::CallRecorder;
use crate::editor::{drop_hint, notices};
use crate::mode::Mode;

#[test]
fn a_dropped_preset_is_set_in_gestures_and_a_broken_one_reported() {
    let folder = std::env::temp_dir().join(format!("unbraid-window-{}-preset", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut bench = Bench::with_presets(&folder.join("presets"));
    let file = folder.join("Quiet drums.json");
    let text = r#"{"format": "unbraid-preset/1", "parameters": {"drums_level": "-12 dB"}}"#;
    fs::write(&file, text).unwrap();
    assert_eq!(bench.drop_file(&file), once("drums_level", -12.0));
    assert!(folder.join("presets/Quiet drums.json").exists(), "imported");
    fs::write(&file, "{").unwrap();
    assert_eq!(bench.drop_file(&file), []);
    assert!(bench.notice().unwrap().contains("Quiet drums.json"));
    bench.frame();
    bench.click(notices::dismiss_id());
    assert_eq!(bench.notice(), None, "dismissed");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn files_dragged_over_the_window_bring_up_the_hint() {
    for (mut bench, player) in
        [(Bench::new(), false), (Bench::with_player(Arc::new(CallRecorder::default())), true)]
    {
        let hint = drop_hint::text(player);
        assert!(bench.lines_with_file_over(true).iter().any(|line| line == hint), "{hint}");
        assert!(!bench.lines_with_file_over(false).iter().any(|line| line == hint), "{hint}");
    }
}

#[test]
fn a_dropped_network_is_chosen_for_the_mode_it_was_made_for_and_a_wrong_file_reported() {
    let folder = std::env::temp_dir().join(format!("unbraid-window-{}-network", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut bench = Bench::new();
    let wrong = folder.join("wrong.onnx");
    fs::write(&wrong, "no network").unwrap();
    bench.drop_file(&wrong);
    bench.wait_for(|bench| bench.notice().is_some());
    assert!(bench.notice().unwrap().contains("wrong.onnx"));
    assert_eq!(bench.params().networks.file(Mode::Studio), None, "the sound stays as it is");

    let own = folder.join("own.onnx");
    fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/../models/studio.onnx"), &own).unwrap();
    let before = bench.instance().selection();
    bench.set("mode", 0.0);
    bench.drop_file(&own);
    bench.wait_for(|bench| bench.params().networks.file(Mode::Studio).is_some());
    assert_eq!(bench.params().networks.file(Mode::Studio).as_deref(), Some(own.as_path()));
    assert_eq!(bench.params().mode.value(), Mode::Studio, "loading chooses the mode");
    assert_ne!(bench.instance().selection(), before, "the audio thread asks for a restart");

    let processor = bench.instance().prepare(None, 44_100.0, 512).unwrap();
    let network = bench.instance().status.network().unwrap();
    assert_eq!(network.file.as_deref(), Some(own.as_path()));
    drop(processor);
    // The file is gone when the project opens again: the built-in network runs, and a message says so.
    fs::remove_dir_all(folder).unwrap();
    bench.instance().prepare(None, 44_100.0, 512).unwrap();
    assert_eq!(bench.instance().status.network().unwrap().file, None);
    while bench.notice().is_some_and(|line| !line.contains("own.onnx")) {
        bench.click(notices::dismiss_id());
    }
    bench.frame();
    assert!(bench.notice().unwrap().contains("own.onnx"), "{:?}", bench.notice());
}
