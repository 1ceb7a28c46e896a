//! Messages that stay until they are dismissed.

use std::collections::VecDeque;

use egui::{Align2, Id, Rect, Sense, Ui, pos2, vec2};

use super::text_order::visual;
use super::theme;
use super::widgets::button;

/// Most messages kept: a fault that repeats must not fill the memory.
const MOST: usize = 8;

/// The line of colour at the left edge; from there to the text; around the button; and the button's widths.
const EDGE: f32 = 4.0;
const TEXT_INSET: f32 = 14.0;
const BUTTON_INSET: f32 = 4.0;
const BUTTON: f32 = 76.0;
const BUTTON_WITH_COUNT: f32 = 132.0;

/// The id of the button that dismisses a message.
pub fn dismiss_id() -> Id {
    Id::unique("dismiss notice")
}

/// Messages, oldest first, each once.
#[derive(Default)]
pub struct Notices {
    lines: VecDeque<String>,
    /// Conditions that hold at present.
    holding: Vec<&'static str>,
}

impl Notices {
    /// Adds a message unless it is there already.
    pub fn add(&mut self, line: impl Into<String>) {
        let line = line.into();
        if !self.lines.contains(&line) && self.lines.len() < MOST {
            self.lines.push_back(line);
        }
    }

    /// Adds a message when a condition begins to hold. A dismissed one comes back only if the condition ends and begins
    /// again.
    pub fn condition(&mut self, name: &'static str, holds: bool, line: impl FnOnce() -> String) {
        let held = self.holding.contains(&name);
        if holds && !held {
            self.holding.push(name);
            self.add(line());
        } else if !holds && held {
            self.holding.retain(|other| *other != name);
        }
    }

    /// As [`Notices::condition`], for a state that passes by itself: the message goes when the condition ends.
    pub fn passing(&mut self, name: &'static str, holds: bool, line: &str) {
        self.condition(name, holds, || line.to_owned());
        if !holds {
            self.lines.retain(|waiting| waiting != line);
        }
    }

    /// The oldest message.
    pub fn current(&self) -> Option<&str> {
        self.lines.front().map(String::as_str)
    }

    /// Removes the oldest message.
    pub fn dismiss(&mut self) {
        self.lines.pop_front();
    }

    /// The oldest message in `rect`, with a button that dismisses it.
    pub fn show(&mut self, ui: &Ui, rect: Rect) {
        let Some(line) = self.current() else { return };
        let painter = ui.painter_at(rect);
        painter.rect_filled(rect, theme::SOFT, theme::PANEL);
        let edge = Rect::from_min_size(rect.min, vec2(EDGE, rect.height()));
        painter.rect_filled(edge, 2.0, theme::WARNING);
        let waiting = self.lines.len() - 1;
        let (label, width) = match waiting {
            0 => ("Dismiss".into(), BUTTON),
            more => (format!("Dismiss ({more} more)"), BUTTON_WITH_COUNT),
        };
        let inner = rect.shrink(BUTTON_INSET);
        let button = Rect::from_min_max(pos2(inner.right() - width, inner.top()), inner.max);
        let text = Rect::from_min_max(
            rect.min + vec2(TEXT_INSET, 0.0),
            pos2(button.left() - theme::GAP, rect.bottom()),
        );
        let galley = painter.layout_no_wrap(visual(line).into(), theme::font(theme::BODY), theme::WARNING);
        let shortened = galley.size().x > text.width();
        ui.painter_at(text).galley(
            Align2::LEFT_CENTER.anchor_size(text.left_center(), galley.size()).min,
            galley,
            theme::WARNING,
        );
        if shortened {
            let whole = visual(line);
            ui.interact(text, dismiss_id().with("text"), Sense::hover()).on_hover_text(whole);
        }
        if button::show(ui, dismiss_id(), button, &label, false, theme::WARNING).clicked() {
            self.dismiss();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_stays_until_it_is_dismissed_and_is_not_repeated() {
        let mut notices = Notices::default();
        notices.add("one");
        notices.add("one");
        notices.add("two");
        assert_eq!(notices.current(), Some("one"));
        notices.dismiss();
        assert_eq!(notices.current(), Some("two"));
        notices.dismiss();
        assert_eq!(notices.current(), None);
    }

    #[test]
    fn a_condition_gives_one_message_each_time_it_begins() {
        let mut notices = Notices::default();
        let line = || "broken".to_owned();
        notices.condition("network", true, line);
        notices.dismiss();
        notices.condition("network", true, line);
        assert_eq!(notices.current(), None, "dismissed while it holds");
        notices.condition("network", false, line);
        assert_eq!(notices.current(), None);
        notices.condition("network", true, line);
        assert_eq!(notices.current(), Some("broken"));
    }

    #[test]
    fn a_passing_state_takes_its_message_with_it() {
        let mut notices = Notices::default();
        notices.add("error");
        notices.passing("wait", true, "waiting");
        notices.dismiss();
        assert_eq!(notices.current(), Some("waiting"));
        notices.passing("wait", false, "waiting");
        assert_eq!(notices.current(), None);
        notices.passing("wait", true, "waiting");
        notices.dismiss();
        notices.passing("wait", true, "waiting");
        assert_eq!(notices.current(), None, "dismissed, and it still holds");
    }
}
