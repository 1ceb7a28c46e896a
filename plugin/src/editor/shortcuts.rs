//! Shortcuts, whatever has the keyboard's focus, except while text is typed.

use egui::{Context, Event, Key, Modifiers, Ui};
use keyboard_types::{Key as HostKey, NamedKey};
use nice_plug_egui::KeyCapture;
use unbraid_engine::STEMS;

use super::history::History;
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

/// Handles 1–4 (solo), shift+1–4 (mute).
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

/// Whether space was pressed. It is the transport's key, of a host or of the player, and presses no button: it is taken out
/// of the input unless text is typed.
pub fn take_space(ui: &Ui) -> bool {
    if ui.ctx().text_edit_focused() {
        return false;
    }
    ui.input_mut(|input| {
        let mut pressed = false;
        input.events.retain(|event| match event {
            Event::Key { key: Key::Space, pressed: down, repeat, .. } => {
                pressed |= *down && !*repeat;
                false
            }
            _ => true,
        });
        pressed
    })
}

/// Handles undo and redo. Only without a host, which may have an undo of its own on the same keys.
pub fn handle_undo(ui: &Ui, gestures: &mut ParamGestures<'_>, params: &UnbraidParams, history: &History) {
    if ui.ctx().text_edit_focused() {
        return;
    }
    let redo = Modifiers::COMMAND | Modifiers::SHIFT;
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    // The longer combination first: egui takes a shorter one for it, too.
    if pressed(redo, Key::Z) || pressed(Modifiers::COMMAND, Key::Y) {
        gestures.redo(params, history);
    } else if pressed(Modifiers::COMMAND, Key::Z) {
        gestures.undo(params, history);
    }
}

/// Keys that the window keeps from the host.
pub fn captured(context: &Context, in_host: bool) -> KeyCapture {
    /// Keys of whatever has the focus.
    const CONTROL: [NamedKey; 12] = [
        NamedKey::Enter,
        NamedKey::Escape,
        NamedKey::ArrowUp,
        NamedKey::ArrowDown,
        NamedKey::ArrowLeft,
        NamedKey::ArrowRight,
        NamedKey::PageUp,
        NamedKey::PageDown,
        NamedKey::Home,
        NamedKey::End,
        NamedKey::Delete,
        NamedKey::Backspace,
    ];
    if !in_host || context.text_edit_focused() {
        return KeyCapture::CaptureAll;
    }
    let digits = ["1", "2", "3", "4"].into_iter().chain(SHIFTED.into_iter().flatten().copied());
    let mut keys: Vec<_> = digits.map(|text| HostKey::Character(text.into())).collect();
    // The way to the controls without a pointer.
    keys.push(HostKey::Named(NamedKey::Tab));
    let open = context.any_popup_open() || context.memory(|memory| memory.top_modal_layer().is_some());
    if open || context.memory(|memory| memory.focused()).is_some() {
        keys.extend(CONTROL.map(HostKey::Named));
    }
    KeyCapture::CaptureKeys(keys)
}
