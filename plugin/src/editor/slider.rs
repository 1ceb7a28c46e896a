//! Moving a value by pointer, wheel and keys, apart from how it looks.

use egui::{Event, EventFilter, Id, Key, Modifiers, MouseWheelUnit, Rect, Response, Sense, Ui};
use nice_plug::prelude::{FloatParam, Param};

use super::controls::Controls;

/// How much less a movement does with shift held.
const FINE: f32 = 0.1;

/// Which way is up.
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
    /// Which way is up.
    pub axis: Axis,
    /// Points of movement that stand for the whole range.
    pub length: f32,
    /// Change in the parameter's own unit for one notch of the wheel and one arrow key; a tenth of it with shift, six
    /// times with page up and down.
    pub step: f32,
}

/// Where a drag stands, in unrounded normalized values: steps of the parameter must not swallow slow movements.
#[derive(Clone, Copy, Default)]
struct Drag(f32);

/// Makes `rect` move `param`: dragging (from where the value is, it never jumps), shift for fine, wheel, a double click
/// or delete to reset; with the keyboard's focus arrows, page up and down, home and end.
pub fn interact(
    ui: &Ui,
    controls: &mut Controls<'_>,
    param: &FloatParam,
    id: Id,
    rect: Rect,
    feel: Feel,
) -> Response {
    let response = ui.interact(rect, id, Sense::click_and_drag());
    if response.double_clicked() {
        controls.reset(param);
        return response;
    }
    if response.drag_started() {
        controls.begin(param);
        ui.data_mut(|data| data.insert_temp(id, Drag(param.unmodulated_normalized_value())));
        response.request_focus();
    }
    if response.dragged()
        && let Some(Drag(from)) = ui.data(|data| data.get_temp(id))
    {
        let delta = response.drag_delta();
        let moved = if feel.axis == Axis::Vertical { -delta.y } else { delta.x };
        let fine = if ui.input(|input| input.modifiers.shift) { FINE } else { 1.0 };
        let to = (from + fine * moved / feel.length).clamp(0.0, 1.0);
        ui.data_mut(|data| data.insert_temp(id, Drag(to)));
        controls.set(param, to);
    }
    if response.drag_stopped() {
        ui.data_mut(|data| data.remove_temp::<Drag>(id));
        controls.end(param);
    }
    if response.clicked() {
        response.request_focus();
    }
    if response.contains_pointer() {
        step(controls, param, feel.step * wheel(ui));
    }
    if response.has_focus() {
        keys(ui, controls, param, id, feel);
    }
    response
}

/// Moves `param` by `steps` of its own unit.
fn step(controls: &mut Controls<'_>, param: &FloatParam, steps: f32) {
    if steps != 0.0 {
        controls.once_plain(param, param.unmodulated_plain_value() + steps);
    }
}

/// Notches the wheel was turned this frame, tenths with shift. Systems turn a wheel with shift held into a sideways one.
fn wheel(ui: &Ui) -> f32 {
    ui.input(|input| {
        let notches = input.events.iter().map(|event| match event {
            Event::MouseWheel { unit, delta, modifiers, .. } => {
                let moved = if delta.y == 0.0 { delta.x } else { delta.y };
                let notches = match unit {
                    MouseWheelUnit::Line => moved,
                    MouseWheelUnit::Point => moved / 40.0,
                    MouseWheelUnit::Page => 6.0 * moved,
                };
                if modifiers.shift { FINE * notches } else { notches }
            }
            _ => 0.0,
        });
        notches.sum()
    })
}

fn keys(ui: &Ui, controls: &mut Controls<'_>, param: &FloatParam, id: Id, feel: Feel) {
    // Else arrows would move the focus.
    let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..Default::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    // Shift first: egui takes a key without modifiers for one with shift, too.
    let count = |key| {
        ui.input_mut(|input| {
            let fine = input.count_and_consume_key(Modifiers::SHIFT, key) as f32;
            FINE * fine + input.count_and_consume_key(Modifiers::NONE, key) as f32
        })
    };
    let up = count(Key::ArrowUp) + count(Key::ArrowRight) + 6.0 * count(Key::PageUp);
    let down = count(Key::ArrowDown) + count(Key::ArrowLeft) + 6.0 * count(Key::PageDown);
    step(controls, param, feel.step * (up - down));
    if count(Key::Home) > 0.0 {
        controls.once(param, 0.0);
    }
    if count(Key::End) > 0.0 {
        controls.once(param, 1.0);
    }
    if count(Key::Delete) + count(Key::Backspace) > 0.0 {
        controls.reset(param);
    }
}
