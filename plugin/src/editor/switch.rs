//! Buttons that are on or off, and rows of them of which one is on.

use egui::{Align2, Color32, Id, Rect, Response, Sense, Stroke, StrokeKind, Ui, pos2};
use nice_plug::prelude::{BoolParam, Enum, EnumParam, Param};

use super::controls::Controls;
use super::theme;

/// Draws a button with `label` that is lit in `colour` when `on`. It can be pressed by the pointer and, when the
/// keyboard's focus is on it, by space and return.
pub fn button(ui: &Ui, id: Id, rect: Rect, label: &str, on: bool, colour: Color32) -> Response {
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

/// Shows where the keyboard's focus is.
pub fn focus_ring(ui: &Ui, response: &Response, rect: Rect) {
    if response.has_focus() {
        let stroke = Stroke::new(1.5, theme::ACCENT);
        ui.painter().rect_stroke(rect.expand(1.5), theme::SOFT, stroke, StrokeKind::Outside);
    }
}

/// A [`button`] that turns a parameter on and off; `hint` says what that means.
pub fn toggle(
    ui: &Ui,
    controls: &mut Controls<'_>,
    param: &BoolParam,
    id: Id,
    rect: Rect,
    (label, hint): (&str, &str),
    colour: Color32,
) -> Response {
    let response = button(ui, id, rect, label, param.value(), colour).on_hover_text(hint);
    if response.clicked() {
        controls.once_plain(param, !param.value());
    }
    response
}

/// One of the choices of a row.
pub struct Choice<T> {
    /// What choosing it sets.
    pub value: T,
    /// What it is called.
    pub label: &'static str,
    /// What it means.
    pub hint: &'static str,
}

/// A row of choices in `rect` of which exactly one is lit.
pub fn choices<T: Enum + PartialEq + Copy + 'static>(
    ui: &Ui,
    controls: &mut Controls<'_>,
    param: &EnumParam<T>,
    id: Id,
    rect: Rect,
    choices: &[Choice<T>],
) {
    ui.painter().rect_filled(rect, theme::SOFT, theme::RAISED);
    let width = rect.width() / choices.len() as f32;
    for (index, choice) in choices.iter().enumerate() {
        let left = rect.left() + width * index as f32;
        let part = Rect::from_min_max(pos2(left, rect.top()), pos2(left + width, rect.bottom()));
        let chosen = param.value() == choice.value;
        let response = button(ui, id.with(index), part, choice.label, chosen, theme::ACCENT);
        if response.on_hover_text(choice.hint).clicked() && !chosen {
            controls.once(param, param.preview_normalized(choice.value));
        }
    }
}
