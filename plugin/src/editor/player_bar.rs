//! The file player's bar, in the standalone program.

use egui::{Align2, CornerRadius, Id, Rect, Sense, Shape, Stroke, Ui, pos2, vec2};

use super::{switch, theme};
use crate::player::{Playback, Player};

/// The id of a control of the bar.
pub fn id(control: &str) -> Id {
    Id::unique(("player", control))
}

/// Minutes and seconds.
pub fn time(seconds: f64) -> String {
    let whole = seconds.max(0.0) as u64;
    format!("{}:{:02}", whole / 60, whole % 60)
}

/// Draws the bar in `rect`. Returns whether the user wants to open a song.
pub fn show(ui: &Ui, player: &dyn Player, rect: Rect) -> bool {
    let state = player.playback();
    let painter = ui.painter();
    painter.rect_filled(rect, theme::ROUND, theme::PANEL);
    let inner = rect.shrink2(vec2(12.0, 7.0));
    let mut left = inner.left();
    let mut button = |width: f32| {
        let part = Rect::from_min_size(pos2(left, inner.top()), vec2(width, inner.height()));
        left += width + 8.0;
        part
    };
    let open = switch::button(ui, id("open"), button(78.0), "Open…", false, theme::ACCENT)
        .on_hover_text("Open a song (WAV, FLAC, MP3, Ogg Vorbis)")
        .clicked();
    let ready = state.length > 0.0;
    let play = button(40.0);
    let hint = if state.playing { "Pause (space)" } else { "Play (space)" };
    let clicked =
        switch::button(ui, id("play"), play, "", state.playing, theme::ACCENT).on_hover_text(hint).clicked();
    play_sign(ui, play, state.playing);
    let space = !ui.ctx().text_edit_focused()
        && ui.memory(|memory| memory.focused().is_none())
        && ui.input(|input| input.key_pressed(egui::Key::Space));
    if ready && (clicked || space) {
        player.play(!state.playing);
    }
    let looping = switch::button(ui, id("loop"), button(52.0), "Loop", state.looping, theme::ACCENT);
    if looping.on_hover_text("Begin again at the end").clicked() {
        player.set_looping(!state.looping);
    }
    let rest = Rect::from_min_max(pos2(left + 4.0, inner.top()), inner.max);
    let title_width = (0.34 * rest.width()).min(260.0);
    let (words, way) = rest.split_left_right_at_x(rest.left() + title_width);
    title(ui, &state, words);
    position(ui, player, &state, way);
    open
}

fn play_sign(ui: &Ui, rect: Rect, playing: bool) {
    let centre = rect.center();
    if playing {
        for side in [-4.0, 4.0] {
            let bar = Rect::from_center_size(centre + vec2(side, 0.0), vec2(4.0, 13.0));
            ui.painter().rect_filled(bar, CornerRadius::ZERO, theme::ON_LIT);
        }
    } else {
        let points = [vec2(-5.0, -7.0), vec2(7.0, 0.0), vec2(-5.0, 7.0)].map(|offset| centre + offset);
        ui.painter().add(Shape::convex_polygon(points.to_vec(), theme::TEXT, Stroke::NONE));
    }
}

fn title(ui: &Ui, state: &Playback, rect: Rect) {
    let text = match state {
        Playback { loading: true, .. } => "Reading…",
        Playback { title, .. } if title.is_empty() => "No song open",
        Playback { title, .. } => title,
    };
    let colour = if state.length > 0.0 { theme::TEXT } else { theme::WEAK };
    let font = theme::font(theme::BODY);
    ui.painter_at(rect).text(rect.left_center(), Align2::LEFT_CENTER, text, font, colour);
}

/// The place in the song: a track that can be clicked and dragged.
fn position(ui: &Ui, player: &dyn Player, state: &Playback, rect: Rect) {
    let painter = ui.painter();
    let font = theme::font(theme::SMALL);
    let text = format!("{} / {}", time(state.position), time(state.length));
    let label = painter.text(rect.right_center(), Align2::RIGHT_CENTER, text, font, theme::WEAK);
    let way = Rect::from_min_max(rect.min, pos2(label.left() - 12.0, rect.bottom()));
    let track = Rect::from_center_size(way.center(), vec2(way.width(), 6.0));
    painter.rect_filled(track, CornerRadius::same(3), theme::SUNK);
    if state.length <= 0.0 {
        return;
    }
    let response = ui.interact(way, id("position"), Sense::click_and_drag());
    if let Some(pointer) = response.interact_pointer_pos()
        && (response.clicked() || response.dragged())
    {
        let part = ((pointer.x - track.left()) / track.width()).clamp(0.0, 1.0);
        player.seek(f64::from(part) * state.length);
    }
    let part = (state.position / state.length).clamp(0.0, 1.0) as f32;
    let here = pos2(track.left() + part * track.width(), track.center().y);
    let done = Rect::from_min_max(track.min, pos2(here.x, track.bottom()));
    painter.rect_filled(done, CornerRadius::same(3), theme::ACCENT);
    painter.circle_filled(here, if response.hovered() { 7.0 } else { 5.5 }, theme::ACCENT);
    response.on_hover_text("Place in the song");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_on_a_player() {
        assert_eq!(time(0.0), "0:00");
        assert_eq!(time(65.9), "1:05");
        assert_eq!(time(3600.0), "60:00");
        assert_eq!(time(-1.0), "0:00");
    }
}
