//! Keys that work wherever the keyboard's focus is, unless text is being typed.

use egui::{Event, Key, Modifiers, Ui};
use unbraid_engine::STEMS;

use super::controls::Controls;
use crate::params::UnbraidParams;

/// The digits of the stems.
const DIGITS: [Key; STEMS] = [Key::Num1, Key::Num2, Key::Num3, Key::Num4];

/// What the digits type with shift held, on the keyboards we know (US and UK; German, Nordic and Swiss): the window
/// system says which text was typed, not which key was pressed.
const SHIFTED: [&[&str]; STEMS] =
    [&["!", "+"], &["@", "\"", "“"], &["#", "£", "§", "*"], &["$", "¤", "ç", "€"]];

/// Which stem's digit was pressed this frame, without and with shift.
fn pressed(events: &[Event]) -> impl Iterator<Item = (usize, bool)> + '_ {
    events.iter().filter_map(|event| match event {
        Event::Key { key, pressed: true, repeat: false, modifiers, .. } => {
            let stem = DIGITS.iter().position(|digit| digit == key)?;
            (*modifiers == Modifiers::NONE || *modifiers == Modifiers::SHIFT)
                .then_some((stem, modifiers.shift))
        }
        Event::Text(text) => {
            let stem = SHIFTED.iter().position(|typed| typed.contains(&text.as_str()))?;
            Some((stem, true))
        }
        _ => None,
    })
}

/// 1–4 solo, shift+1–4 mute.
pub fn handle(ui: &Ui, controls: &mut Controls<'_>, params: &UnbraidParams) {
    if ui.ctx().text_edit_focused() {
        return;
    }
    // A system that reports both the key and the text must not toggle twice.
    let mut pressed: Vec<(usize, bool)> = ui.input(|input| pressed(&input.events).collect());
    pressed.dedup();
    for (stem, shift) in pressed {
        let param = params.stems()[stem];
        let param = if shift { &param.mute } else { &param.solo };
        controls.once_plain(param, !param.value());
    }
}
