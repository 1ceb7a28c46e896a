//! Keys that the host gets.

use egui::{Key, Modifiers, vec2};
use keyboard_types::{Key as HostKey, NamedKey};

use super::bench::Bench;
use super::once;
use crate::editor::{footer, header, strip};

fn letter(text: &str) -> HostKey {
    HostKey::Character(text.into())
}

#[test]
fn after_a_drag_nothing_has_the_focus_and_the_host_gets_every_key_but_tab_and_the_digits() {
    for control in [strip::id(0, "level"), footer::id("focus"), footer::id("output_gain")] {
        let mut bench = Bench::new();
        bench.focus(control);
        bench.drag(control, vec2(6.0, -12.0));
        assert_eq!(bench.focused(), None, "{control:?}");
        for key in [NamedKey::Enter, NamedKey::Escape, NamedKey::ArrowUp, NamedKey::Home].map(HostKey::Named)
        {
            assert!(!bench.captures(&key), "{key:?}");
        }
        for key in [" ", "r", "0", "z"].map(letter) {
            assert!(!bench.captures(&key), "{key:?}");
        }
        assert!(["1", "4", "!"].map(letter).iter().all(|key| bench.captures(key)), "solos and mutes");
        assert!(bench.captures(&HostKey::Named(NamedKey::Tab)), "the way to the controls");
    }
}

#[test]
fn space_presses_nothing_and_is_the_hosts_whatever_has_the_focus() {
    for control in [strip::id(0, "mute"), strip::id(1, "level"), footer::id("bypass"), header::id("network")]
    {
        let mut bench = Bench::new();
        bench.focus(control);
        assert_eq!(bench.press(Key::Space), [], "{control:?}");
        assert!(!bench.captures(&letter(" ")) && !bench.captures(&letter("x")));
        assert!(bench.captures(&HostKey::Named(NamedKey::ArrowUp)), "arrows are the control's");
    }
}

#[test]
fn typed_text_keeps_every_key() {
    let mut bench = Bench::new();
    bench.click(strip::id(0, "value"));
    assert!([" ", "x", "7"].map(letter).iter().all(|key| bench.captures(key)));
    bench.press(Key::Enter);
    bench.frame();
    assert!(!bench.captures(&letter("x")), "and gives them back");
}

#[test]
fn undo_takes_gestures_back_in_gestures_and_redo_repeats_them() {
    let mut bench = Bench::new();
    assert_eq!(bench.click(footer::id("Undo")), [], "nothing to undo");
    bench.drag(strip::id(0, "level"), vec2(0.0, 20.0));
    let dragged = bench.params().vocals.level.value();
    bench.click(strip::id(1, "mute"));
    assert_eq!(bench.click(footer::id("Undo")), once("drums_mute", 0.0));
    assert_eq!(bench.click(footer::id("Undo")), once("vocals_level", 0.0), "a whole drag");
    assert_eq!(bench.click(footer::id("Redo")), once("vocals_level", dragged));
    assert_eq!(bench.click(footer::id("Redo")), once("drums_mute", 1.0));
    assert_eq!(bench.click(footer::id("Redo")), [], "nothing to redo");
    bench.click(footer::id("Undo"));
    bench.click(strip::id(2, "mute"));
    assert_eq!(bench.click(footer::id("Redo")), [], "a new gesture ends what was undone");
}

#[test]
fn notches_of_the_wheel_and_settings_of_a_preset_are_one_step_each() {
    let mut bench = Bench::new();
    for _ in 0..3 {
        bench.wheel(strip::id(2, "level"), -1.0);
    }
    assert_eq!(bench.params().bass.level.value(), -3.0);
    assert_eq!(bench.click(footer::id("Undo")), once("bass_level", 0.0));

    bench.set("bass_level", -6.0);
    bench.hold(Modifiers { ctrl: true, command: true, ..Modifiers::NONE });
    bench.click(strip::id(0, "solo"));
    bench.click(strip::id(3, "solo"));
    assert_eq!(bench.params().controls().solo, [false, false, false, true]);
    bench.hold(Modifiers::NONE);
    bench.click(footer::id("Undo"));
    assert_eq!(bench.params().controls().solo, [true, false, false, false], "two parameters, one step");
}
