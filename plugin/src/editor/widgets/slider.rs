//! Moving a value by pointer, wheel and keys, apart from how it looks.

use egui::{Event, EventFilter, Id, Key, Modifiers, MouseWheelUnit, Rect, Response, Sense, Ui};
use nice_plug::prelude::{FloatParam, Param};

use crate::editor::casts::float;
use crate::editor::param_gestures::ParamGestures;

/// Factor of a movement with shift held.
const FINE: f32 = 0.1;

/// Steps for page up and down.
const PAGE: f32 = 6.0;

/// Points of scrolling that count as one notch of a wheel.
const POINTS_A_NOTCH: f32 = 40.0;

/// Direction in which the value grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// From left to right.
    Horizontal,
    /// From the bottom to the top.
    Vertical,
}

/// How a slider moves.
#[derive(Debug, Clone, Copy)]
pub struct Feel {
    /// Direction in which the value grows.
    pub axis: Axis,
    /// Points of movement for the whole range.
    pub length: f32,
    /// Change in the parameter's own unit for one notch of the wheel or one arrow key; a tenth of it with shift, six
    /// times with page up and down.
    pub step: f32,
}

/// The unrounded normalized value during a drag: steps of the parameter must not swallow slow movements.
#[derive(Clone, Copy, Default)]
struct DragValue(f32);

/// Makes `rect` move `param`: by dragging, relative to the present value; by the wheel; with the keyboard's focus, which a
/// click or tab gives, by arrows, page up and down, home and end. Shift makes movements fine; a double click or delete resets.
pub fn interact(
    ui: &Ui,
    gestures: &mut ParamGestures<'_>,
    param: &FloatParam,
    id: Id,
    rect: Rect,
    feel: Feel,
) -> Response {
    let response = ui.interact(rect, id, Sense::click_and_drag());
    if response.double_clicked() {
        gestures.reset(param);
        return response;
    }
    if response.drag_started() {
        gestures.begin(param);
        ui.data_mut(|data| data.insert_temp(id, DragValue(param.unmodulated_normalized_value())));
    }
    if response.dragged()
        && let Some(DragValue(from)) = ui.data(|data| data.get_temp(id))
    {
        let delta = response.drag_delta();
        let moved = if feel.axis == Axis::Vertical { -delta.y } else { delta.x };
        let fine = if ui.input(|input| input.modifiers.shift) { FINE } else { 1.0 };
        let to = (from + fine * moved / feel.length).clamp(0.0, 1.0);
        ui.data_mut(|data| data.insert_temp(id, DragValue(to)));
        gestures.set(param, to);
    }
    if response.drag_stopped() {
        ui.data_mut(|data| data.remove_temp::<DragValue>(id));
        gestures.end(param);
        // What keeps the focus keeps keys from the host.
        response.surrender_focus();
    }
    if response.clicked() {
        response.request_focus();
    }
    if response.contains_pointer() {
        step(gestures, param, feel.step * wheel(ui));
    }
    if response.has_focus() {
        keys(ui, gestures, param, id, feel);
    }
    response
}

/// Moves `param` by `steps` of its own unit.
fn step(gestures: &mut ParamGestures<'_>, param: &FloatParam, steps: f32) {
    if steps != 0.0 {
        gestures.once_plain(param, param.unmodulated_plain_value() + steps);
    }
}

/// Notches of the wheel in this frame, tenths with shift. Systems turn a wheel with shift held into a sideways one.
fn wheel(ui: &Ui) -> f32 {
    ui.input(|input| {
        let notches = input.events.iter().map(|event| match event {
            Event::MouseWheel { unit, delta, modifiers, .. } => {
                let moved = if delta.y == 0.0 { delta.x } else { delta.y };
                let notches = match unit {
                    MouseWheelUnit::Line => moved,
                    MouseWheelUnit::Point => moved / POINTS_A_NOTCH,
                    MouseWheelUnit::Page => PAGE * moved,
                };
                if modifiers.shift { FINE * notches } else { notches }
            }
            _ => 0.0,
        });
        notches.sum()
    })
}

fn keys(ui: &Ui, gestures: &mut ParamGestures<'_>, param: &FloatParam, id: Id, feel: Feel) {
    // Else arrows would move the focus.
    let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..Default::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    // Shift first: egui takes a key without modifiers for one with shift, too.
    let count = |key| {
        ui.input_mut(|input| {
            let fine = float(input.count_and_consume_key(Modifiers::SHIFT, key));
            FINE * fine + float(input.count_and_consume_key(Modifiers::NONE, key))
        })
    };
    let up = count(Key::ArrowUp) + count(Key::ArrowRight) + PAGE * count(Key::PageUp);
    let down = count(Key::ArrowDown) + count(Key::ArrowLeft) + PAGE * count(Key::PageDown);
    step(gestures, param, feel.step * (up - down));
    if count(Key::Home) > 0.0 {
        gestures.once(param, 0.0);
    }
    if count(Key::End) > 0.0 {
        gestures.once(param, 1.0);
    }
    if count(Key::Delete) + count(Key::Backspace) > 0.0 {
        gestures.reset(param);
    }
}
