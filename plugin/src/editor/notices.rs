//! Lines about what is not as it should be, which stay until they are seen.

use std::collections::VecDeque;

use egui::{Align2, Id, Rect, Ui, pos2, vec2};

use super::{switch, theme};

/// Most lines that wait. A fault that repeats must not fill the memory.
const MOST: usize = 8;

/// The id of the button that takes a line away.
pub fn seen_id() -> Id {
    Id::unique("notice seen")
}

/// Lines that wait to be seen, oldest first, each once.
#[derive(Default)]
pub struct Notices {
    lines: VecDeque<String>,
    /// Conditions that hold at present: they speak once when they begin.
    holding: Vec<&'static str>,
}

impl Notices {
    /// Adds a line unless it waits already.
    pub fn add(&mut self, line: impl Into<String>) {
        let line = line.into();
        if !self.lines.contains(&line) && self.lines.len() < MOST {
            self.lines.push_back(line);
        }
    }

    /// Adds `line` when a condition begins to hold. Taken away, the line comes back only if the condition ends and
    /// begins again.
    pub fn condition(&mut self, name: &'static str, holds: bool, line: impl FnOnce() -> String) {
        let held = self.holding.contains(&name);
        if holds && !held {
            self.holding.push(name);
            self.add(line());
        } else if !holds && held {
            self.holding.retain(|other| *other != name);
        }
    }

    /// As [`Notices::condition`], for what is no fault and passes by itself: the line goes when the condition ends.
    pub fn passing(&mut self, name: &'static str, holds: bool, line: &str) {
        self.condition(name, holds, || line.to_owned());
        if !holds {
            self.lines.retain(|waiting| waiting != line);
        }
    }

    /// The line that is to be shown.
    pub fn current(&self) -> Option<&str> {
        self.lines.front().map(String::as_str)
    }

    /// The line that was shown has been seen.
    pub fn seen(&mut self) {
        self.lines.pop_front();
    }

    /// Draws the current line in `rect`, with a button that takes it away.
    pub fn show(&mut self, ui: &Ui, rect: Rect) {
        let Some(line) = self.current() else { return };
        let painter = ui.painter_at(rect);
        painter.rect_filled(rect, theme::SOFT, theme::PANEL);
        let edge = Rect::from_min_size(rect.min, vec2(4.0, rect.height()));
        painter.rect_filled(edge, 2.0, theme::WARNING);
        let waiting = self.lines.len() - 1;
        let label = if waiting > 0 { format!("Seen ({waiting} more)") } else { "Seen".into() };
        let width = if waiting > 0 { 104.0 } else { 60.0 };
        let button = Rect::from_min_max(
            pos2(rect.right() - width - 4.0, rect.top() + 4.0),
            rect.right_bottom() - vec2(4.0, 4.0),
        );
        let text = Rect::from_min_max(rect.min + vec2(14.0, 0.0), pos2(button.left() - 8.0, rect.bottom()));
        let galley = painter.layout_no_wrap(line.to_owned(), theme::font(theme::BODY), theme::WARNING);
        let shortened = galley.size().x > text.width();
        ui.painter_at(text).galley(
            Align2::LEFT_CENTER.anchor_size(text.left_center(), galley.size()).min,
            galley,
            theme::WARNING,
        );
        if shortened {
            // A line that is wider than the window can be read by pointing at it.
            let whole = line.to_owned();
            ui.interact(text, seen_id().with("text"), egui::Sense::hover()).on_hover_text(whole);
        }
        if switch::button(ui, seen_id(), button, &label, false, theme::WARNING).clicked() {
            self.seen();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_until_it_is_seen_and_is_not_repeated() {
        let mut notices = Notices::default();
        notices.add("one");
        notices.add("one");
        notices.add("two");
        assert_eq!(notices.current(), Some("one"));
        notices.seen();
        assert_eq!(notices.current(), Some("two"));
        notices.seen();
        assert_eq!(notices.current(), None);
    }

    #[test]
    fn a_condition_speaks_once_each_time_it_begins() {
        let mut notices = Notices::default();
        let line = || "broken".to_owned();
        notices.condition("network", true, line);
        notices.seen();
        notices.condition("network", true, line);
        assert_eq!(notices.current(), None, "seen while it holds");
        notices.condition("network", false, line);
        assert_eq!(notices.current(), None);
        notices.condition("network", true, line);
        assert_eq!(notices.current(), Some("broken"));
    }

    #[test]
    fn what_passes_by_itself_goes_when_it_has_passed() {
        let mut notices = Notices::default();
        notices.add("error");
        notices.passing("wait", true, "waiting");
        notices.seen();
        assert_eq!(notices.current(), Some("waiting"));
        notices.passing("wait", false, "waiting");
        assert_eq!(notices.current(), None);
        notices.passing("wait", true, "waiting");
        notices.seen();
        notices.passing("wait", true, "waiting");
        assert_eq!(notices.current(), None, "seen, and it still holds");
    }
}
