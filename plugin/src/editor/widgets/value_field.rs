//! Values that are shown and can be typed.

use egui::{Align2, FontId, Id, Key, Rect, Response, Sense, TextEdit, Ui, UiBuilder};
use nice_plug::prelude::Param;

use super::button;
use crate::editor::param_gestures::ParamGestures;
use crate::editor::theme;

/// The typographic minus.
const MINUS: char = '−';

/// The normalized value of `text`, or `None` if it is no value. Takes the typographic minus and a decimal comma beside what
/// the parameter itself reads.
pub fn read<P: Param>(param: &P, text: &str) -> Option<f32> {
    let text = text.trim().replace(MINUS, "-").replace(',', ".");
    if text.is_empty() { None } else { param.string_to_normalized_value(&text) }
}

/// Text of the parameter's value with its unit.
pub fn text_of<P: Param>(param: &P) -> String {
    let text = param.normalized_value_to_string(param.unmodulated_normalized_value(), true);
    text.replace("-inf", "−∞").replace('-', &MINUS.to_string())
}

/// The value of `param` in `rect`. A click turns it into a text field; return sets what was typed, escape cancels. Text
/// that is no value changes nothing.
pub fn show<P: Param>(
    ui: &mut Ui,
    gestures: &mut ParamGestures<'_>,
    param: &P,
    id: Id,
    rect: Rect,
    size: f32,
) -> Response {
    let font = theme::font(size);
    let typed = ui.data(|data| data.get_temp::<String>(id));
    match typed {
        Some(text) => edit(ui, gestures, param, id, rect, font, text),
        None => {
            let response = ui.interact(rect, id, Sense::click());
            let painter = ui.painter();
            let fill = if response.hovered() { theme::HOVERED } else { theme::SUNK };
            painter.rect_filled(rect, theme::SOFT, fill);
            painter.text(rect.center(), Align2::CENTER_CENTER, text_of(param), font, theme::TEXT);
            button::focus_ring(ui, &response, rect);
            if response.clicked() {
                begin(ui, id, &text_of(param));
            }
            response.on_hover_text("Click to type a value: −3, +1.5 dB, −inf, 50 %")
        }
    }
}

/// Turns the value `id` into a text field that starts with `text`.
pub fn begin(ui: &Ui, id: Id, text: &str) {
    ui.data_mut(|data| data.insert_temp(id, text.to_owned()));
    ui.data_mut(|data| data.insert_temp(id.with("new"), true));
}

fn edit<P: Param>(
    ui: &mut Ui,
    gestures: &mut ParamGestures<'_>,
    param: &P,
    id: Id,
    rect: Rect,
    font: FontId,
    mut text: String,
) -> Response {
    let field = TextEdit::singleline(&mut text)
        .id(id.with("field"))
        .font(font)
        .align(Align2::CENTER_CENTER)
        .desired_width(rect.width());
    let output = ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| field.show(ui)).inner;
    let response = output.response.response.clone();
    if ui.data_mut(|data| data.remove_temp::<bool>(id.with("new"))).is_some() {
        response.request_focus();
        let mut state = output.state;
        let all = egui::text::CCursorRange::two(
            egui::text::CCursor::new(0),
            egui::text::CCursor::new(text.chars().count()),
        );
        state.cursor.set_char_range(Some(all));
        state.store(ui.ctx(), id.with("field"));
    } else if response.lost_focus() || ui.input(|input| input.key_pressed(Key::Enter)) {
        if !ui.input(|input| input.key_pressed(Key::Escape))
            && let Some(normalized) = read(param, &text)
        {
            gestures.once(param, normalized);
        }
        ui.data_mut(|data| data.remove_temp::<String>(id));
        return response;
    }
    ui.data_mut(|data| data.insert_temp(id, text));
    response
}
