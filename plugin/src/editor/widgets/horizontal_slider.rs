//! Sliders from left to right: a track with a mark at the default, a cap, and the value beside it.

use egui::{Color32, CornerRadius, Id, Rect, Response, Stroke, Ui, Vec2, pos2, vec2};
use nice_plug::prelude::{FloatParam, Param};

use super::slider::{self, Axis, Feel};
use super::{button, value_field};
use crate::editor::param_gestures::ParamGestures;
use crate::editor::theme;

/// Size of the value's field, and the gap before it.
pub const VALUE: Vec2 = vec2(74.0, 26.0);
pub const VALUE_GAP: f32 = 10.0;
/// The track, the ends of the cap's travel, and the mark of the default.
const TRACK: f32 = 5.0;
const TRAVEL_INSET: f32 = 8.0;
const DEFAULT_MARK: f32 = 3.0;

/// How a slider looks and moves.
pub struct Look {
    /// Colour of the part between default and value.
    pub colour: Color32,
    /// Size of the cap.
    pub cap: Vec2,
    /// From the middle of the area up to the middle of the track.
    pub raised: f32,
    /// Change for a notch of the wheel, see [`Feel::step`].
    pub step: f32,
}

impl Default for Look {
    fn default() -> Self {
        Self { colour: theme::ACCENT, cap: vec2(12.0, 18.0), raised: 0.0, step: 0.05 }
    }
}

/// The slider of `param` in `area`, its value in `value`, known to tests by `id` and `id.with("value")`.
pub fn show(
    ui: &mut Ui,
    gestures: &mut ParamGestures<'_>,
    param: &FloatParam,
    id: Id,
    [area, value]: [Rect; 2],
    look: &Look,
) -> Response {
    let track = Rect::from_center_size(area.center() - vec2(0.0, look.raised), vec2(area.width(), TRACK));
    let travel = track.shrink2(vec2(TRAVEL_INSET, 0.0));
    let feel = Feel { axis: Axis::Horizontal, length: travel.width(), step: look.step };
    let response = slider::interact(ui, gestures, param, id, area, feel);
    let painter = ui.painter();
    painter.rect_filled(track, theme::SMALL_CORNER, theme::SUNK);
    let x = |normalized: f32| travel.left() + travel.width() * normalized;
    let default = x(param.default_normalized_value());
    let modulated = x(param.modulated_normalized_value());
    let lit = Rect::from_two_pos(pos2(default, track.top()), pos2(modulated, track.bottom()));
    painter.rect_filled(lit, theme::SMALL_CORNER, look.colour);
    painter.vline(default, track.y_range().expand(DEFAULT_MARK), Stroke::new(1.0, theme::WEAK));
    let here = pos2(x(param.unmodulated_normalized_value()), track.center().y);
    let cap = Rect::from_center_size(here, look.cap);
    let fill = if response.hovered() || response.dragged() { theme::ACCENT } else { theme::WEAK };
    painter.rect_filled(cap, CornerRadius::same(3), fill);
    painter.vline(here.x, cap.shrink(4.0).y_range(), Stroke::new(1.5, theme::ON_LIT));
    button::focus_ring(ui, &response, cap);
    value_field::show(ui, gestures, param, id.with("value"), value, theme::BODY);
    response
}
