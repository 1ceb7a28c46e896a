//! The menu with each stem's sensitivity.

use egui::vec2;

use super::bench::Bench;
use super::{STEMS, gesture, once};
use crate::editor::{sensitivity, theme};

#[test]
fn each_stems_slider_moves_its_own_offset_to_focus() {
    for size in [vec2(640.0, 500.0), vec2(1000.0, 640.0)] {
        for (stem, name) in STEMS.into_iter().enumerate() {
            let mut bench = Bench::with_size(size);
            bench.click(sensitivity::id("menu"));
            bench.frame();
            let (control, id) = (sensitivity::id(theme::NAMES[stem]), format!("{name}_sensitivity"));
            assert_eq!(bench.wheel(control, 2.0), once(&id, 0.1), "{size}");
            let dragged = gesture(&bench.drag(control, vec2(-20.0, 0.0)), &id);
            assert!(dragged.last().is_some_and(|value| *value < 0.1), "{dragged:?}");
            assert_eq!(bench.type_into(control.with("value"), "−30"), once(&id, -0.3));
            assert!((bench.params().controls().stem_focus()[stem] - 0.2).abs() < 1e-6);
            assert_eq!(bench.double_click(control), once(&id, 0.0), "{size}");
        }
    }
}

#[test]
fn the_menu_names_the_stems_and_shows_the_values() {
    let mut bench = Bench::new();
    bench.set("bass_sensitivity", 0.25);
    bench.click(sensitivity::id("menu"));
    bench.frame();
    let lines = bench.lines();
    for text in theme::NAMES.into_iter().chain(["+25 %", "0 %"]) {
        assert!(lines.iter().any(|line| line == text), "{text} is not among {lines:?}");
    }
    bench.click(sensitivity::id("all to 0"));
    assert_eq!(bench.params().controls().sensitivity, [0.0; 4]);
}
