//! The footer: focus, stem tap, output gain and its meter, bypass, A/B, presets.

use egui::{Align2, CornerRadius, Id, Rect, Stroke, Ui, Vec2, pos2, vec2};
use nice_plug::prelude::{FloatParam, Param};

use super::casts::float;
use super::compare::Compare;
use super::meter::Meter;
use super::param_gestures::ParamGestures;
use super::preset_menu::{self, PresetMenu};
use super::theme;
use super::widgets::button::{self, Choice};
use super::widgets::slider::{self, Axis, Feel};
use super::widgets::value_field;
use crate::display::OUTPUT;
use crate::instance::Instance;
use crate::params::StemTap;

/// Between two groups.
const GROUP_GAP: f32 = 14.0;
/// Weights of the groups' widths: focus, tap, output, bypass, A/B, presets, in one row or two.
const WIDE: [f32; 6] = [1.15, 0.95, 1.45, 0.5, 0.62, 0.9];
const NARROW: [[f32; 3]; 2] = [[1.0, 0.9, 1.25], [0.7, 1.0, 1.6]];
/// From a group's top to the middle of its caption, and to what is below the caption.
const CAPTION: f32 = 7.0;
const BELOW_CAPTION: f32 = 14.0;
/// Size of a slider's value, and the gap before it.
const VALUE: Vec2 = vec2(74.0, 26.0);
const VALUE_GAP: f32 = 10.0;
/// A slider's track, its cap with and without a meter below, the ends of the cap's travel, and the mark of the default.
const TRACK: f32 = 5.0;
const CAP: Vec2 = vec2(12.0, 18.0);
const CAP_ABOVE_METER: Vec2 = vec2(12.0, 15.0);
const TRAVEL_INSET: f32 = 8.0;
const DEFAULT_MARK: f32 = 3.0;
/// The output's meter, and how far the track moves up for it.
const METER: f32 = 9.0;
const ABOVE_METER: f32 = 6.0;
/// Height of the stem tap's choices.
const TAP: f32 = 25.0;
/// Between A, B and the button that copies.
const COMPARE_GAP: f32 = 4.0;

/// The id of a control of the footer.
pub fn id(control: &str) -> Id {
    Id::unique(("footer", control))
}

/// The footer's state from frame to frame.
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
    /// Updates the main output's meter.
    pub fn update(&mut self, instance: &Instance, now: f64) {
        self.output.update(instance.display.levels.read(OUTPUT), now);
    }

    /// The footer in `rect`, in two rows if `narrow`.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        gestures: &mut ParamGestures<'_>,
        instance: &Instance,
        rect: Rect,
        narrow: bool,
    ) -> Option<preset_menu::Request> {
        ui.painter().rect_filled(rect, theme::ROUND, theme::PANEL);
        let inner = rect.shrink2(theme::PANEL_INSET);
        let (focus, tap, output, bypass, compare, presets);
        if narrow {
            let height = (inner.height() - theme::GAP) / 2.0;
            let first = Rect::from_min_size(inner.min, vec2(inner.width(), height));
            let second = first.translate(vec2(0.0, height + theme::GAP));
            [focus, tap, output] = split(first, NARROW[0]);
            [bypass, compare, presets] = split(second, NARROW[1]);
        } else {
            [focus, tap, output, bypass, compare, presets] = split(inner, WIDE);
        }
        let hint = "Softer separation with fewer artefacts (left) to harder with less bleed (right); 50 % is the \
                    network's own. A double click resets.";
        let param = &instance.params.focus;
        slider(ui, gestures, param, ("Focus", "focus", hint), 0.05, focus, None);
        tap_choice(ui, gestures, instance, tap);
        let hint = "Gain of the main output only. A double click sets 0 dB.";
        let param = &instance.params.output_gain;
        let meter = Some(&mut self.output);
        slider(ui, gestures, param, ("Output", "output_gain", hint), 1.0, output, meter);
        let button = |rect: Rect| Rect::from_center_size(rect.center(), vec2(rect.width(), theme::BUTTON));
        let label = ("Bypass", "The delayed input instead of the mix: the host's bypass");
        let param = &instance.params.bypass;
        button::toggle(ui, gestures, param, id("bypass"), button(bypass), label, theme::WARNING);
        self.compare(ui, gestures, instance, button(compare));
        self.presets.show(ui, gestures, instance, button(presets))
    }

    fn compare(&mut self, ui: &Ui, gestures: &mut ParamGestures<'_>, instance: &Instance, rect: Rect) {
        let params = &instance.params;
        let size = vec2((rect.width() - 2.0 * COMPARE_GAP) / 3.0, rect.height());
        let part = |index: usize| {
            Rect::from_min_size(rect.min + vec2(float(index) * (size.x + COMPARE_GAP), 0.0), size)
        };
        let second = self.compare.is_second();
        for (index, letter) in ["A", "B"].into_iter().enumerate() {
            let lit = (index == 1) == second;
            let hint = "Two settings of everything but mode and bypass, to compare";
            let response = button::show(ui, id(letter), part(index), letter, lit, theme::ACCENT);
            if response.on_hover_text(hint).clicked() && !lit {
                self.compare.swap(gestures, params);
            }
        }
        let (from, to) = if second { ("B", "A") } else { ("A", "B") };
        let copy = button::show(ui, id("copy"), part(2), "", false, theme::ACCENT);
        arrow(ui, part(2), second);
        if copy.on_hover_text(format!("Copy {from} to {to}")).clicked() {
            self.compare.copy(params);
        }
    }
}

/// An arrow from A to B, or back.
fn arrow(ui: &Ui, rect: Rect, back: bool) {
    const HALF: f32 = 6.0;
    const HEAD: f32 = 4.0;
    let way = if back { -1.0 } else { 1.0 };
    let stroke = Stroke::new(1.5, theme::TEXT);
    let centre = rect.center();
    let (tail, tip) = (centre - vec2(HALF * way, 0.0), centre + vec2(HALF * way, 0.0));
    ui.painter().line_segment([tail, tip], stroke);
    for side in [-HEAD, HEAD] {
        ui.painter().line_segment([tip, tip + vec2(-HEAD * way, side)], stroke);
    }
}

/// Cuts a row into parts of these weights.
fn split<const N: usize>(rect: Rect, weights: [f32; N]) -> [Rect; N] {
    let unit = (rect.width() - GROUP_GAP * float(N - 1)) / weights.iter().sum::<f32>();
    let mut left = rect.left();
    weights.map(|weight| {
        let part = Rect::from_min_size(pos2(left, rect.top()), vec2(unit * weight, rect.height()));
        left = part.right() + GROUP_GAP;
        part
    })
}

fn caption(ui: &Ui, at: Rect, text: &str) {
    let place = pos2(at.left(), at.top() + CAPTION);
    ui.painter().text(place, Align2::LEFT_CENTER, text, theme::font(theme::SMALL), theme::WEAK);
}

/// A horizontal slider with its caption above and its value beside it, and a meter below where there is one.
fn slider(
    ui: &mut Ui,
    gestures: &mut ParamGestures<'_>,
    param: &FloatParam,
    (name, control, hint): (&str, &str, &str),
    step: f32,
    rect: Rect,
    meter: Option<&mut Meter>,
) {
    caption(ui, rect, name);
    let value = Rect::from_center_size(pos2(rect.right() - VALUE.x / 2.0, rect.center().y), VALUE);
    let area = Rect::from_min_max(
        pos2(rect.left(), rect.top() + BELOW_CAPTION),
        pos2(value.left() - VALUE_GAP, rect.bottom()),
    );
    let (raised, cap) = if meter.is_some() { (ABOVE_METER, CAP_ABOVE_METER) } else { (0.0, CAP) };
    let track = Rect::from_center_size(area.center() - vec2(0.0, raised), vec2(area.width(), TRACK));
    let travel = track.shrink2(vec2(TRAVEL_INSET, 0.0));
    let feel = Feel { axis: Axis::Horizontal, length: travel.width(), step };
    let response = slider::interact(ui, gestures, param, id(control), area, feel);
    let painter = ui.painter();
    painter.rect_filled(track, theme::SMALL_CORNER, theme::SUNK);
    let x = |normalized: f32| travel.left() + travel.width() * normalized;
    let default = x(param.default_normalized_value());
    let modulated = x(param.modulated_normalized_value());
    let lit = Rect::from_two_pos(pos2(default, track.top()), pos2(modulated, track.bottom()));
    painter.rect_filled(lit, theme::SMALL_CORNER, theme::ACCENT);
    painter.vline(default, track.y_range().expand(DEFAULT_MARK), Stroke::new(1.0, theme::WEAK));
    let here = pos2(x(param.unmodulated_normalized_value()), track.center().y);
    let cap = Rect::from_center_size(here, cap);
    let fill = if response.hovered() || response.dragged() { theme::ACCENT } else { theme::WEAK };
    painter.rect_filled(cap, CornerRadius::same(3), fill);
    painter.vline(here.x, cap.shrink(4.0).y_range(), Stroke::new(1.5, theme::ON_LIT));
    button::focus_ring(ui, &response, cap);
    response.on_hover_text(hint);
    value_field::show(ui, gestures, param, id(control).with("value"), value, theme::BODY);
    if let Some(meter) = meter {
        let bars = Rect::from_min_max(pos2(area.left(), rect.bottom() - METER), area.max);
        meter.horizontal(ui, id("output meter"), bars);
    }
}

fn tap_choice(ui: &Ui, gestures: &mut ParamGestures<'_>, instance: &Instance, rect: Rect) {
    caption(ui, rect, "Stem outputs");
    let choices = [
        Choice {
            value: StemTap::PreLevel,
            label: "Pre",
            hint: "The four stem outputs get the stems as separated: they sum to the input",
        },
        Choice {
            value: StemTap::PostLevel,
            label: "Post",
            hint: "The four stem outputs get the stems after level, mute and solo",
        },
    ];
    let row = Rect::from_min_max(pos2(rect.left(), rect.bottom() - TAP), rect.max);
    button::choices(ui, gestures, &instance.params.stem_tap, id("stem_tap"), row, &choices);
}
