//! Shortcuts, whatever has the keyboard's focus, except while text is typed.

use egui::{Event, Key, Modifiers, Ui};
use unbraid_engine::STEMS;

use super::param_gestures::ParamGestures;
use crate::params::UnbraidParams;

/// The digits of the stems.
const DIGITS: [Key; STEMS] = [Key::Num1, Key::Num2, Key::Num3, Key::Num4];

/// Text of the digits with shift held, on US, UK, German, Nordic and Swiss keyboards: the window system reports the typed
/// text, not the key.
const SHIFTED: [&[&str]; STEMS] =
    [&["!", "+"], &["@", "\"", "“"], &["#", "£", "§", "*"], &["$", "¤", "ç", "€"]];

/// Stems whose digit was pressed in this frame, and whether with shift.
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
pub fn handle(ui: &Ui, gestures: &mut ParamGestures<'_>, params: &UnbraidParams) {
    if ui.ctx().text_edit_focused() {
        return;
    }
    // Some systems report both the key and the text.
    let mut pressed: Vec<(usize, bool)> = ui.input(|input| pressed(&input.events).collect());
    pressed.dedup();
    for (stem, shift) in pressed {
        let param = params.stems()[stem];
        let param = if shift { &param.mute } else { &param.solo };
        gestures.once_plain(param, !param.value());
    }
}
