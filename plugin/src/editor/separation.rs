//! The song's separation into files: a button beside the player's bar, and its menu.

use std::path::{Path, PathBuf};

use egui::{Button, Id, Popup, PopupCloseBehavior, ProgressBar, Rect, Sense, Ui};

use super::casts::whole;
use super::text_order::visual;
use super::theme;
use super::widgets::button;
use crate::player::{Playback, Player};

/// Width of the menu in points.
const WIDTH: f32 = 300.0;

/// The id of a control of the menu, or of its button.
pub fn id(control: &str) -> Id {
    Id::unique(("separation", control))
}

/// The menu's button in `rect`, which shows how far it is; the menu while it is open. Files go to `folder`. Returns a
/// folder that the user wants to see.
pub fn show(ui: &Ui, player: &dyn Player, state: &Playback, folder: &Path, rect: Rect) -> Option<PathBuf> {
    let running = state.separation.running;
    let label = running.map_or_else(|| "Separate".into(), |part| format!("{} %", percent(part)));
    let response = button::show(ui, id("menu"), rect, &label, running.is_some(), theme::ACCENT)
        .on_hover_text("This song into files: four stems and the mix");
    let menu = Popup::menu(&response).width(WIDTH).close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    menu.show(|ui| contents(ui, player, state, folder)).and_then(|shown| shown.inner)
}

fn percent(part: f32) -> usize {
    whole(f64::from(100.0 * part))
}

fn contents(ui: &mut Ui, player: &dyn Player, state: &Playback, folder: &Path) -> Option<PathBuf> {
    let separation = &state.separation;
    if let Some(part) = separation.running {
        ui.label(format!("Separating {}", visual(&state.title)));
        ui.add(ProgressBar::new(part).text(format!("{} %", percent(part))));
        ui.weak("The song may play on meanwhile");
        if labelled(ui, "cancel", "Cancel", true) {
            player.stop_separating();
        }
        return None;
    }
    ui.weak("Four stems and the mix, in mode Studio,");
    ui.weak("with the plug-in that is installed");
    ui.horizontal(|ui| {
        ui.weak("To");
        ui.add(egui::Label::new(visual(&folder.display().to_string())).truncate());
    });
    if labelled(ui, "start", "Separate this song", state.length > 0.0) {
        player.separate(folder);
    }
    let done = separation.folder.as_ref()?;
    ui.separator();
    let name = done.file_name().unwrap_or_default().to_string_lossy();
    ui.label(format!("Done: {}", visual(&name))).on_hover_text(visual(&done.display().to_string()));
    labelled(ui, "show", "Show in folder", true).then(|| done.clone())
}

/// A button of the menu. Returns whether it was clicked.
fn labelled(ui: &mut Ui, control: &str, label: &str, enabled: bool) -> bool {
    let response = ui.add_enabled(enabled, Button::new(label).fill(theme::RAISED));
    // Known to tests by its id.
    ui.interact(response.rect, id(control), Sense::hover());
    response.clicked()
}
