//! What the window shows while files are held over it.

use egui::{Id, LayerId, Order, Rect, Stroke, StrokeKind, Ui, vec2};

use super::theme;

/// What may be let go here; a song where there is a player.
pub fn text(player: bool) -> &'static str {
    if player {
        "Drop a network (.onnx), a preset (.json) or a song"
    } else {
        "Drop a network (.onnx) or a preset (.json)"
    }
}

/// Draws a frame around everything, and in its middle what may be let go here.
pub fn show(ui: &Ui, player: bool) {
    let window = ui.ctx().content_rect();
    let layer = LayerId::new(Order::Tooltip, Id::unique("drop hint"));
    let painter = ui.ctx().layer_painter(layer);
    let edge = Stroke::new(2.0, theme::ACCENT);
    painter.rect_stroke(window.shrink(2.0), theme::ROUND, edge, StrokeKind::Inside);
    let line = painter.layout_no_wrap(text(player).into(), theme::font(theme::LARGE), theme::TEXT);
    let panel = Rect::from_center_size(window.center(), line.size() + vec2(36.0, 24.0));
    painter.rect(panel, theme::ROUND, theme::PANEL, Stroke::new(1.0, theme::ACCENT), StrokeKind::Outside);
    painter.galley(panel.center() - 0.5 * line.size(), line, theme::TEXT);
}
