//! The header: name, mode, numbers, recording, network, and the scale of the window.

use std::sync::Arc;

use egui::{Color32, Galley, Id, Painter, Popup, Pos2, Rect, Sense, Stroke, Ui, Vec2, pos2, vec2};

use super::casts::{float, whole};
use super::param_gestures::ParamGestures;
use super::record;
use super::text_order::visual;
use super::theme;
use super::widgets::button::{self, Choice};
use super::widgets::menu_button;
use crate::instance::Instance;
use crate::mode::Mode;

/// Scales of the window in per cent.
pub const SCALES: [u16; 6] = [75, 100, 125, 150, 175, 200];

/// Peak load from which missed deadlines count as a warning.
const CLOSE: f32 = 0.8;

/// Between the name, the modes and the numbers.
const GROUP_GAP: f32 = 18.0;
/// Widths of the modes and of the scale's button.
const MODES: f32 = 140.0;
const SCALE: f32 = 76.0;
/// Range of the network button's width, and its part of a wide header.
const NETWORK: [f32; 2] = [140.0, 260.0];
const NETWORK_PART: f32 = 0.19;
/// Width of the other parts of a wide header, with room for all numbers.
const OTHERS: f32 = 820.0;
/// Room of the modes and the scale's button in a narrow header.
const NARROW_ROOM: f32 = 110.0;
/// The three strands beside the name.
const MARK: Vec2 = vec2(30.0, 24.0);
/// Between two numbers; from a value to its detail; and from a number's middle to its two lines.
const BETWEEN: f32 = 16.0;
const DETAIL: f32 = 6.0;
const LINE: f32 = 9.0;
const DETAIL_LINE: f32 = 10.0;

/// The id of a control of the header.
pub fn id(control: &str) -> Id {
    Id::unique(("header", control))
}

/// What the header asks the window to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Let the user choose a network file.
    OpenNetwork,
    /// Use the built-in network of the present mode again.
    BuiltIn,
    /// What recording asks for.
    Record(record::Request),
}

/// The header in `rect`, in two rows if `narrow`. `loading`: a network file is being read.
pub fn show(
    ui: &mut Ui,
    gestures: &mut ParamGestures<'_>,
    instance: &Instance,
    loading: bool,
    rect: Rect,
    narrow: bool,
) -> Option<Request> {
    ui.painter().rect_filled(rect, theme::ROUND, theme::PANEL);
    let inner = rect.shrink2(theme::PANEL_INSET);
    let rows = if narrow { 2.0 } else { 1.0 };
    let height = (inner.height() - theme::GAP * (rows - 1.0)) / rows;
    let first = Rect::from_min_size(inner.min, vec2(inner.width(), height));
    let second = if narrow { first.translate(vec2(0.0, height + theme::GAP)) } else { first };

    let name = logo(ui, first);
    let control = |left: f32, width: f32| {
        let centre = pos2(left + width / 2.0, first.center().y);
        Rect::from_center_size(centre, vec2(width, theme::BUTTON))
    };
    let mode = control(name.right() + GROUP_GAP, MODES);
    modes(ui, gestures, instance, mode);

    let scale = control(first.right() - SCALE, SCALE);
    scales(ui, scale);
    let [least, most] = NETWORK;
    let room = if narrow {
        first.right() - mode.right() - NARROW_ROOM
    } else {
        (first.width() - OTHERS).min(NETWORK_PART * first.width()).max(least)
    };
    let width = room.min(most);
    let network = control(scale.left() - theme::GAP - width, width);
    let mut request = network_menu(ui, instance, loading, network);

    let (left, right) = if narrow {
        (second.left(), second.right())
    } else {
        (mode.right() + GROUP_GAP, network.left() - theme::GAP)
    };
    let centre = pos2(right - record::WIDTH / 2.0, second.center().y);
    let recording = Rect::from_center_size(centre, vec2(record::WIDTH, theme::BUTTON));
    if let Some(asked) = record::show(ui, instance, recording) {
        request = Some(Request::Record(asked));
    }
    let right = recording.left() - theme::GAP;
    numbers(ui, instance, Rect::from_min_max(pos2(left, second.top()), pos2(right, second.bottom())));
    request
}

/// Three crossing strands, and the name.
fn logo(ui: &Ui, rect: Rect) -> Rect {
    const POINTS: usize = 24;
    const SWING: f32 = 9.0;
    const GAP: f32 = 10.0;
    let painter = ui.painter();
    let mark = Rect::from_min_size(pos2(rect.left(), rect.center().y - MARK.y / 2.0), MARK);
    // From back to front.
    for (strand, stem) in [(2.0, 2), (1.0, 1), (0.0, 0)] {
        let points = (0..=POINTS).map(|point| {
            let along = float(point) / float(POINTS);
            let angle = std::f32::consts::TAU * (along + strand / 3.0);
            pos2(mark.left() + along * mark.width(), mark.center().y + SWING * angle.sin())
        });
        painter.line(points.collect(), Stroke::new(2.5, theme::STEM_COLOURS[stem]));
    }
    let galley = painter.layout_no_wrap("Unbraid".into(), theme::font(theme::TITLE), theme::TEXT);
    let at = pos2(mark.right() + GAP, rect.center().y - galley.size().y / 2.0);
    let whole = Rect::from_min_max(mark.min, at + galley.size());
    painter.galley(at, galley, theme::TEXT);
    ui.interact(whole, id("name"), Sense::hover())
        .on_hover_text(concat!("Unbraid ", env!("CARGO_PKG_VERSION")));
    whole
}

fn modes(ui: &Ui, gestures: &mut ParamGestures<'_>, instance: &Instance, rect: Rect) {
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
    button::choices(ui, gestures, &instance.params.mode, id("mode"), rect, &choices);
}

/// A number with its caption.
struct Number {
    caption: &'static str,
    value: String,
    /// Small text beside the value; may be empty.
    detail: String,
    colour: Color32,
    hint: &'static str,
}

fn all_numbers(instance: &Instance) -> [Number; 4] {
    let status = &instance.status;
    let (latency, samples) = match status.latency() {
        Some((samples, ms)) => (format!("{ms:.1} ms"), format!("{samples} samples")),
        None => ("–".into(), "not active".into()),
    };
    let (mean, peak) = status.loads();
    let (missed, fallbacks) = (status.missed_deadlines(), status.fallbacks());
    let warning = |is: bool| if is { theme::WARNING } else { theme::TEXT };
    [
        Number {
            caption: "Latency",
            value: latency,
            detail: samples,
            colour: theme::TEXT,
            hint: "Delay from input to output, constant while audio plays and reported to the host.",
        },
        Number {
            caption: "CPU",
            value: format!("{:.0} %", 100.0 * mean),
            detail: format!("peak {:.0} %", 100.0 * peak),
            colour: warning(peak > CLOSE && missed > 0),
            hint: "Processing time as a fraction of real time over the last second: mean, and the slowest callback.",
        },
        Number {
            caption: "Missed",
            value: missed.to_string(),
            detail: String::new(),
            colour: warning(missed > 0),
            hint: "Missed deadlines: callbacks that took longer than their audio lasts, since the plug-in was loaded. \
                   Offline rendering has no deadline.",
        },
        Number {
            caption: "Fallbacks",
            value: fallbacks.to_string(),
            detail: String::new(),
            colour: warning(fallbacks > 0),
            hint: "Allocations of the network that did not fit into its memory pool and went to the system.",
        },
    ]
}

fn numbers(ui: &Ui, instance: &Instance, rect: Rect) {
    let painter = ui.painter_at(rect);
    let numbers = all_numbers(instance).map(|number| Galleys::new(&painter, number));
    // Details, where there is room for them without losing a number.
    let mut room =
        rect.width() - numbers.iter().map(|number| number.width(false) + BETWEEN).sum::<f32>() + BETWEEN;
    let mut left = rect.left();
    for number in numbers {
        let more = number.width(true) - number.width(false);
        let detailed = more <= room;
        if detailed {
            room -= more;
        }
        let right = left + number.width(detailed);
        let part = Rect::from_min_max(pos2(left, rect.top()), pos2(right, rect.bottom()));
        ui.interact(part, id(number.caption_text), Sense::hover()).on_hover_text(number.hint);
        number.show(&painter, pos2(left, rect.center().y), detailed);
        left = right + BETWEEN;
    }
}

/// The texts of a number.
struct Galleys {
    caption_text: &'static str,
    hint: &'static str,
    caption: Arc<Galley>,
    value: Arc<Galley>,
    detail: Option<Arc<Galley>>,
    colour: Color32,
}

impl Galleys {
    fn new(painter: &Painter, number: Number) -> Self {
        let small = theme::font(theme::SMALL);
        let Number { caption, value, detail, colour, hint } = number;
        Self {
            caption_text: caption,
            hint,
            caption: painter.layout_no_wrap(caption.into(), small.clone(), theme::WEAK),
            value: painter.layout_no_wrap(value, theme::font(theme::LARGE), colour),
            detail: (!detail.is_empty()).then(|| painter.layout_no_wrap(detail, small, theme::WEAK)),
            colour,
        }
    }

    /// Width with or without the detail.
    fn width(&self, detailed: bool) -> f32 {
        let detail = self.detail.as_ref().filter(|_| detailed).map_or(0.0, |detail| DETAIL + detail.size().x);
        self.caption.size().x.max(self.value.size().x + detail)
    }

    /// Draws it to the right of `at`.
    fn show(self, painter: &Painter, at: Pos2, detailed: bool) {
        let beside = at.x + self.value.size().x + DETAIL;
        painter.galley(at - vec2(0.0, LINE + self.caption.size().y / 2.0), self.caption, theme::WEAK);
        painter.galley(at + vec2(0.0, LINE - self.value.size().y / 2.0), self.value, self.colour);
        if let Some(detail) = self.detail.filter(|_| detailed) {
            let at = pos2(beside, at.y + DETAIL_LINE - detail.size().y / 2.0);
            painter.galley(at, detail, theme::WEAK);
        }
    }
}

/// The network's name as a button, and its menu.
fn network_menu(ui: &Ui, instance: &Instance, loading: bool, rect: Rect) -> Option<Request> {
    let network = instance.status.network();
    let title = match (&network, loading) {
        (_, true) => "Reading…".to_owned(),
        (Some(network), _) => format!("{} {}", visual(&network.name), network.version),
        (None, _) => "No network yet".to_owned(),
    };
    let response = menu_button::show(ui, id("network"), rect, &title)
        .on_hover_text("The network that separates; load one of your own here");
    let mut request = None;
    Popup::menu(&response).width(300.0).show(|ui| {
        if let Some(network) = &network {
            ui.strong(format!("{} {}", visual(&network.name), network.version));
            let origin = match &network.file {
                Some(file) => format!("From {}", visual(&file.display().to_string())),
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
    let current = whole(f64::from((100.0 * ui.ctx().zoom_factor()).round()));
    let response = menu_button::show(ui, id("scale"), rect, &format!("{current} %"))
        .on_hover_text("Size of everything in the window");
    Popup::menu(&response).width(90.0).show(|ui| {
        for scale in SCALES {
            if ui.selectable_label(usize::from(scale) == current, format!("{scale} %")).clicked() {
                ui.ctx().set_zoom_factor(f32::from(scale) / 100.0);
            }
        }
    });
}
