//! Typed values.

use egui::{Event, Key};

use super::bench::Bench;
use super::once;
use crate::editor::{footer, strip};
use crate::params::SILENCE_DB;

#[test]
fn values_can_be_typed_as_people_write_them() {
    let level = (strip::id(0, "value"), "vocals_level");
    let focus = (footer::id("focus").with("value"), "focus");
    let output = (footer::id("output_gain").with("value"), "output_gain");
    for ((control, id), text, value) in [
        (level, "−3", -3.0),
        (level, "-3 dB", -3.0),
        (level, "+1,5 dB", 1.5),
        (level, " 2.25db ", 2.25),
        (level, "-inf", SILENCE_DB),
        (level, "−∞ dB", SILENCE_DB),
        (level, "100", 12.0),
        (focus, "80 %", 0.8),
        (focus, "12.5", 0.125),
        (output, "−6 dB", -6.0),
    ] {
        let mut bench = Bench::new();
        assert_eq!(bench.type_into(control, text), once(id, value), "{text:?}");
    }
    // 50 % is where focus stands: nothing changes, so nothing is recorded.
    let mut bench = Bench::new();
    assert_eq!(bench.type_into(focus.0, "50 %"), []);
    bench.set("focus", 0.9);
    assert_eq!(bench.type_into(focus.0, "50 %"), once("focus", 0.5));
}

#[test]
fn text_that_is_no_value_changes_nothing() {
    for text in ["abc", "", "dB", "3 apples", "nan", "1e999"] {
        let mut bench = Bench::new();
        bench.set("vocals_level", -7.0);
        assert_eq!(bench.type_into(strip::id(0, "value"), text), [], "{text:?}");
        assert_eq!(bench.params().vocals.level.value(), -7.0);
    }
    let mut bench = Bench::new();
    bench.click(strip::id(0, "value"));
    bench.input(vec![Event::Text("-9".into())]);
    assert_eq!(bench.press(Key::Escape), [], "escape leaves the value");
    assert_eq!(bench.click(strip::id(0, "mute")), once("vocals_mute", 1.0), "and the field is gone");
}
