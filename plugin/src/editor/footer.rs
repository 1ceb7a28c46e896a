//! The footer: focus, stem tap, output gain and its meter, bypass, A/B, presets.

use egui::{Align2, CornerRadius, Id, Rect, Stroke, Ui, pos2, vec2};
use nice_plug::prelude::{FloatParam, Param};

use super::compare::Compare;
use super::controls::Controls;
use super::meter::Meter;
use super::preset_menu::{self, PresetMenu};
use super::slider::{self, Axis, Feel};
use super::switch::{self, Choice};
use super::{entry, theme};
use crate::display::{Level, OUTPUT};
use crate::instance::Instance;
use crate::params::StemTap;

/// The id of a control of the footer.
pub fn id(control: &str) -> Id {
    Id::unique(("footer", control))
}

/// What the footer keeps from frame to frame.
#[derive(Default)]
pub struct Footer {
    /// Meter of the main output.
    pub output: Meter,
    /// A and B.
    pub compare: Compare,
    /// The presets' menu.
    pub presets: PresetMenu,
}

impl Footer {
    /// Takes the main output's levels in.
    pub fn hear(&mut self, instance: &Instance, now: f64) {
        let levels: [Level; 2] = instance.display.levels.read(OUTPUT);
        self.output.update(levels, now);
    }

    /// Draws the footer in `rect`.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        controls: &mut Controls<'_>,
        instance: &Instance,
        rect: Rect,
        narrow: bool,
    ) -> Option<preset_menu::Request> {
        ui.painter().rect_filled(rect, theme::ROUND, theme::PANEL);
        let inner = rect.shrink2(vec2(12.0, 8.0));
        let rows = if narrow { 2.0 } else { 1.0 };
        let height = (inner.height() - 8.0 * (rows - 1.0)) / rows;
        let first = Rect::from_min_size(inner.min, vec2(inner.width(), height));
        let second = first.translate(vec2(0.0, height + 8.0));
        let (focus, tap, output, bypass, compare, presets);
        if narrow {
            [focus, tap, output] = split(first, [1.0, 0.9, 1.25]);
            [bypass, compare, presets] = split(second, [0.7, 1.0, 1.6]);
        } else {
            [focus, tap, output, bypass, compare, presets] = split(inner, [1.15, 0.95, 1.45, 0.5, 0.62, 0.9]);
        }
        self.focus(ui, controls, instance, focus);
        tap_choice(ui, controls, instance, tap);
        self.output(ui, controls, instance, output);
        let button = |rect: Rect| Rect::from_center_size(rect.center(), vec2(rect.width(), 30.0));
        let hint = "Hear the delayed input: the host's bypass";
        let param = &instance.params.bypass;
        let lit = theme::WARNING;
        switch::toggle(ui, controls, param, id("bypass"), button(bypass), ("Bypass", hint), lit);
        self.compare(ui, controls, instance, button(compare));
        self.presets.show(ui, controls, instance, button(presets))
    }

    fn focus(&self, ui: &mut Ui, controls: &mut Controls<'_>, instance: &Instance, rect: Rect) {
        let hint = "Softer separation with fewer artefacts (left) to harder with less bleed (right); 50 % is the \
                    network's own. A double click resets.";
        let param = &instance.params.focus;
        knobless(ui, controls, param, ("Focus", "focus", hint), 0.05, rect, None);
    }

    fn output(&mut self, ui: &mut Ui, controls: &mut Controls<'_>, instance: &Instance, rect: Rect) {
        let hint = "Gain of the main output only. A double click sets 0 dB.";
        let param = &instance.params.output_gain;
        knobless(ui, controls, param, ("Output", "output_gain", hint), 1.0, rect, Some(&mut self.output));
    }

    fn compare(&mut self, ui: &Ui, controls: &mut Controls<'_>, instance: &Instance, rect: Rect) {
        let params = &instance.params;
        let width = (rect.width() - 8.0) / 3.0;
        let part = |index: f32| {
            Rect::from_min_size(rect.min + vec2(index * (width + 4.0), 0.0), vec2(width, rect.height()))
        };
        let second = self.compare.is_second();
        for (index, letter) in ["A", "B"].into_iter().enumerate() {
            let lit = (index == 1) == second;
            let hint = "Go back and forth between two settings of everything but mode and bypass";
            let response = switch::button(ui, id(letter), part(index as f32), letter, lit, theme::ACCENT);
            if response.on_hover_text(hint).clicked() && !lit {
                self.compare.swap(controls, params);
            }
        }
        let (from, to) = if second { ("B", "A") } else { ("A", "B") };
        let copy = switch::button(ui, id("copy"), part(2.0), "", false, theme::ACCENT);
        arrow(ui, part(2.0), second);
        if copy.on_hover_text(format!("Copy {from} to {to}")).clicked() {
            self.compare.copy(params);
        }
    }
}

/// An arrow from A to B, or back.
fn arrow(ui: &Ui, rect: Rect, back: bool) {
    let way = if back { -1.0 } else { 1.0 };
    let stroke = Stroke::new(1.5, theme::TEXT);
    let centre = rect.center();
    let (tail, tip) = (centre - vec2(6.0 * way, 0.0), centre + vec2(6.0 * way, 0.0));
    ui.painter().line_segment([tail, tip], stroke);
    for side in [-4.0, 4.0] {
        ui.painter().line_segment([tip, tip + vec2(-4.0 * way, side)], stroke);
    }
}

/// Cuts a row into parts of these weights with space between them.
fn split<const N: usize>(rect: Rect, weights: [f32; N]) -> [Rect; N] {
    let gap = 14.0;
    let unit = (rect.width() - gap * (N - 1) as f32) / weights.iter().sum::<f32>();
    let mut left = rect.left();
    weights.map(|weight| {
        let part = Rect::from_min_size(pos2(left, rect.top()), vec2(unit * weight, rect.height()));
        left = part.right() + gap;
        part
    })
}

fn caption(ui: &Ui, at: Rect, text: &str) {
    let place = pos2(at.left(), at.top() + 7.0);
    ui.painter().text(place, Align2::LEFT_CENTER, text, theme::font(theme::SMALL), theme::WEAK);
}

/// A slider with caption above and value beside it, and a meter below where there is one.
fn knobless(
    ui: &mut Ui,
    controls: &mut Controls<'_>,
    param: &FloatParam,
    (name, control, hint): (&str, &str, &str),
    step: f32,
    rect: Rect,
    meter: Option<&mut Meter>,
) {
    caption(ui, rect, name);
    let value = Rect::from_min_max(
        pos2(rect.right() - 74.0, rect.center().y - 13.0),
        pos2(rect.right(), rect.center().y + 13.0),
    );
    let way =
        Rect::from_min_max(pos2(rect.left(), rect.top() + 14.0), pos2(value.left() - 10.0, rect.bottom()));
    let track = Rect::from_center_size(
        way.center() + vec2(0.0, if meter.is_some() { -6.0 } else { 0.0 }),
        vec2(way.width(), 5.0),
    );
    let travel = track.shrink2(vec2(8.0, 0.0));
    let feel = Feel { axis: Axis::Horizontal, length: travel.width(), step };
    let response = slider::interact(ui, controls, param, id(control), way, feel);
    let painter = ui.painter();
    painter.rect_filled(track, CornerRadius::same(2), theme::SUNK);
    let x = |normalized: f32| travel.left() + travel.width() * normalized;
    let start = x(param.default_normalized_value());
    let heard = x(param.modulated_normalized_value());
    let lit = Rect::from_two_pos(pos2(start, track.top()), pos2(heard, track.bottom()));
    painter.rect_filled(lit, CornerRadius::same(2), theme::ACCENT);
    painter.vline(start, (track.top() - 3.0)..=(track.bottom() + 3.0), Stroke::new(1.0, theme::WEAK));
    let here = pos2(x(param.unmodulated_normalized_value()), track.center().y);
    let height = if meter.is_some() { 15.0 } else { 18.0 };
    let cap = Rect::from_center_size(here, vec2(12.0, height));
    let fill = if response.hovered() || response.dragged() { theme::ACCENT } else { theme::WEAK };
    painter.rect_filled(cap, CornerRadius::same(3), fill);
    painter.vline(here.x, cap.shrink(4.0).y_range(), Stroke::new(1.5, theme::ON_LIT));
    switch::focus_ring(ui, &response, cap);
    response.on_hover_text(hint);
    entry::value(ui, controls, param, id(control).with("value"), value, theme::BODY);
    if let Some(meter) = meter {
        let bars =
            Rect::from_min_max(pos2(way.left(), rect.bottom() - 9.0), pos2(way.right(), rect.bottom()));
        meter.lying(ui, id("output meter"), bars);
    }
}

fn tap_choice(ui: &Ui, controls: &mut Controls<'_>, instance: &Instance, rect: Rect) {
    caption(ui, rect, "Stem outputs");
    let choices = [
        Choice {
            value: StemTap::PreLevel,
            label: "Pre",
            hint: "The four stem outputs hear the stems as separated: they sum to the input",
        },
        Choice {
            value: StemTap::PostLevel,
            label: "Post",
            hint: "The four stem outputs hear the stems after level, mute and solo",
        },
    ];
    let row = Rect::from_min_max(pos2(rect.left(), rect.bottom() - 25.0), rect.max);
    switch::choices(ui, controls, &instance.params.stem_tap, id("stem_tap"), row, &choices);
}
