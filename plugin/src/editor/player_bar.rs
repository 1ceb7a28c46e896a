//! The file player's bar, in the standalone program.

use std::path::{Path, PathBuf};

use egui::{Align2, CornerRadius, Id, Rect, Sense, Shape, Stroke, Ui, Vec2, pos2, vec2};

use super::casts::{single, whole};
use super::text_order::visual;
use super::widgets::button;
use super::{practice, separation, theme};
use crate::player::{Playback, Player, Practice};

/// From the bar's edge to its contents.
const INSET: Vec2 = vec2(12.0, 7.0);
/// Widths of the buttons.
const OPEN: f32 = 78.0;
const PLAY: f32 = 40.0;
const LOOP: f32 = 52.0;
const PRACTICE: f32 = 76.0;
const SEPARATE: f32 = 78.0;
/// The title's part of the room beside the buttons, and its greatest width.
const TITLE_PART: f32 = 0.34;
const TITLE: f32 = 260.0;
/// The song's track, its cap and its cap under the pointer, and the gap before the time.
const TRACK: f32 = 6.0;
const CAP: f32 = 5.5;
const CAP_HOVERED: f32 = 7.0;
const TIME_GAP: f32 = 12.0;
/// The mark of the looped passage: its height, and how far above the track it lies.
const PASSAGE: f32 = 3.0;
const PASSAGE_GAP: f32 = 7.0;

/// The id of a control of the bar.
pub fn id(control: &str) -> Id {
    Id::unique(("player", control))
}

/// Minutes and seconds.
pub fn time(seconds: f64) -> String {
    let seconds = whole(seconds);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// What the bar asks the window to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Let the user choose a song.
    Open,
    /// Show this folder in the system's own window.
    Show(PathBuf),
}

/// The bar in `rect`; `space`: the key was pressed. Songs are separated to `folder`.
pub fn show(ui: &Ui, player: &dyn Player, space: bool, folder: &Path, rect: Rect) -> Option<Request> {
    let state = player.playback();
    let painter = ui.painter();
    painter.rect_filled(rect, theme::ROUND, theme::PANEL);
    let inner = rect.shrink2(INSET);
    let mut left = inner.left();
    let mut place = |width: f32| {
        let part = Rect::from_min_size(pos2(left, inner.top()), vec2(width, inner.height()));
        left += width + theme::GAP;
        part
    };
    let open = button::show(ui, id("open"), place(OPEN), "Open…", false, theme::ACCENT)
        .on_hover_text("Open a song: WAV, FLAC, MP3, AAC, ALAC, AIFF, Ogg, Opus, Matroska and others")
        .clicked();
    let ready = state.length > 0.0;
    let play = place(PLAY);
    let hint = if state.playing { "Pause (space)" } else { "Play (space)" };
    let clicked =
        button::show(ui, id("play"), play, "", state.playing, theme::ACCENT).on_hover_text(hint).clicked();
    play_sign(ui, play, state.playing);
    if ready && (clicked || space) {
        player.play(!state.playing);
    }
    let looping = button::show(ui, id("loop"), place(LOOP), "Loop", state.looping, theme::ACCENT);
    if looping.on_hover_text("Begin again at the end").clicked() {
        player.set_looping(!state.looping);
    }
    practice::show(ui, player, &state, place(PRACTICE));
    let shown = separation::show(ui, player, &state, folder, place(SEPARATE));
    let room = Rect::from_min_max(pos2(left + 4.0, inner.top()), inner.max);
    let title_width = (TITLE_PART * room.width()).min(TITLE);
    let (text, track) = room.split_left_right_at_x(room.left() + title_width);
    title(ui, &state, text);
    position(ui, player, &state, track);
    if open { Some(Request::Open) } else { shown.map(Request::Show) }
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
        Playback { learning: Some(line), .. } => line.as_str(),
        Playback { title, .. } if title.is_empty() => "No song open",
        Playback { title, .. } => title.as_str(),
    };
    let colour = if state.length > 0.0 { theme::TEXT } else { theme::WEAK };
    let font = theme::font(theme::BODY);
    let text = visual(text);
    ui.painter_at(rect).text(rect.left_center(), Align2::LEFT_CENTER, text, font, colour);
}

/// The position in the song: a track to click and drag.
fn position(ui: &Ui, player: &dyn Player, state: &Playback, rect: Rect) {
    let painter = ui.painter();
    let font = theme::font(theme::SMALL);
    let text = format!("{} / {}", time(state.position), time(state.length));
    let label = painter.text(rect.right_center(), Align2::RIGHT_CENTER, text, font, theme::WEAK);
    let area = Rect::from_min_max(rect.min, pos2(label.left() - TIME_GAP, rect.bottom()));
    let track = Rect::from_center_size(area.center(), vec2(area.width(), TRACK));
    painter.rect_filled(track, CornerRadius::same(3), theme::SUNK);
    if state.length <= 0.0 {
        return;
    }
    passage(ui, state, track);
    let response = ui.interact(area, id("position"), Sense::click_and_drag());
    if let Some(pointer) = response.interact_pointer_pos()
        && (response.clicked() || response.dragged())
    {
        let part = ((pointer.x - track.left()) / track.width()).clamp(0.0, 1.0);
        player.seek(f64::from(part) * state.length);
    }
    let part = single((state.position / state.length).clamp(0.0, 1.0));
    let here = pos2(track.left() + part * track.width(), track.center().y);
    let done = Rect::from_min_max(track.min, pos2(here.x, track.bottom()));
    painter.rect_filled(done, CornerRadius::same(3), theme::ACCENT);
    painter.circle_filled(here, if response.hovered() { CAP_HOVERED } else { CAP }, theme::ACCENT);
    response.on_hover_text("Position in the song");
}

/// The passage from A to B, above the track.
fn passage(ui: &Ui, state: &Playback, track: Rect) {
    let Practice { start, end, .. } = state.practice;
    if start.is_none() && end.is_none() {
        return;
    }
    let x = |seconds: f64| track.left() + single((seconds / state.length).clamp(0.0, 1.0)) * track.width();
    let left = start.map_or(track.left(), x);
    let right = end.map_or(track.right(), x);
    let colour = if state.looping { theme::ACCENT } else { theme::WEAK };
    let bar = Rect::from_min_max(
        pos2(left, track.top() - PASSAGE_GAP),
        pos2(right, track.top() - PASSAGE_GAP + PASSAGE),
    );
    ui.painter().rect_filled(bar, CornerRadius::ZERO, colour);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_minutes_and_seconds() {
        assert_eq!(time(0.0), "0:00");
        assert_eq!(time(65.9), "1:05");
        assert_eq!(time(3600.0), "60:00");
        assert_eq!(time(-1.0), "0:00");
    }
}
