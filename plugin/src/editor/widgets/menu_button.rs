//! Buttons that open a menu.

use egui::text::LayoutJob;
use egui::{Id, Rect, Response, Shape, Stroke, Ui, Vec2, pos2, vec2};

use super::button;
use crate::editor::theme;

/// From the button's left edge to its text.
const INSET: f32 = 10.0;
/// From the button's right edge to the middle of the triangle, and the room that the triangle takes from the text.
const TRIANGLE_INSET: f32 = 13.0;
const TRIANGLE_ROOM: f32 = 20.0;
/// The triangle around its middle.
const TRIANGLE: [Vec2; 3] = [vec2(-4.0, -2.5), vec2(4.0, -2.5), vec2(0.0, 3.0)];

/// A button with a triangle. A text that does not fit is shortened.
pub fn show(ui: &Ui, id: Id, rect: Rect, text: &str) -> Response {
    let response = button::show(ui, id, rect, "", false, theme::ACCENT);
    let painter = ui.painter_at(rect);
    let middle = pos2(rect.right() - TRIANGLE_INSET, rect.center().y);
    let triangle = TRIANGLE.map(|offset| middle + offset);
    painter.add(Shape::convex_polygon(triangle.to_vec(), theme::WEAK, Stroke::NONE));
    let mut job = LayoutJob::simple_singleline(text.into(), theme::font(theme::BODY), theme::TEXT);
    job.wrap.max_width = rect.width() - INSET - TRIANGLE_ROOM;
    job.wrap.max_rows = 1;
    job.wrap.break_anywhere = true;
    let galley = painter.layout_job(job);
    painter.galley(pos2(rect.left() + INSET, rect.center().y - galley.size().y / 2.0), galley, theme::TEXT);
    response
}
