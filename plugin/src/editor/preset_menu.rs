//! The presets' menu: factory presets, the user's, saving, importing, exporting.

use std::path::Path;

use egui::{Id, Key, Popup, PopupCloseBehavior, Rect, ScrollArea, Ui};

use super::param_gestures::ParamGestures;
use super::text_order::visual;
use super::widgets::menu_button;
use crate::instance::Instance;
use crate::presets::{self, FACTORY, Folder, Settings};

/// What the menu asks the window to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Let the user choose a preset file to import.
    Import,
    /// Let the user choose where to write the present settings.
    Export,
    /// Show this message.
    Notify(String),
}

/// The menu's state.
pub struct PresetMenu {
    folder: Option<Folder>,
    /// The user's presets, read when the menu opens.
    names: Vec<String>,
    /// Typed name for saving.
    name: String,
    /// The last preset that was loaded or saved.
    current: Option<String>,
    open: bool,
}

impl Default for PresetMenu {
    fn default() -> Self {
        Self::in_folder(Folder::of_user())
    }
}

/// The id of the menu's button.
pub fn id() -> Id {
    Id::unique("presets")
}

impl PresetMenu {
    /// A menu with the user's presets in `folder`.
    pub fn in_folder(folder: Option<Folder>) -> Self {
        Self { folder, names: Vec::new(), name: String::new(), current: None, open: false }
    }

    /// Draws the button in `rect`, and the menu while it is open.
    pub fn show(
        &mut self,
        ui: &Ui,
        gestures: &mut ParamGestures<'_>,
        instance: &Instance,
        rect: Rect,
    ) -> Option<Request> {
        let title = self.current.clone().unwrap_or_else(|| "Presets".into());
        let response = menu_button::show(ui, id(), rect, &visual(&title))
            .on_hover_text("Settings with a name, from the factory or your own");
        let menu =
            Popup::menu(&response).width(240.0).close_behavior(PopupCloseBehavior::CloseOnClickOutside);
        let mut request = None;
        let shown = menu.show(|ui| {
            if !self.open {
                self.names = self.folder.as_ref().map_or_else(Vec::new, Folder::names);
            }
            request = self.contents(ui, gestures, instance);
        });
        self.open = shown.is_some();
        request
    }

    fn contents(
        &mut self,
        ui: &mut Ui,
        gestures: &mut ParamGestures<'_>,
        instance: &Instance,
    ) -> Option<Request> {
        let params = &instance.params;
        let mut request = None;
        ui.weak("Factory");
        for preset in &FACTORY {
            let chosen = self.current.as_deref() == Some(preset.name);
            if ui.selectable_label(chosen, preset.name).on_hover_text(preset.hint).clicked() {
                apply(gestures, preset.settings(params));
                self.current = Some(preset.name.into());
                ui.close();
            }
        }
        ui.separator();
        let yours = ui.weak("Yours");
        if let Some(folder) = &self.folder {
            yours.on_hover_text(format!("Files in {}", visual(&folder.path().display().to_string())));
        }
        if self.names.is_empty() {
            ui.weak("none yet");
        }
        let mut remove = None;
        ScrollArea::vertical().max_height(160.0).show(ui, |ui| {
            for name in &self.names {
                ui.horizontal(|ui| {
                    let chosen = self.current.as_ref() == Some(name);
                    if ui.selectable_label(chosen, visual(name)).clicked() {
                        request = self.load(gestures, instance, name);
                        ui.close();
                    }
                    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                        if ui.small_button("×").on_hover_text(format!("Remove {}", visual(name))).clicked() {
                            remove = Some(name.clone());
                        }
                    });
                });
            }
        });
        if let (Some(name), Some(folder)) = (remove, &self.folder) {
            request = folder.remove(&name).err().map(|error| Request::Notify(error.to_string())).or(request);
            self.names = folder.names();
        }
        ui.horizontal(|ui| {
            let field = egui::TextEdit::singleline(&mut self.name).hint_text("Name").desired_width(130.0);
            let typed = ui.add(field);
            let enter = typed.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if ui.button("Save").clicked() || enter {
                request = self.save(instance);
            }
        });
        ui.separator();
        for (label, choice) in [("Import a file…", Request::Import), ("Export to a file…", Request::Export)]
        {
            if ui.button(label).clicked() {
                request = Some(choice);
                ui.close();
            }
        }
        request
    }

    fn load(&self, gestures: &mut ParamGestures<'_>, instance: &Instance, name: &str) -> Option<Request> {
        let folder = self.folder.as_ref()?;
        let settings = folder.file(name).and_then(|file| presets::load(&file, &instance.params));
        match settings {
            Ok(settings) => apply(gestures, settings),
            Err(error) => return Some(Request::Notify(error.to_string())),
        }
        None
    }

    fn save(&mut self, instance: &Instance) -> Option<Request> {
        let Some(folder) = &self.folder else {
            return Some(Request::Notify(
                "This system has no folder for presets; export to a file instead.".into(),
            ));
        };
        match folder.file(&self.name).and_then(|file| presets::save(&file, &instance.params)) {
            Ok(()) => {
                self.current = Some(self.name.trim().to_owned());
                self.name.clear();
                self.names = folder.names();
                None
            }
            Err(error) => Some(Request::Notify(error.to_string())),
        }
    }

    /// Imports the file at `from` into the user's folder and loads it.
    ///
    /// # Errors
    /// One line if it is no preset.
    pub fn import(
        &mut self,
        gestures: &mut ParamGestures<'_>,
        instance: &Instance,
        from: &Path,
    ) -> Result<(), String> {
        let folder = self.folder.as_ref().ok_or("This system has no folder for presets.")?;
        let settings = presets::load(from, &instance.params).map_err(|error| error.to_string())?;
        let name = folder.import(from, &instance.params).map_err(|error| error.to_string())?;
        self.current = Some(name);
        apply(gestures, settings);
        Ok(())
    }
}

fn apply(gestures: &mut ParamGestures<'_>, settings: Settings<'_>) {
    for (param, value) in settings {
        gestures.once_handle(param, value);
    }
}
