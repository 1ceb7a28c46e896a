//! Practice settings of the file player: a menu beside its bar, and shortcuts.

use egui::{Button, DragValue, Id, Key, Modifiers, Popup, PopupCloseBehavior, Rect, Slider, Ui};

use super::theme;
use super::widgets::button;
use crate::player::{Playback, Player, Practice};

/// Width of the menu in points.
const WIDTH: f32 = 300.0;

/// The id of a control of the menu, or of its button.
pub fn id(control: &str) -> Id {
    Id::unique(("practice", control))
}

/// The menu's button in `rect`, lit while something differs from plain playback; the menu while it is open.
pub fn show(ui: &Ui, player: &dyn Player, state: &Playback, rect: Rect) {
    let active = state.practice != Practice::default() || state.learning.is_some();
    let response = button::show(ui, id("menu"), rect, "Practice", active, theme::ACCENT)
        .on_hover_text("A–B loop, tempo, transposition, count-in, MIDI controls");
    let menu = Popup::menu(&response).width(WIDTH).close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    menu.show(|ui| contents(ui, player, state));
    let practice = shortcuts(ui, state);
    if practice != (state.practice, state.looping) {
        apply(player, state, practice);
    }
}

fn contents(ui: &mut Ui, player: &dyn Player, state: &Playback) {
    let mut practice = state.practice;
    let mut looping = state.looping;
    ui.horizontal(|ui| {
        ui.label("Loop");
        let place = |place: Option<f64>| place.map_or_else(|| "–".into(), |place| format!("{place:.1} s"));
        if labelled(ui, "start", format!("A  {}", place(practice.start)), "From here (A)") {
            (practice, looping) = start_here(state);
        }
        if labelled(ui, "end", format!("B  {}", place(practice.end)), "To here (B)") {
            (practice, looping) = end_here(state);
        }
        if labelled(ui, "whole", "Whole song".into(), "Without A and B") {
            (practice.start, practice.end) = (None, None);
        }
    });
    let tempo = Slider::new(&mut practice.tempo, 50..=150).suffix(" %").text("Tempo");
    ui.add(tempo).on_hover_text("The pitch stays");
    let semitones = Slider::new(&mut practice.semitones, -12..=12).suffix(" st").text("Transpose");
    ui.add(semitones).on_hover_text("Semitones; the tempo stays");
    ui.horizontal(|ui| {
        ui.label("Count-in");
        ui.add(DragValue::new(&mut practice.count_in).range(0..=8).suffix(" beats"));
        ui.add(DragValue::new(&mut practice.bpm).range(30..=300).suffix(" bpm"));
    });
    ui.separator();
    let learning = state.learning.is_some();
    let label = if learning { "Stop learning" } else { "Learn a MIDI control" };
    if labelled(ui, "learn", label.into(), "Notes switch mutes and solos; faders and knobs also move levels")
    {
        player.learn(!learning);
    }
    if let Some(line) = &state.learning {
        ui.label(line.as_str());
    }
    if labelled(ui, "neutral", "Plain playback".into(), "All of this as the song is") {
        practice = Practice::default();
    }
    if (practice, looping) != (state.practice, state.looping) {
        apply(player, state, (practice, looping));
    }
}

/// A button of the menu. Returns whether it was clicked.
fn labelled(ui: &mut Ui, control: &str, label: String, hint: &str) -> bool {
    ui.push_id(control, |ui| {
        let response = ui.add(Button::new(label)).on_hover_text(hint);
        // Known to tests by its id.
        ui.interact(response.rect, id(control), egui::Sense::hover());
        response.clicked()
    })
    .inner
}

fn apply(player: &dyn Player, state: &Playback, (practice, looping): (Practice, bool)) {
    if practice != state.practice {
        player.practise(practice);
    }
    if looping != state.looping {
        player.set_looping(looping);
    }
}

/// A at the position; a B that lies before it goes.
fn start_here(state: &Playback) -> (Practice, bool) {
    let end = state.practice.end.filter(|end| *end > state.position);
    (Practice { start: Some(state.position), end, ..state.practice }, state.looping)
}

/// B at the position, and the loop on; an A that lies behind it goes.
fn end_here(state: &Playback) -> (Practice, bool) {
    let start = state.practice.start.filter(|start| *start < state.position);
    (Practice { start, end: Some(state.position), ..state.practice }, true)
}

/// A and B set the ends of the loop at the position, L turns the loop on and off, also while something has the keyboard's
/// focus; not while text is typed.
fn shortcuts(ui: &Ui, state: &Playback) -> (Practice, bool) {
    let pressed = |key| ui.input(|input| input.modifiers == Modifiers::NONE && input.key_pressed(key));
    if state.length <= 0.0 || ui.ctx().text_edit_focused() {
        return (state.practice, state.looping);
    }
    if pressed(Key::A) {
        start_here(state)
    } else if pressed(Key::B) {
        end_here(state)
    } else if pressed(Key::L) {
        (state.practice, !state.looping)
    } else {
        (state.practice, state.looping)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(position: f64, practice: Practice) -> Playback {
        Playback { length: 100.0, position, practice, ..Playback::default() }
    }

    #[test]
    fn a_and_b_are_set_at_the_position_in_any_order() {
        let (first, looping) = start_here(&at(10.0, Practice::default()));
        assert_eq!((first.start, first.end, looping), (Some(10.0), None, false));
        let (both, looping) = end_here(&at(20.0, first));
        assert_eq!((both.start, both.end, looping), (Some(10.0), Some(20.0), true));
        let (later, _) = start_here(&at(30.0, both));
        assert_eq!((later.start, later.end), (Some(30.0), None), "B before A goes");
        let (earlier, _) = end_here(&at(5.0, both));
        assert_eq!((earlier.start, earlier.end), (None, Some(5.0)), "A behind B goes");
    }
}
