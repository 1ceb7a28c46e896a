//! One stem's strip: name, level, mute, solo, meter.

use egui::{Align2, Color32, CornerRadius, Id, Rect, Response, Stroke, Ui, pos2, vec2};
use nice_plug::prelude::Param;
use unbraid_engine::STEMS;

use super::controls::Controls;
use super::meter::{self, Meter};
use super::slider::{self, Axis, Feel};
use super::{entry, switch, theme};
use crate::params::{StemParams, UnbraidParams};

/// Marks on a level's scale in dB.
const MARKS: [f32; 7] = [12.0, 6.0, 0.0, -6.0, -12.0, -24.0, -48.0];

/// From this width on a strip has words on its buttons, in points.
const ROOMY: f32 = 180.0;

/// The id of a stem's control, as tests and tooltips know it.
pub fn id(stem: usize, control: &str) -> Id {
    Id::unique(("strip", stem, control))
}

/// Draws the strip of `stem` in `rect`. Returns the response of the whole, for what hovering it does elsewhere.
pub fn show(
    ui: &mut Ui,
    controls: &mut Controls<'_>,
    params: &UnbraidParams,
    stem: usize,
    meter: &mut Meter,
    rect: Rect,
) -> Response {
    let whole = ui.interact(rect, id(stem, "whole"), egui::Sense::hover());
    let param = params.stems()[stem];
    let heard = params.controls().stem_gains()[stem] > 0.0;
    let colour = if heard { theme::STEM_COLOURS[stem] } else { theme::WEAK };
    let painter = ui.painter();
    painter.rect_filled(rect, theme::ROUND, theme::PANEL);
    let edge = Rect::from_min_size(rect.min, vec2(rect.width(), 3.0));
    painter.rect_filled(edge, CornerRadius { nw: 6, ne: 6, sw: 0, se: 0 }, colour);

    let inner = Rect::from_min_max(rect.min + vec2(12.0, 12.0), rect.max - vec2(12.0, 10.0));
    let top = Rect::from_min_size(inner.min, vec2(inner.width(), 26.0));
    title(ui, stem, heard, top);
    let width = if top.width() >= ROOMY { 78.0 } else { 66.0 };
    let value = Rect::from_min_max(pos2(top.right() - width, top.top()), top.max);
    entry::value(ui, controls, &param.level, id(stem, "value"), value, theme::BODY);

    let body = Rect::from_min_max(pos2(inner.left(), top.bottom() + 10.0), inner.max);
    let columns = Columns::new(body);
    fader(ui, controls, param, stem, columns.fader, colour);
    let top_of_travel = columns.travel.top();
    scale(ui, param, columns.scale, columns.travel);
    // Bars and fader share one scale.
    let bars = Rect::from_min_max(
        pos2(columns.meter.left(), top_of_travel - 9.0),
        pos2(columns.meter.right(), columns.travel.bottom()),
    );
    let height = |decibels: f32| param.level.preview_normalized(decibels);
    meter::upright(ui, meter, id(stem, "meter"), bars, theme::STEM_COLOURS[stem], height);
    let below = buttons(ui, controls, params, stem, columns.buttons);
    highest(ui, meter, below);
    whole
}

/// Where the parts of a strip's body are.
struct Columns {
    fader: Rect,
    scale: Rect,
    meter: Rect,
    buttons: Rect,
    /// Between the highest and the lowest place of the fader's cap.
    travel: Rect,
}

impl Columns {
    fn new(body: Rect) -> Self {
        let roomy = body.width() >= ROOMY;
        let meter = (0.16 * body.width()).clamp(24.0, 64.0);
        let (fader, scale) = if roomy { (38.0, 30.0) } else { (28.0, 26.0) };
        let buttons = if roomy { (0.34 * body.width()).clamp(64.0, 120.0) } else { 42.0 };
        // What is left over goes between the groups.
        let slack = ((body.width() - fader - scale - meter - buttons - 4.0) / 2.0).clamp(2.0, 36.0);
        let mut left = body.left();
        let mut column = |width: f32, gap: f32| {
            let rect = Rect::from_min_max(pos2(left, body.top()), pos2(left + width, body.bottom()));
            left += width + gap;
            rect
        };
        let (fader, scale) = (column(fader, 4.0), column(scale, slack));
        let meter = column(meter, slack);
        let buttons = Rect::from_min_max(pos2(body.right() - buttons, body.top()), body.max);
        let travel = fader.shrink2(vec2(0.0, 11.0));
        Self { fader, scale, meter, buttons, travel }
    }
}

fn title(ui: &Ui, stem: usize, heard: bool, rect: Rect) {
    let painter = ui.painter();
    let badge = Rect::from_min_size(rect.min + vec2(0.0, 2.0), vec2(22.0, 22.0));
    letter(ui, stem, badge);
    let text = if heard { theme::TEXT } else { theme::WEAK };
    let (gap, size) = if rect.width() >= ROOMY { (8.0, theme::LARGE) } else { (6.0, theme::BODY) };
    let at = pos2(badge.right() + gap, rect.center().y);
    painter.text(at, Align2::LEFT_CENTER, theme::NAMES[stem], theme::font(size), text);
}

/// Draws the stem's letter on its colour.
pub fn letter(ui: &Ui, stem: usize, rect: Rect) {
    let painter = ui.painter();
    painter.rect_filled(rect, theme::SOFT, theme::STEM_COLOURS[stem]);
    let font = theme::font(theme::BODY);
    painter.text(rect.center(), Align2::CENTER_CENTER, theme::LETTERS[stem], font, theme::ON_LIT);
}

fn fader(ui: &Ui, controls: &mut Controls<'_>, param: &StemParams, stem: usize, rect: Rect, colour: Color32) {
    let travel = rect.shrink2(vec2(0.0, 11.0));
    let feel = Feel { axis: Axis::Vertical, length: travel.height(), step: 1.0 };
    let response = slider::interact(ui, controls, &param.level, id(stem, "level"), rect, feel);
    let y = |normalized: f32| travel.bottom() - travel.height() * normalized;
    let here = y(param.level.unmodulated_normalized_value());
    let heard = y(param.level.modulated_normalized_value());
    let painter = ui.painter();
    let track = Rect::from_center_size(rect.center(), vec2(5.0, rect.height()));
    painter.rect_filled(track, CornerRadius::same(2), theme::SUNK);
    let zero = y(param.level.default_normalized_value());
    let way = Rect::from_two_pos(pos2(track.left(), zero), pos2(track.right(), heard));
    painter.rect_filled(way, CornerRadius::same(2), colour);
    let cap = Rect::from_center_size(pos2(rect.center().x, here), vec2(rect.width() - 4.0, 20.0));
    let fill = if response.hovered() || response.dragged() { theme::ACCENT } else { theme::WEAK };
    painter.rect_filled(cap, theme::SOFT, fill);
    let line = Stroke::new(2.0, theme::ON_LIT);
    painter.hline(cap.shrink(4.0).x_range(), cap.center().y, line);
    switch::focus_ring(ui, &response, cap);
    response.on_hover_text(format!(
        "Level of {} in the main output. Drag, shift-drag for fine, wheel, arrows; a double click sets 0 dB.",
        theme::NAMES[stem]
    ));
}

fn scale(ui: &Ui, param: &StemParams, rect: Rect, travel: Rect) {
    let painter = ui.painter();
    // Marks keep their distance: what does not fit is left out, 0 dB never.
    let mut last: Option<f32> = None;
    let zero = travel.bottom() - travel.height() * param.level.preview_normalized(0.0);
    for mark in MARKS {
        let y = travel.bottom() - travel.height() * param.level.preview_normalized(mark);
        let near = |other: f32| (y - other).abs() < 14.0;
        if mark != 0.0 && (near(zero) || last.is_some_and(near)) {
            continue;
        }
        last = Some(y);
        let text = match mark {
            0.0 => "0".to_owned(),
            mark if mark > 0.0 => format!("+{mark}"),
            mark => format!("−{}", -mark),
        };
        let colour = if mark == 0.0 { theme::TEXT } else { theme::WEAK };
        painter.text(
            pos2(rect.center().x, y),
            Align2::CENTER_CENTER,
            text,
            theme::font(theme::SMALL),
            colour,
        );
    }
}

/// The highest peak so far, as a number, where there is room for it.
fn highest(ui: &Ui, meter: &Meter, rect: Rect) {
    if rect.height() < 34.0 {
        return;
    }
    let painter = ui.painter();
    let centre = rect.center().x;
    let small = theme::font(theme::SMALL);
    painter.text(pos2(centre, rect.bottom() - 27.0), Align2::CENTER_CENTER, "Peak", small, theme::WEAK);
    let (text, colour) = match meter.highest() {
        silent if silent <= meter::FLOOR_DB => ("–".to_owned(), theme::WEAK),
        highest if meter.clipped() => (format!("+{highest:.1} dB"), theme::ALARM),
        highest => (format!("{highest:.1} dB").replace('-', "−"), theme::TEXT),
    };
    let font = theme::font(theme::BODY);
    painter.text(pos2(centre, rect.bottom() - 9.0), Align2::CENTER_CENTER, text, font, colour);
}

/// Mute and solo. Returns the place below them.
fn buttons(ui: &Ui, controls: &mut Controls<'_>, params: &UnbraidParams, stem: usize, rect: Rect) -> Rect {
    let height = ((rect.height() - 8.0) / 2.0).clamp(24.0, 38.0);
    let row = |index: f32| {
        Rect::from_min_size(rect.min + vec2(0.0, index * (height + 8.0)), vec2(rect.width(), height))
    };
    let wide = rect.width() >= 50.0;
    let (mute, solo) = if wide { ("Mute", "Solo") } else { ("M", "S") };
    let param = params.stems()[stem];
    let name = theme::NAMES[stem];
    let hint = format!("Take {name} out of the main output (shift+{})", stem + 1);
    switch::toggle(ui, controls, &param.mute, id(stem, "mute"), row(0.0), (mute, &hint), theme::ALARM);
    let hint =
        format!("Hear only the stems with a lit Solo ({}). With Ctrl or ⌘ held: this one alone.", stem + 1);
    let lit = theme::STEM_COLOURS[stem];
    let response = switch::button(ui, id(stem, "solo"), row(1.0), solo, param.solo.value(), lit);
    if response.on_hover_text(hint).clicked() {
        if ui.input(|input| input.modifiers.command || input.modifiers.ctrl) {
            solo_alone(controls, params, stem);
        } else {
            controls.once_plain(&param.solo, !param.solo.value());
        }
    }
    Rect::from_min_max(pos2(rect.left(), row(1.0).bottom()), rect.max)
}

/// Makes `stem` the only soloed one; if it is that already, nothing is soloed any more.
pub fn solo_alone(controls: &mut Controls<'_>, params: &UnbraidParams, stem: usize) {
    let stems = params.stems();
    let alone = (0..STEMS).all(|other| stems[other].solo.value() == (other == stem));
    for (other, param) in stems.into_iter().enumerate() {
        controls.once_plain(&param.solo, other == stem && !alone);
    }
}
