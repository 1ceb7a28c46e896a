//! Buttons that are on or off, and rows of them of which exactly one is on.

use egui::{Align2, Color32, Id, Rect, Response, Sense, Stroke, StrokeKind, Ui, pos2, vec2};
use nice_plug::prelude::{BoolParam, Enum, EnumParam, Param};

use crate::editor::casts::float;
use crate::editor::param_gestures::ParamGestures;
use crate::editor::theme;

/// Width of the ring around what has the keyboard's focus.
const RING: f32 = 1.5;

/// A button with `label`, lit in `colour` when `on`. Pressed by the pointer or, with the keyboard's focus, by return.
pub fn show(ui: &Ui, id: Id, rect: Rect, label: &str, on: bool, colour: Color32) -> Response {
    let response = ui.interact(rect, id, Sense::click());
    let painter = ui.painter();
    let (fill, text) = if on {
        (colour, theme::ON_LIT)
    } else if response.hovered() {
        (theme::HOVERED, theme::TEXT)
    } else {
        (theme::RAISED, theme::TEXT)
    };
    painter.rect_filled(rect, theme::SOFT, fill);
    painter.text(rect.center(), Align2::CENTER_CENTER, label, theme::font(theme::BODY), text);
    focus_ring(ui, &response, rect);
    response
}

/// A ring around `rect` while `response` has the keyboard's focus.
pub fn focus_ring(ui: &Ui, response: &Response, rect: Rect) {
    if response.has_focus() {
        let stroke = Stroke::new(RING, theme::ACCENT);
        ui.painter().rect_stroke(rect.expand(RING), theme::SOFT, stroke, StrokeKind::Outside);
    }
}

/// A button that turns `param` on and off.
pub fn toggle(
    ui: &Ui,
    gestures: &mut ParamGestures<'_>,
    param: &BoolParam,
    id: Id,
    rect: Rect,
    (label, hint): (&str, &str),
    colour: Color32,
) -> Response {
    let response = show(ui, id, rect, label, param.value(), colour).on_hover_text(hint);
    if response.clicked() {
        gestures.once_plain(param, !param.value());
    }
    response
}

/// One choice of a row.
pub struct Choice<T> {
    /// The value that it sets.
    pub value: T,
    /// Text on the button.
    pub label: &'static str,
    /// Text of its tooltip.
    pub hint: &'static str,
}

/// A row of buttons in `rect`, one for each value of `param`.
pub fn choices<T: Enum + PartialEq + Copy + 'static>(
    ui: &Ui,
    gestures: &mut ParamGestures<'_>,
    param: &EnumParam<T>,
    id: Id,
    rect: Rect,
    choices: &[Choice<T>],
) {
    if let Some(value) = choose(ui, param.value(), id, rect, choices) {
        gestures.once(param, param.preview_normalized(value));
    }
}

/// A row of buttons in `rect` of which `current` is lit. Returns another value that was chosen.
pub fn choose<T: PartialEq + Copy>(
    ui: &Ui,
    current: T,
    id: Id,
    rect: Rect,
    choices: &[Choice<T>],
) -> Option<T> {
    ui.painter().rect_filled(rect, theme::SOFT, theme::RAISED);
    let size = vec2(rect.width() / float(choices.len()), rect.height());
    let mut chosen = None;
    for (index, choice) in choices.iter().enumerate() {
        let part = Rect::from_min_size(pos2(rect.left() + size.x * float(index), rect.top()), size);
        let lit = current == choice.value;
        let response = show(ui, id.with(index), part, choice.label, lit, theme::ACCENT);
        if response.on_hover_text(choice.hint).clicked() && !lit {
            chosen = Some(choice.value);
        }
    }
    chosen
}
