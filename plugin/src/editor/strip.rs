//! One stem's strip: name, level, mute, solo, meter.

use egui::{Align2, Color32, CornerRadius, Id, Rect, Response, Sense, Stroke, Ui, Vec2, pos2, vec2};
use nice_plug::prelude::Param;
use unbraid_engine::STEMS;

use super::meter::{self, Meter};
use super::param_gestures::ParamGestures;
use super::theme;
use super::widgets::slider::{self, Axis, Feel};
use super::widgets::{button, value_field};
use crate::params::{StemParams, UnbraidParams};

/// Marks on a level's scale in dB.
const MARKS: [f32; 7] = [12.0, 6.0, 0.0, -6.0, -12.0, -24.0, -48.0];
/// Closest that two marks may be.
const MARK_DISTANCE: f32 = 14.0;

/// From this width on there are words on the buttons.
const ROOMY: f32 = 180.0;
/// Below this width name and value are written small.
const TIGHT: f32 = 145.0;
/// From this width on a button has room for `Mute`.
const WORD: f32 = 50.0;

/// From the strip's edges to its contents.
const INSET: Vec2 = vec2(12.0, 11.0);
/// The line of the stem's colour at the top.
const EDGE: f32 = 3.0;
/// The row with name and value.
const TITLE: f32 = 26.0;
const BELOW_TITLE: f32 = 7.0;
/// The square behind the stem's letter.
const BADGE: f32 = 22.0;

/// The fader's cap and track.
const CAP: f32 = 20.0;
const TRACK: f32 = 5.0;
/// From the fader's ends to the ends of its cap's travel.
const TRAVEL_INSET: f32 = 11.0;

/// Width of the buttons without words.
const NARROW_BUTTONS: f32 = 37.0;
/// Heights of the buttons; between two of them; and of the number below.
const BUTTONS: [f32; 2] = [22.0, 38.0];
const BETWEEN_BUTTONS: f32 = 4.0;
const PEAK: f32 = 16.0;
/// From this height on the number has a caption.
const PEAK_WITH_CAPTION: f32 = 34.0;

/// The id of a stem's control.
pub fn id(stem: usize, control: &str) -> Id {
    Id::unique(("strip", stem, control))
}

/// The strip of `stem` in `rect`. Returns the response of the whole strip.
pub fn show(
    ui: &mut Ui,
    gestures: &mut ParamGestures<'_>,
    params: &UnbraidParams,
    stem: usize,
    meter: &mut Meter,
    rect: Rect,
) -> Response {
    let whole = ui.interact(rect, id(stem, "whole"), Sense::hover());
    let param = params.stems()[stem];
    let audible = params.controls().stem_gains()[stem] > 0.0;
    let colour = if audible { theme::STEM_COLOURS[stem] } else { theme::WEAK };
    let painter = ui.painter();
    painter.rect_filled(rect, theme::ROUND, theme::PANEL);
    let edge = Rect::from_min_size(rect.min, vec2(rect.width(), EDGE));
    painter.rect_filled(edge, CornerRadius { sw: 0, se: 0, ..theme::ROUND }, colour);

    let inner = rect.shrink2(INSET);
    let top = Rect::from_min_size(inner.min, vec2(inner.width(), TITLE));
    title(ui, gestures, param, stem, audible, top);

    let columns = Columns::new(Rect::from_min_max(pos2(inner.left(), top.bottom() + BELOW_TITLE), inner.max));
    fader(ui, gestures, param, stem, &columns, colour);
    scale(ui, param, &columns);
    let height = |decibels: f32| param.level.preview_normalized(decibels);
    meter.upright(ui, id(stem, "meter"), columns.meter, theme::STEM_COLOURS[stem], height);
    let below = buttons(ui, gestures, params, stem, columns.buttons);
    highest(ui, meter, below);
    whole
}

/// Places of the parts of a strip's body.
struct Columns {
    fader: Rect,
    /// Between the highest and the lowest place of the fader's cap.
    travel: Rect,
    scale: Rect,
    /// Bars share the fader's scale; the clip light is above its travel.
    meter: Rect,
    buttons: Rect,
}

impl Columns {
    fn new(body: Rect) -> Self {
        const GAP: f32 = 4.0;
        let roomy = body.width() >= ROOMY;
        let meter = (0.16 * body.width()).clamp(24.0, 64.0);
        let (fader, scale) = if roomy { (38.0, 30.0) } else { (28.0, 26.0) };
        let buttons = if roomy { (0.34 * body.width()).clamp(64.0, 120.0) } else { NARROW_BUTTONS };
        // Unused width goes between the groups.
        let slack = ((body.width() - fader - scale - meter - buttons - GAP) / 2.0).clamp(2.0, 36.0);
        let mut left = body.left();
        let mut column = |width: f32, gap: f32| {
            let rect = Rect::from_min_max(pos2(left, body.top()), pos2(left + width, body.bottom()));
            left += width + gap;
            rect
        };
        let (fader, scale) = (column(fader, GAP), column(scale, slack));
        let meter = column(meter, slack);
        let buttons = Rect::from_min_max(pos2(body.right() - buttons, body.top()), body.max);
        let travel = fader.shrink2(vec2(0.0, TRAVEL_INSET));
        let meter = Rect::from_min_max(
            pos2(meter.left(), travel.top() - meter::LIGHT),
            pos2(meter.right(), travel.bottom()),
        );
        Self { fader, travel, scale, meter, buttons }
    }

    /// Height of a normalized level on the fader's scale.
    fn y(&self, normalized: f32) -> f32 {
        self.travel.bottom() - self.travel.height() * normalized
    }
}

fn title(
    ui: &mut Ui,
    gestures: &mut ParamGestures<'_>,
    param: &StemParams,
    stem: usize,
    audible: bool,
    rect: Rect,
) {
    let (name, value, width) = match rect.width() {
        width if width >= ROOMY => (theme::LARGE, theme::BODY, 78.0),
        width if width >= TIGHT => (theme::BODY, theme::BODY, 66.0),
        _ => (theme::SMALL, theme::SMALL, 58.0),
    };
    let badge = Rect::from_center_size(pos2(rect.left() + BADGE / 2.0, rect.center().y), Vec2::splat(BADGE));
    letter(ui, stem, badge);
    let at = pos2(badge.right() + name / 2.0, rect.center().y);
    let text = if audible { theme::TEXT } else { theme::WEAK };
    ui.painter().text(at, Align2::LEFT_CENTER, theme::NAMES[stem], theme::font(name), text);
    let field = Rect::from_min_max(pos2(rect.right() - width, rect.top()), rect.max);
    value_field::show(ui, gestures, &param.level, id(stem, "value"), field, value);
}

/// The stem's letter on its colour.
fn letter(ui: &Ui, stem: usize, rect: Rect) {
    let painter = ui.painter();
    painter.rect_filled(rect, theme::SOFT, theme::STEM_COLOURS[stem]);
    let font = theme::font(theme::BODY);
    painter.text(rect.center(), Align2::CENTER_CENTER, theme::LETTERS[stem], font, theme::ON_LIT);
}

fn fader(
    ui: &Ui,
    gestures: &mut ParamGestures<'_>,
    param: &StemParams,
    stem: usize,
    columns: &Columns,
    colour: Color32,
) {
    let rect = columns.fader;
    let feel = Feel { axis: Axis::Vertical, length: columns.travel.height(), step: 1.0 };
    let response = slider::interact(ui, gestures, &param.level, id(stem, "level"), rect, feel);
    let painter = ui.painter();
    let track = Rect::from_center_size(rect.center(), vec2(TRACK, rect.height()));
    painter.rect_filled(track, theme::SMALL_CORNER, theme::SUNK);
    let zero = columns.y(param.level.default_normalized_value());
    let modulated = columns.y(param.level.modulated_normalized_value());
    let lit = Rect::from_two_pos(pos2(track.left(), zero), pos2(track.right(), modulated));
    painter.rect_filled(lit, theme::SMALL_CORNER, colour);
    let here = columns.y(param.level.unmodulated_normalized_value());
    let cap = Rect::from_center_size(pos2(rect.center().x, here), vec2(rect.width() - 4.0, CAP));
    let fill = if response.hovered() || response.dragged() { theme::ACCENT } else { theme::WEAK };
    painter.rect_filled(cap, theme::SOFT, fill);
    painter.hline(cap.shrink(4.0).x_range(), cap.center().y, Stroke::new(2.0, theme::ON_LIT));
    button::focus_ring(ui, &response, cap);
    response.on_hover_text(format!(
        "Level of {} in the main output. Drag, shift-drag for fine, wheel, arrows; a double click sets 0 dB.",
        theme::NAMES[stem]
    ));
}

/// The marks of the fader's scale. Those that do not fit are left out, 0 dB never.
fn scale(ui: &Ui, param: &StemParams, columns: &Columns) {
    let painter = ui.painter();
    let mut last: Option<f32> = None;
    let zero = columns.y(param.level.preview_normalized(0.0));
    for mark in MARKS {
        let y = columns.y(param.level.preview_normalized(mark));
        let near = |other: f32| (y - other).abs() < MARK_DISTANCE;
        if mark != 0.0 && (near(zero) || last.is_some_and(near)) {
            continue;
        }
        last = Some(y);
        let (text, colour) = match mark {
            0.0 => ("0".to_owned(), theme::TEXT),
            mark if mark > 0.0 => (format!("+{mark}"), theme::WEAK),
            mark => (format!("−{}", -mark), theme::WEAK),
        };
        let at = pos2(columns.scale.center().x, y);
        painter.text(at, Align2::CENTER_CENTER, text, theme::font(theme::SMALL), colour);
    }
}

/// The highest peak in dB at the bottom of `rect`; with caption and unit where there is room.
fn highest(ui: &Ui, meter: &Meter, rect: Rect) {
    let painter = ui.painter();
    let unit = if rect.width() >= WORD { " dB" } else { "" };
    let (text, colour) = match meter.highest() {
        silent if silent <= meter::FLOOR_DB => ("–".to_owned(), theme::WEAK),
        highest if meter.clipped() => (format!("+{highest:.1}{unit}"), theme::ALARM),
        highest => (format!("{highest:.1}{unit}").replace('-', "−"), theme::TEXT),
    };
    let size = if rect.width() >= WORD { theme::BODY } else { theme::SMALL };
    let at = pos2(rect.center().x, rect.bottom() - PEAK / 2.0);
    painter.text(at, Align2::CENTER_CENTER, text, theme::font(size), colour);
    if rect.height() >= PEAK_WITH_CAPTION {
        let at = at - vec2(0.0, PEAK + 2.0);
        painter.text(at, Align2::CENTER_CENTER, "Peak", theme::font(theme::SMALL), theme::WEAK);
    }
}

/// Mute and solo. Returns the place below them.
fn buttons(
    ui: &Ui,
    gestures: &mut ParamGestures<'_>,
    params: &UnbraidParams,
    stem: usize,
    rect: Rect,
) -> Rect {
    let [lowest, highest] = BUTTONS;
    let height = ((rect.height() - PEAK - 2.0 * BETWEEN_BUTTONS) / 2.0).clamp(lowest, highest);
    let mute_rect = Rect::from_min_size(rect.min, vec2(rect.width(), height));
    let solo_rect = mute_rect.translate(vec2(0.0, height + BETWEEN_BUTTONS));
    let (mute, solo) = if rect.width() >= WORD { ("Mute", "Solo") } else { ("M", "S") };
    let param = params.stems()[stem];
    let name = theme::NAMES[stem];
    let hint = format!("Take {name} out of the main output (shift+{})", stem + 1);
    button::toggle(ui, gestures, &param.mute, id(stem, "mute"), mute_rect, (mute, &hint), theme::ALARM);
    let hint =
        format!("Only soloed stems in the main output ({}). With Ctrl or ⌘ held: this one alone.", stem + 1);
    let lit = theme::STEM_COLOURS[stem];
    let response = button::show(ui, id(stem, "solo"), solo_rect, solo, param.solo.value(), lit);
    if response.on_hover_text(hint).clicked() {
        if ui.input(|input| input.modifiers.command || input.modifiers.ctrl) {
            solo_alone(gestures, params, stem);
        } else {
            gestures.once_plain(&param.solo, !param.solo.value());
        }
    }
    Rect::from_min_max(pos2(rect.left(), solo_rect.bottom()), rect.max)
}

/// Makes `stem` the only soloed one, or ends all solos if it is that already.
fn solo_alone(gestures: &mut ParamGestures<'_>, params: &UnbraidParams, stem: usize) {
    let stems = params.stems();
    let alone = (0..STEMS).all(|other| stems[other].solo.value() == (other == stem));
    for (other, param) in stems.into_iter().enumerate() {
        gestures.once_plain(&param.solo, other == stem && !alone);
    }
}
