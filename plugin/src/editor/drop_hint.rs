//! The hint over the window while files are dragged over it.

use egui::{Id, LayerId, Order, Rect, Stroke, StrokeKind, Ui, Vec2, vec2};

use super::theme;

/// The files that can be dropped; songs where there is a player.
pub fn text(player: bool) -> &'static str {
    if player {
        "Drop a network (.onnx), a preset (.json) or a song"
    } else {
        "Drop a network (.onnx) or a preset (.json)"
    }
}

/// Draws a frame around the window and the hint in its middle.
pub fn show(ui: &Ui, player: bool) {
    const EDGE: f32 = 2.0;
    const AROUND_TEXT: Vec2 = vec2(36.0, 24.0);
    let window = ui.ctx().content_rect();
    let layer = LayerId::new(Order::Tooltip, Id::unique("drop hint"));
    let painter = ui.ctx().layer_painter(layer);
    let edge = Stroke::new(EDGE, theme::ACCENT);
    painter.rect_stroke(window.shrink(EDGE), theme::ROUND, edge, StrokeKind::Inside);
    let line = painter.layout_no_wrap(text(player).into(), theme::font(theme::LARGE), theme::TEXT);
    let panel = Rect::from_center_size(window.center(), line.size() + AROUND_TEXT);
    painter.rect(panel, theme::ROUND, theme::PANEL, Stroke::new(1.0, theme::ACCENT), StrokeKind::Outside);
    painter.galley(panel.center() - 0.5 * line.size(), line, theme::TEXT);
}
