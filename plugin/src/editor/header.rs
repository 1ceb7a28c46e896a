//! The header: name, mode and latency, processor time, counters, network, and the size of the window.

use egui::{Color32, Id, Popup, Pos2, Rect, Sense, Stroke, Ui, pos2, vec2};

use super::controls::Controls;
use super::switch::{self, Choice};
use super::theme;
use crate::instance::Instance;
use crate::mode::Mode;

/// Scales the window can have, in per cent.
pub const SCALES: [u32; 6] = [75, 100, 125, 150, 175, 200];

/// Callbacks this close to the deadline are shown as a warning.
const CLOSE: f32 = 0.8;

/// The id of a control of the header.
pub fn id(control: &str) -> Id {
    Id::unique(("header", control))
}

/// What the header asks the window to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Let the user choose a network file.
    OpenNetwork,
    /// Go back to the built-in network of the mode that runs.
    BuiltIn,
}

/// Draws the header in `rect`.
pub fn show(
    ui: &mut Ui,
    controls: &mut Controls<'_>,
    instance: &Instance,
    loading: bool,
    rect: Rect,
    narrow: bool,
) -> Option<Request> {
    ui.painter().rect_filled(rect, theme::ROUND, theme::PANEL);
    let inner = rect.shrink2(vec2(12.0, 8.0));
    let rows = if narrow { 2.0 } else { 1.0 };
    let height = (inner.height() - 8.0 * (rows - 1.0)) / rows;
    let first = Rect::from_min_size(inner.min, vec2(inner.width(), height));
    let second = if narrow { first.translate(vec2(0.0, height + 8.0)) } else { first };

    let name = logo(ui, first);
    let mode = Rect::from_min_size(pos2(name.right() + 18.0, first.center().y - 15.0), vec2(140.0, 30.0));
    modes(ui, controls, instance, mode);

    // From the right: scale, network.
    let scale =
        Rect::from_min_max(pos2(first.right() - 76.0, mode.top()), pos2(first.right(), mode.bottom()));
    scales(ui, scale);
    let room = if narrow { first.right() - mode.right() - 110.0 } else { (0.19 * first.width()).max(172.0) };
    let network = Rect::from_min_max(
        pos2(scale.left() - 8.0 - room.min(260.0), mode.top()),
        pos2(scale.left() - 8.0, mode.bottom()),
    );
    let request = network_menu(ui, instance, loading, network);

    let (left, right) =
        if narrow { (second.left(), second.right()) } else { (mode.right() + 18.0, network.left() - 10.0) };
    numbers(ui, instance, Rect::from_min_max(pos2(left, second.top()), pos2(right, second.bottom())));
    request
}

/// Three strands that cross, and the name.
fn logo(ui: &Ui, rect: Rect) -> Rect {
    let painter = ui.painter();
    let mark = Rect::from_min_size(pos2(rect.left(), rect.center().y - 12.0), vec2(30.0, 24.0));
    for (strand, colour) in [2, 1, 0].map(|stem| (stem as f32, theme::STEM_COLOURS[stem])) {
        let points = (0..=24).map(|step| {
            let along = step as f32 / 24.0;
            let angle = std::f32::consts::TAU * (along + strand / 3.0);
            pos2(mark.left() + along * mark.width(), mark.center().y + 9.0 * angle.sin())
        });
        painter.line(points.collect(), Stroke::new(2.5, colour));
    }
    let galley = painter.layout_no_wrap("Unbraid".into(), theme::font(theme::TITLE), theme::TEXT);
    let at = pos2(mark.right() + 10.0, rect.center().y - galley.size().y / 2.0);
    let whole = Rect::from_min_max(mark.min, at + galley.size());
    painter.galley(at, galley, theme::TEXT);
    ui.interact(whole, id("name"), Sense::hover())
        .on_hover_text(concat!("Unbraid ", env!("CARGO_PKG_VERSION")));
    whole
}

fn modes(ui: &Ui, controls: &mut Controls<'_>, instance: &Instance, rect: Rect) {
    let choices = [
        Choice {
            value: Mode::Live,
            label: "Live",
            hint: "Short latency, for performing and monitoring. The host restarts the plug-in.",
        },
        Choice {
            value: Mode::Studio,
            label: "Studio",
            hint: "Best separation, for mixing and rendering; the host compensates for the latency.",
        },
    ];
    switch::choices(ui, controls, &instance.params.mode, id("mode"), rect, &choices);
}

/// A number with its caption.
struct Number {
    caption: &'static str,
    value: String,
    /// More about it, in small letters; may be empty.
    detail: String,
    colour: Color32,
    hint: &'static str,
}

/// Space between two numbers.
const BETWEEN: f32 = 16.0;

fn numbers(ui: &Ui, instance: &Instance, rect: Rect) {
    let status = &instance.status;
    let (latency, samples) = match status.latency() {
        Some((samples, ms)) => (format!("{ms:.1} ms"), format!("{samples} samples")),
        None => ("–".into(), "not active".into()),
    };
    let (mean, peak) = status.loads();
    let (missed, fallbacks) = (status.missed_deadlines(), status.fallbacks());
    let alarm = |bad: bool| if bad { theme::WARNING } else { theme::TEXT };
    let numbers = [
        Number {
            caption: "Latency",
            value: latency,
            detail: samples,
            colour: theme::TEXT,
            hint: "Delay from input to output. It never changes while audio plays; the host is told.",
        },
        Number {
            caption: "CPU",
            value: format!("{:.0} %", 100.0 * mean),
            detail: format!("peak {:.0} %", 100.0 * peak),
            colour: alarm(peak > CLOSE && missed > 0),
            hint: "Share of real time that processing took in the last second: mean, and the worst callback.",
        },
        Number {
            caption: "Missed",
            value: missed.to_string(),
            detail: String::new(),
            colour: alarm(missed > 0),
            hint: "Missed deadlines: callbacks that took longer than the audio they stood for, since the plug-in \
                   was loaded. Offline rendering has no deadline.",
        },
        Number {
            caption: "Fallbacks",
            value: fallbacks.to_string(),
            detail: String::new(),
            colour: alarm(fallbacks > 0),
            hint: "Times the network's own memory did not suffice and the system's was used.",
        },
    ];
    let painter = ui.painter_at(rect);
    let mut left = rect.left();
    for number in &numbers {
        let right = show_number(&painter, number, pos2(left, rect.center().y), rect.right());
        let part = Rect::from_min_max(pos2(left, rect.top()), pos2(right, rect.bottom()));
        ui.interact(part, id(number.caption), Sense::hover()).on_hover_text(number.hint);
        left = right + BETWEEN;
    }
}

/// Draws a number whose left edge is at `at`, without its detail if that would go beyond `limit`. Returns its right edge.
fn show_number(painter: &egui::Painter, number: &Number, at: Pos2, limit: f32) -> f32 {
    let small = theme::font(theme::SMALL);
    let caption = painter.layout_no_wrap(number.caption.into(), small.clone(), theme::WEAK);
    let value = painter.layout_no_wrap(number.value.clone(), theme::font(theme::LARGE), number.colour);
    let detail = painter.layout_no_wrap(number.detail.clone(), small, theme::WEAK);
    let mut right = at.x + caption.size().x.max(value.size().x);
    let beside = at.x + value.size().x + 6.0;
    painter.galley(at - vec2(0.0, 9.0 + caption.size().y / 2.0), caption, theme::WEAK);
    painter.galley(at + vec2(0.0, 9.0 - value.size().y / 2.0), value, number.colour);
    if !number.detail.is_empty() && beside + detail.size().x <= limit {
        right = right.max(beside + detail.size().x);
        painter.galley(pos2(beside, at.y + 10.0 - detail.size().y / 2.0), detail, theme::WEAK);
    }
    right
}

/// The network's name as a button, and what can be done with it.
fn network_menu(ui: &Ui, instance: &Instance, loading: bool, rect: Rect) -> Option<Request> {
    let network = instance.status.network();
    let title = match (&network, loading) {
        (_, true) => "Reading…".to_owned(),
        (Some(network), _) => format!("{} {}", network.name, network.version),
        (None, _) => "No network yet".to_owned(),
    };
    let response = menu_button(ui, id("network"), rect, &title)
        .on_hover_text("The network that separates, and how to use your own");
    let mut request = None;
    Popup::menu(&response).width(300.0).show(|ui| {
        if let Some(network) = &network {
            ui.strong(format!("{} {}", network.name, network.version));
            let origin = match &network.file {
                Some(file) => format!("From {}", file.display()),
                None => "Built in".to_owned(),
            };
            ui.weak(format!("{origin} · made for {}", network.mode));
            ui.weak(format!("Trained on data under {}", network.licences));
            ui.separator();
        }
        if ui.button("Load a network file…").clicked() {
            request = Some(Request::OpenNetwork);
        }
        let own = network.as_ref().is_some_and(|network| network.file.is_some());
        if ui.add_enabled(own, egui::Button::new("Back to the built-in network")).clicked() {
            request = Some(Request::BuiltIn);
        }
    });
    request
}

fn scales(ui: &Ui, rect: Rect) {
    let current = (100.0 * ui.ctx().zoom_factor()).round() as u32;
    let response = menu_button(ui, id("scale"), rect, &format!("{current} %"))
        .on_hover_text("Size of everything in the window");
    Popup::menu(&response).width(90.0).show(|ui| {
        for scale in SCALES {
            if ui.selectable_label(scale == current, format!("{scale} %")).clicked() {
                ui.ctx().set_zoom_factor(scale as f32 / 100.0);
            }
        }
    });
}

/// A button that opens a menu: its text is shortened to fit, and a triangle says what it is.
pub fn menu_button(ui: &Ui, id: Id, rect: Rect, text: &str) -> egui::Response {
    let response = switch::button(ui, id, rect, "", false, theme::ACCENT);
    let painter = ui.painter_at(rect);
    let arrow = pos2(rect.right() - 13.0, rect.center().y);
    let triangle = [vec2(-4.0, -2.5), vec2(4.0, -2.5), vec2(0.0, 3.0)].map(|offset| arrow + offset);
    painter.add(egui::Shape::convex_polygon(triangle.to_vec(), theme::WEAK, Stroke::NONE));
    let mut job =
        egui::text::LayoutJob::simple_singleline(text.into(), theme::font(theme::BODY), theme::TEXT);
    job.wrap.max_width = rect.width() - 30.0;
    job.wrap.max_rows = 1;
    job.wrap.break_anywhere = true;
    let galley = painter.layout_job(job);
    painter.galley(pos2(rect.left() + 10.0, rect.center().y - galley.size().y / 2.0), galley, theme::TEXT);
    response
}
