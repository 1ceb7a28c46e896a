//! Sliders, buttons and keys.

use egui::{Event, Key, Modifiers, PointerButton, vec2};
use nice_plug::prelude::Param;

use super::bench::Bench;
use super::host::Change;
use super::{STEMS, gesture, once};
use crate::editor::{footer, header, strip};
use crate::mode::Mode;
use crate::params::{SILENCE_DB, StemTap};

#[test]
fn dragging_a_level_is_one_gesture_in_decibels() {
    for (stem, name) in STEMS.into_iter().enumerate() {
        let mut bench = Bench::new();
        let id = format!("{name}_level");
        let values = gesture(&bench.drag(strip::id(stem, "level"), vec2(0.0, 30.0)), &id);
        assert!(values.len() > 3, "a drag sets many values");
        assert!(values.windows(2).all(|pair| pair[1] < pair[0]), "down is quieter: {values:?}");
        let level = bench.params().stems()[stem].level.value();
        assert_eq!(*values.last().unwrap(), level);
        assert!((-40.0..-3.0).contains(&level), "{level} dB");
    }
}

#[test]
fn shift_makes_a_drag_ten_times_finer() {
    let dragged = |shift| {
        let mut bench = Bench::new();
        bench.hold(if shift { Modifiers::SHIFT } else { Modifiers::NONE });
        bench.drag(strip::id(1, "level"), vec2(0.0, 20.0));
        1.0 - bench.params().drums.level.unmodulated_normalized_value()
            - (1.0 - bench.params().drums.level.default_normalized_value())
    };
    let (coarse, fine) = (dragged(false), dragged(true));
    assert!(coarse > 0.05, "{coarse}");
    assert!((coarse / fine - 10.0).abs() < 0.3, "{coarse} to {fine}");
}

#[test]
fn a_double_click_resets_every_slider() {
    let mut bench = Bench::new();
    for (id, control, off, start) in [
        ("vocals_level", strip::id(0, "level"), -20.0, 0.0),
        ("other_level", strip::id(3, "level"), SILENCE_DB, 0.0),
        ("focus", footer::id("focus"), 0.9, 0.5),
        ("output_gain", footer::id("output_gain"), 6.0, 0.0),
    ] {
        bench.set(id, off);
        assert_eq!(bench.double_click(control), once(id, start));
    }
}

#[test]
fn a_notch_of_the_wheel_is_one_decibel_and_a_tenth_with_shift() {
    let mut bench = Bench::new();
    let level = strip::id(2, "level");
    assert_eq!(bench.wheel(level, 1.0), once("bass_level", 1.0));
    assert_eq!(bench.wheel(level, -2.0), once("bass_level", -1.0));
    bench.hold(Modifiers::SHIFT);
    assert_eq!(bench.wheel(level, 1.0), once("bass_level", -0.9));
    bench.hold(Modifiers::NONE);
    assert_eq!(bench.wheel(footer::id("focus"), 1.0), once("focus", 0.55));
    assert_eq!(bench.wheel(footer::id("output_gain"), -1.0), once("output_gain", -1.0));
    assert_eq!(bench.wheel(strip::id(2, "mute"), 1.0), [], "the wheel moves only what it is on");
}

#[test]
fn arrows_move_what_has_the_focus() {
    let mut bench = Bench::new();
    bench.focus(strip::id(0, "level"));
    assert_eq!(bench.press(Key::ArrowUp), once("vocals_level", 1.0));
    assert_eq!(bench.press(Key::ArrowLeft), once("vocals_level", 0.0));
    assert_eq!(bench.press(Key::PageDown), once("vocals_level", -6.0));
    bench.hold(Modifiers::SHIFT);
    assert_eq!(bench.press(Key::ArrowUp), once("vocals_level", -5.9));
    bench.hold(Modifiers::NONE);
    assert_eq!(bench.press(Key::Home), once("vocals_level", SILENCE_DB));
    assert_eq!(bench.press(Key::End), once("vocals_level", 12.0));
    assert_eq!(bench.press(Key::Delete), once("vocals_level", 0.0));
}

#[test]
fn tab_goes_through_the_controls_and_return_presses_them() {
    let mut bench = Bench::new();
    bench.focus(strip::id(0, "mute"));
    assert_eq!(bench.press(Key::Enter), once("vocals_mute", 1.0));
    let mut seen = Vec::new();
    for _ in 0..60 {
        bench.press(Key::Tab);
        seen.extend(bench.focused());
    }
    let expected = [strip::id(3, "level"), strip::id(2, "solo"), footer::id("focus"), footer::id("bypass")];
    for id in expected {
        assert!(seen.contains(&id), "tab never reached {id:?}");
    }
}

#[test]
fn digits_solo_and_with_shift_mute_but_not_while_text_is_typed() {
    for (stem, key) in [Key::Num1, Key::Num2, Key::Num3, Key::Num4].into_iter().enumerate() {
        let mut bench = Bench::new();
        let (solo, mute) = (format!("{}_solo", STEMS[stem]), format!("{}_mute", STEMS[stem]));
        assert_eq!(bench.press(key), once(&solo, 1.0));
        assert_eq!(bench.press(key), once(&solo, 0.0));
        // As the window system reports it: the text that a US or German keyboard types.
        for text in [["!", "@", "#", "$"], ["!", "\"", "§", "$"]] {
            bench.hold(Modifiers::SHIFT);
            let changes = bench.input(vec![Event::Text(text[stem].into())]);
            assert_eq!(changes.len(), 3, "{changes:?}");
            gesture(&changes, &mute);
        }
        bench.hold(Modifiers::NONE);
        bench.click(strip::id(0, "value"));
        assert_eq!(bench.press(key), [], "a digit in a text field is text");
    }
}

#[test]
fn mute_and_solo_toggle_and_ctrl_solos_alone() {
    let mut bench = Bench::new();
    for (stem, name) in STEMS.into_iter().enumerate() {
        for control in ["mute", "solo"] {
            let id = format!("{name}_{control}");
            assert_eq!(bench.click(strip::id(stem, control)), once(&id, 1.0));
        }
    }
    bench.hold(Modifiers { ctrl: true, command: true, ..Modifiers::NONE });
    bench.click(strip::id(1, "solo"));
    assert_eq!(bench.params().controls().solo, [false, true, false, false]);
    bench.click(strip::id(3, "solo"));
    assert_eq!(bench.params().controls().solo, [false, false, false, true]);
    bench.click(strip::id(3, "solo"));
    assert_eq!(bench.params().controls().solo, [false; 4], "again: back to all");
}

#[test]
fn mode_tap_and_bypass_set_what_they_say() {
    let mut bench = Bench::new();
    assert_eq!(bench.params().mode.value(), Mode::Studio);
    bench.click(header::id("mode").with(0usize));
    assert_eq!(bench.params().mode.value(), Mode::Live);
    assert_eq!(bench.click(header::id("mode").with(0usize)), [], "chosen already");
    bench.click(footer::id("stem_tap").with(1usize));
    assert_eq!(bench.params().stem_tap.value(), StemTap::PostLevel);
    assert_eq!(bench.click(footer::id("bypass")), once("bypass", 1.0));
}

#[test]
fn a_and_b_are_two_settings_of_everything_but_mode_and_bypass() {
    let mut bench = Bench::new();
    bench.set("vocals_level", -6.0);
    bench.click(footer::id("B"));
    assert_eq!(bench.params().vocals.level.value(), -6.0, "B starts as a copy");
    bench.set("vocals_level", 3.0);
    bench.set("drums_mute", 1.0);
    bench.set("bypass", 1.0);
    let changes = bench.click(footer::id("A"));
    assert_eq!(bench.params().vocals.level.value(), -6.0);
    assert!(!bench.params().drums.mute.value());
    assert!(bench.params().bypass.value(), "bypass is the host's");
    let begun = changes.iter().filter(|change| matches!(change, Change::Begin(_))).count();
    assert_eq!((begun, changes.len()), (2, 6), "only what differs is touched: {changes:?}");
    bench.click(footer::id("B"));
    assert_eq!(bench.params().vocals.level.value(), 3.0);
    bench.click(footer::id("copy"));
    bench.click(footer::id("A"));
    assert_eq!(bench.params().vocals.level.value(), 3.0, "copied from B");
}

#[test]
fn a_window_that_closes_during_a_drag_ends_the_gesture() {
    let mut bench = Bench::new();
    let begun = bench.grab(strip::id(0, "level"), vec2(0.0, 12.0));
    assert_eq!(begun.first(), Some(&Change::Begin("vocals_level".into())));
    assert!(!begun.contains(&Change::End("vocals_level".into())));
    assert_eq!(bench.close(), [Change::End("vocals_level".into())]);
}

#[test]
fn no_control_hides_behind_another_at_any_size() {
    for size in [vec2(640.0, 500.0), vec2(760.0, 520.0), vec2(1000.0, 640.0), vec2(1600.0, 1000.0)] {
        for (stem, name) in STEMS.into_iter().enumerate() {
            for (control, parameter) in [("mute", "mute"), ("solo", "solo")] {
                let mut bench = Bench::with_size(size);
                let id = format!("{name}_{parameter}");
                assert_eq!(bench.click(strip::id(stem, control)), once(&id, 1.0), "{size}");
            }
            let mut bench = Bench::with_size(size);
            let changes = bench.wheel(strip::id(stem, "level"), -1.0);
            assert_eq!(changes, once(&format!("{name}_level"), -1.0), "{size}");
        }
        let mut bench = Bench::with_size(size);
        assert_eq!(bench.wheel(footer::id("focus"), 1.0), once("focus", 0.55), "{size}");
        assert_eq!(bench.click(footer::id("bypass")), once("bypass", 1.0), "{size}");
        bench.click(footer::id("stem_tap").with(1usize));
        assert_eq!(bench.params().stem_tap.value(), StemTap::PostLevel, "{size}");
    }
}

#[test]
fn a_button_is_pressed_by_the_primary_button_only() {
    let mut bench = Bench::new();
    assert_eq!(bench.click_by(strip::id(0, "mute"), PointerButton::Secondary), []);
}
