//! Recording: a button that arms it, and a menu with the folder and the last take.

use std::path::{Path, PathBuf};

use egui::{Button, Id, Popup, PopupCloseBehavior, Pos2, Rect, Sense, Stroke, Ui, pos2, vec2};

use super::player_bar::time;
use super::text_order::visual;
use super::theme;
use super::widgets::{button, menu_button};
use crate::instance::Instance;
use crate::recorder::{Finished, Recording};

/// Width of both buttons together in the header.
pub const WIDTH: f32 = 118.0;
/// Width of the button that arms, and the gap to the menu's.
const ARM: f32 = 32.0;
const GAP: f32 = 3.0;
/// Radius of the sign on it.
const SIGN: f32 = 6.0;
/// Width of the menu.
const MENU: f32 = 320.0;
/// Side of the square with a stem's letter.
const LETTER: f32 = 17.0;

/// The id of a control.
pub fn id(control: &str) -> Id {
    Id::unique(("record", control))
}

/// What the window is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Arm, or disarm.
    Arm(bool),
    /// Let the user choose a folder.
    ChooseFolder,
    /// Show this folder in the system's own window.
    Show(PathBuf),
}

/// State in one or two words, for the menu's button.
fn title(recording: &Recording) -> String {
    match recording {
        Recording { armed: false, .. } => "Record".into(),
        Recording { running: false, .. } => "Armed".into(),
        Recording { seconds, .. } => time(*seconds),
    }
}

/// Both buttons in `rect`, and the menu while it is open.
pub fn show(ui: &Ui, instance: &Instance, rect: Rect) -> Option<Request> {
    let recording = instance.recorder.recording();
    let mut request = None;
    let arm = Rect::from_min_size(rect.min, vec2(ARM, rect.height()));
    let hint = if recording.armed {
        "Stop recording (ends a take that runs)"
    } else {
        "Record the four stems of what plays to files, from play to stop"
    };
    let colour = if recording.running { theme::ALARM } else { theme::RAISED };
    let response = button::show(ui, id("arm"), arm, "", recording.running, colour);
    sign(ui, arm.center(), &recording);
    if response.on_hover_text(hint).clicked() {
        request = Some(Request::Arm(!recording.armed));
    }
    let menu = Rect::from_min_max(pos2(arm.right() + GAP, rect.top()), rect.max);
    let response = menu_button::show(ui, id("menu"), menu, &title(&recording))
        .on_hover_text("Folder of the recordings, and the last take");
    let popup = Popup::menu(&response).width(MENU).close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    popup.show(|ui| {
        if let Some(asked) = contents(ui, instance, &recording) {
            request = Some(asked);
        }
    });
    request
}

/// A ring, filled while recording is armed, dark on the lit button while a take runs.
fn sign(ui: &Ui, centre: Pos2, recording: &Recording) {
    let painter = ui.painter();
    match recording {
        Recording { armed: false, .. } => {
            painter.circle_stroke(centre, SIGN - 1.0, Stroke::new(2.0, theme::ALARM));
        }
        Recording { running: false, .. } => {
            painter.circle_filled(centre, SIGN, theme::ALARM);
        }
        _ => {
            painter.circle_filled(centre, SIGN, theme::ON_LIT);
        }
    }
}

fn contents(ui: &mut Ui, instance: &Instance, recording: &Recording) -> Option<Request> {
    let mut request = None;
    ui.strong(match recording {
        Recording { armed: false, .. } => "Not armed".to_owned(),
        Recording { running: false, .. } => "Armed: records from play to stop".to_owned(),
        Recording { seconds, .. } => format!("Recording, {}", time(*seconds)),
    });
    if recording.dropped > 0 {
        let line = format!("{} samples dropped: the disk is too slow", recording.dropped);
        ui.colored_label(theme::WARNING, line);
    }
    ui.weak("Four files of 32-bit float WAV, as the stem");
    ui.weak("outputs give them, at their place in the song");
    let folder = instance.params.recordings.read().map(|folder| folder.path()).unwrap_or_default();
    ui.horizontal(|ui| {
        if labelled(ui, "folder", "Folder…", !recording.armed, "Another folder for recordings") {
            request = Some(Request::ChooseFolder);
            ui.close();
        }
        ui.add(egui::Label::new(visual(&folder.display().to_string())).truncate());
    });
    ui.separator();
    match &recording.last {
        None => _ = ui.weak("No take yet"),
        Some(last) => request = last_take(ui, last).or(request),
    }
    request
}

fn last_take(ui: &mut Ui, last: &Finished) -> Option<Request> {
    let mut request = None;
    #[expect(clippy::cast_precision_loss, reason = "shown to the second")]
    let seconds = last.frames as f64 / f64::from(last.rate.max(1));
    ui.weak(format!("Last take, {}", time(seconds)));
    for (stem, file) in last.files.iter().enumerate() {
        ui.horizontal(|ui| {
            letter(ui, stem);
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let path = file.display().to_string();
            ui.add(egui::Label::new(visual(&name)).truncate()).on_hover_text(visual(&path));
        });
    }
    ui.horizontal(|ui| {
        if labelled(ui, "show", "Show in folder", true, "The folder in a window of the system's") {
            request = last.files[0].parent().map(Path::to_owned).map(Request::Show);
        }
        if labelled(ui, "copy", "Copy paths", true, "The four files' paths, a line each") {
            let lines = last.files.each_ref().map(|file| file.display().to_string());
            ui.ctx().copy_text(lines.join("\n"));
        }
    });
    request
}

/// A stem's letter on its colour.
fn letter(ui: &mut Ui, stem: usize) {
    let (rect, _) = ui.allocate_exact_size(vec2(LETTER, LETTER), Sense::hover());
    ui.painter().rect_filled(rect, theme::SMALL_CORNER, theme::STEM_COLOURS[stem]);
    let (letter, font) = (theme::LETTERS[stem], theme::font(theme::SMALL));
    ui.painter().text(rect.center(), egui::Align2::CENTER_CENTER, letter, font, theme::ON_LIT);
}

/// A button of the menu. Returns whether it was clicked.
fn labelled(ui: &mut Ui, control: &str, label: &str, enabled: bool, hint: &str) -> bool {
    let response = ui.add_enabled(enabled, Button::new(label).fill(theme::RAISED)).on_hover_text(hint);
    // Known to tests by its id.
    ui.interact(response.rect, id(control), Sense::hover());
    response.clicked()
}
