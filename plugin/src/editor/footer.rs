//! The footer: focus, stem tap, output gain and its meter, bypass, undo and redo, A/B, presets.

use egui::{Align2, Color32, Id, Pos2, Rect, Shape, Stroke, Ui, Vec2, pos2, vec2};
use nice_plug::prelude::FloatParam;

use super::casts::float;
use super::compare::Compare;
use super::history::History;
use super::meter::Meter;
use super::param_gestures::ParamGestures;
use super::preset_menu::{self, PresetMenu};
use super::sensitivity;
use super::theme;
use super::widgets::button::{self, Choice};
use super::widgets::horizontal_slider::{self, Look, VALUE, VALUE_GAP};
use crate::display::OUTPUT;
use crate::instance::Instance;
use crate::params::{StemTap, UnbraidParams};

/// Between two groups.
const GROUP_GAP: f32 = 14.0;
/// Weights of the groups' widths, in one row: focus, tap, output, bypass, undo, A/B, presets; and in two.
const WIDE: [f32; 7] = [1.29, 0.85, 1.3, 0.5, 0.42, 0.58, 0.85];
const FIRST_ROW: [f32; 3] = [1.0, 0.9, 1.25];
const SECOND_ROW: [f32; 4] = [0.7, 0.6, 0.9, 1.4];
/// From a group's top to the middle of its caption, and to what is below the caption.
const CAPTION: f32 = 7.0;
const BELOW_CAPTION: f32 = 14.0;
/// A slider's cap with a meter below.
const CAP_ABOVE_METER: Vec2 = vec2(12.0, 15.0);
/// The button for the stems' sensitivities, over the caption's row.
const STEMS_BUTTON: Vec2 = vec2(58.0, 17.0);
/// The output's meter, and how far the track moves up for it.
const METER: f32 = 9.0;
const ABOVE_METER: f32 = 6.0;
/// Height of the stem tap's choices.
const TAP: f32 = 25.0;
/// Between the buttons of a group.
const BUTTON_GAP: f32 = 4.0;

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
        history: &History,
        rect: Rect,
        narrow: bool,
    ) -> Option<preset_menu::Request> {
        ui.painter().rect_filled(rect, theme::ROUND, theme::PANEL);
        let inner = rect.shrink2(theme::PANEL_INSET);
        let (focus, tap, output, bypass, undo, compare, presets);
        if narrow {
            let height = (inner.height() - theme::GAP) / 2.0;
            let first = Rect::from_min_size(inner.min, vec2(inner.width(), height));
            let second = first.translate(vec2(0.0, height + theme::GAP));
            [focus, tap, output] = split(first, FIRST_ROW);
            [bypass, undo, compare, presets] = split(second, SECOND_ROW);
        } else {
            [focus, tap, output, bypass, undo, compare, presets] = split(inner, WIDE);
        }
        let hint = "Softer separation with fewer artefacts (left) to harder with less bleed (right); 50 % is the \
                    network's own. A double click resets.";
        let param = &instance.params.focus;
        slider(ui, gestures, param, ("Focus", "focus", hint), focus, &Look::default(), None);
        let right = focus.right() - VALUE.x - VALUE_GAP;
        let place = Rect::from_min_max(
            pos2(right - STEMS_BUTTON.x, focus.top() + BELOW_CAPTION - STEMS_BUTTON.y),
            pos2(right, focus.top() + BELOW_CAPTION),
        );
        sensitivity::show(ui, gestures, &instance.params, place);
        tap_choice(ui, gestures, instance, tap);
        let hint = "Gain of the main output only. A double click sets 0 dB.";
        let param = &instance.params.output_gain;
        let meter = Some(&mut self.output);
        let look = Look { cap: CAP_ABOVE_METER, raised: ABOVE_METER, step: 1.0, ..Look::default() };
        slider(ui, gestures, param, ("Output", "output_gain", hint), output, &look, meter);
        let button = |rect: Rect| Rect::from_center_size(rect.center(), vec2(rect.width(), theme::BUTTON));
        let label = ("Bypass", "The delayed input instead of the mix: the host's bypass");
        let param = &instance.params.bypass;
        button::toggle(ui, gestures, param, id("bypass"), button(bypass), label, theme::WARNING);
        undo_and_redo(ui, gestures, &instance.params, history, button(undo));
        self.compare(ui, gestures, instance, button(compare));
        self.presets.show(ui, gestures, instance, button(presets))
    }

    fn compare(&mut self, ui: &Ui, gestures: &mut ParamGestures<'_>, instance: &Instance, rect: Rect) {
        let params = &instance.params;
        let parts: [Rect; 3] = equal(rect);
        let second = self.compare.is_second();
        for (index, letter) in ["A", "B"].into_iter().enumerate() {
            let lit = (index == 1) == second;
            let hint = "Two settings of everything but mode and bypass, to compare";
            let response = button::show(ui, id(letter), parts[index], letter, lit, theme::ACCENT);
            if response.on_hover_text(hint).clicked() && !lit {
                self.compare.swap(gestures, params);
            }
        }
        let (from, to) = if second { ("B", "A") } else { ("A", "B") };
        let copy = button::show(ui, id("copy"), parts[2], "", false, theme::ACCENT);
        arrow(ui, parts[2], second);
        if copy.on_hover_text(format!("Copy {from} to {to}")).clicked() {
            self.compare.copy(params);
        }
    }
}

fn undo_and_redo(
    ui: &Ui,
    gestures: &mut ParamGestures<'_>,
    params: &UnbraidParams,
    history: &History,
    rect: Rect,
) {
    let places: [Rect; 2] = equal(rect);
    for (index, (name, possible)) in ["Undo", "Redo"].into_iter().zip(history.has()).enumerate() {
        let place = places[index];
        let response = button::show(ui, id(name), place, "", false, theme::ACCENT);
        let colour = if possible { theme::TEXT } else { theme::LINE };
        turned_arrow(ui, place.center(), index == 1, colour);
        let hint = if possible { name.to_owned() } else { format!("Nothing to {}", name.to_lowercase()) };
        if response.on_hover_text(hint).clicked() {
            if index == 0 { gestures.undo(params, history) } else { gestures.redo(params, history) }
        }
    }
}

/// An arrow that turns back, or forward.
fn turned_arrow(ui: &Ui, centre: Pos2, forward: bool, colour: Color32) {
    const RADIUS: f32 = 5.5;
    const HEAD: f32 = 4.5;
    const POINTS: usize = 16;
    /// Angles of the arc's ends, clockwise from the left.
    const ARC: [f32; 2] = [0.0, 1.3 * std::f32::consts::PI];
    let side = if forward { -1.0 } else { 1.0 };
    let at = |angle: f32| centre + vec2(-side * RADIUS * angle.cos(), -RADIUS * angle.sin());
    let points = (0..=POINTS).map(|point| at(ARC[0] + (ARC[1] - ARC[0]) * float(point) / float(POINTS)));
    ui.painter().line(points.collect(), Stroke::new(1.5, colour));
    let tip = at(ARC[0]);
    let head = [vec2(-HEAD, -0.5), vec2(HEAD, -0.5), vec2(0.0, HEAD)].map(|offset| tip + offset);
    ui.painter().add(Shape::convex_polygon(head.to_vec(), colour, Stroke::NONE));
}

/// Cuts the place of a group into equal buttons.
fn equal<const N: usize>(rect: Rect) -> [Rect; N] {
    let size = vec2((rect.width() - BUTTON_GAP * float(N - 1)) / float(N), rect.height());
    std::array::from_fn(|index| {
        Rect::from_min_size(rect.min + vec2(float(index) * (size.x + BUTTON_GAP), 0.0), size)
    })
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

/// A slider with its caption above and its value beside it, and a meter below where there is one.
fn slider(
    ui: &mut Ui,
    gestures: &mut ParamGestures<'_>,
    param: &FloatParam,
    (name, control, hint): (&str, &str, &str),
    rect: Rect,
    look: &Look,
    meter: Option<&mut Meter>,
) {
    caption(ui, rect, name);
    let value = Rect::from_center_size(pos2(rect.right() - VALUE.x / 2.0, rect.center().y), VALUE);
    let area = Rect::from_min_max(
        pos2(rect.left(), rect.top() + BELOW_CAPTION),
        pos2(value.left() - VALUE_GAP, rect.bottom()),
    );
    let response = horizontal_slider::show(ui, gestures, param, id(control), [area, value], look);
    response.on_hover_text(hint);
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
