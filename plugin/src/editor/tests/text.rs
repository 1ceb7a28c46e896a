//! Texts and numbers in the window.

use std::sync::Arc;

use egui::vec2;

use super::bench::Bench;
use super::player::CallRecorder;
use crate::editor::{drop_hint, header, notices, preset_menu};
use crate::player::Playback;

#[test]
fn every_character_of_the_windows_texts_is_in_its_own_fonts() {
    let mut bench = Bench::with_player(Arc::new(CallRecorder::default()));
    let mut lines = bench.lines();
    for menu in [header::id("network"), header::id("scale"), preset_menu::id()] {
        bench.click(menu);
        lines.extend(bench.lines());
        bench.press(egui::Key::Escape);
    }
    bench.drop_file(std::path::Path::new("/nowhere/broken.onnx"));
    bench.wait_for(|bench| bench.notice().is_some());
    lines.extend(bench.lines());
    lines.push(drop_hint::text(true).into());
    assert!(lines.iter().any(|line| line.contains("Import a file…")), "{lines:?}");
    assert!(bench.has_glyphs("−∞…×") && !bench.has_glyphs("\u{10ffff}"), "the measure works");
    for line in lines {
        assert!(bench.has_glyphs(&line), "{line:?}");
    }
    bench.click(notices::dismiss_id());
}

#[test]
fn no_text_is_covered_at_any_size() {
    for size in
        [vec2(640.0, 500.0), vec2(720.0, 560.0), vec2(959.0, 600.0), vec2(960.0, 600.0), vec2(1600.0, 1000.0)]
    {
        let covered = Bench::with_size(size).covered_lines();
        assert!(covered.is_empty(), "{size}: {covered:?}");
    }
}

#[test]
fn a_peak_is_shown_as_a_number_for_each_stem_at_any_size() {
    for size in [vec2(640.0, 500.0), vec2(720.0, 560.0), vec2(1000.0, 640.0), vec2(1600.0, 1000.0)] {
        let mut bench = Bench::with_size(size);
        let mut processor = bench.instance().prepare(None, 44_100.0, 512).unwrap();
        bench.play(&mut processor, 0.5);
        let number = |line: &String| {
            let text = line.trim_end_matches(" dB").replace('−', "-");
            text.contains('.') && text.parse::<f32>().is_ok_and(|peak| peak != 0.0)
        };
        let lines = bench.lines();
        assert_eq!(lines.iter().filter(|line| number(line)).count(), 4, "{size}: {lines:?}");
    }
}

#[test]
fn a_song_with_a_name_from_right_to_left_is_shown_in_its_order() {
    let recorder = Arc::new(CallRecorder::default());
    let title = "مرحبا بالعالم".to_owned();
    recorder.0.lock().unwrap().0 = Playback { title, length: 100.0, ..Playback::default() };
    let mut bench = Bench::with_player(recorder);
    let lines = bench.lines();
    // egui draws words from left to right: the second one comes first.
    assert!(lines.iter().any(|line| line == "بالعالم مرحبا"), "{lines:?}");
}
