//! Everything in the window, apart from the window itself.

use std::path::{Path, PathBuf};
use std::time::Duration;

use egui::{Rect, Ui};
use nice_plug::context::gui::ParamSetter;
use unbraid_engine::STEMS;

use super::braid::Braid;
use super::browser::{Browser, Outcome, Purpose};
use super::controls::{Controls, Gestures};
use super::footer::Footer;
use super::layout::Layout;
use super::loader::Loader;
use super::meter::Meter;
use super::notices::Notices;
use super::{drop_hint, header, keys, player_bar, preset_menu, strip};
use crate::instance::Instance;
use crate::mode::Mode;
use crate::networks;
use crate::presets;

/// Time between two pictures while something moves: 60 a second.
const MOVING: Duration = Duration::from_micros(16_600);
/// Time between two pictures while only numbers may change.
const RESTING: Duration = Duration::from_millis(100);

/// What the window keeps from frame to frame.
pub struct View {
    instance: Instance,
    gestures: Gestures,
    meters: [Meter; STEMS],
    braid: Braid,
    footer: Footer,
    notices: Notices,
    loader: Loader,
    browser: Option<Browser>,
    /// Where the file browser was when it was last open.
    folder: Option<PathBuf>,
    /// The strip that the pointer was on in the last frame.
    pointed: Option<usize>,
}

impl View {
    /// A window's contents for `instance`.
    pub fn new(instance: Instance) -> Self {
        Self {
            instance,
            gestures: Gestures::default(),
            meters: Default::default(),
            braid: Braid::default(),
            footer: Footer::default(),
            notices: Notices::default(),
            loader: Loader::default(),
            browser: None,
            folder: None,
            pointed: None,
        }
    }

    /// The instance that is shown.
    pub fn instance(&self) -> &Instance {
        &self.instance
    }

    /// The line about what is not as it should be, if there is one.
    #[cfg(test)]
    pub fn notice(&self) -> Option<&str> {
        self.notices.current()
    }

    /// Columns that the picture has taken so far.
    #[cfg(test)]
    pub fn columns(&self) -> u64 {
        self.braid.columns()
    }

    /// Keeps the user's presets elsewhere, or nowhere.
    #[cfg(test)]
    pub fn keep_presets_in(&mut self, folder: Option<presets::Folder>) {
        self.footer.presets = preset_menu::PresetMenu::in_folder(folder);
    }

    /// The window is open: the audio thread begins to fill the display.
    pub fn opened(&mut self) {
        self.instance.display.levels.clear();
        self.instance.display.set_open(true);
    }

    /// The window closes, perhaps in the middle of a gesture.
    pub fn closed(&mut self, setter: ParamSetter<'_>) {
        self.instance.display.set_open(false);
        self.gestures.end_all(&self.instance.params, &setter);
    }

    /// Draws everything and handles the input. Returns how long the picture may stay as it is.
    pub fn show(&mut self, ui: &mut Ui, setter: ParamSetter<'_>) -> Duration {
        let now = ui.input(|input| input.time);
        let mut gestures = std::mem::take(&mut self.gestures);
        let mut controls = Controls::new(setter, &mut gestures);
        self.listen(now);
        self.collect_notices(&mut controls);
        self.take_dropped_files(ui, &mut controls);
        keys::handle(ui, &mut controls, &self.instance.params);

        let size = ui.ctx().content_rect().size();
        let layout = Layout::new(size, self.notices.current().is_some(), self.instance.player.is_some());
        let moving = self.parts(ui, &mut controls, &layout);
        self.browse(ui, &mut controls);
        if ui.input(|input| !input.raw.hovered_files.is_empty()) {
            drop_hint::show(ui, self.instance.player.is_some());
        }
        self.gestures = gestures;
        if moving { MOVING } else { RESTING }
    }

    /// Takes the meters' numbers over.
    fn listen(&mut self, now: f64) {
        for (stem, meter) in self.meters.iter_mut().enumerate() {
            meter.update(self.instance.display.levels.read(stem), now);
        }
        self.footer.hear(&self.instance, now);
    }

    fn parts(&mut self, ui: &mut Ui, controls: &mut Controls<'_>, layout: &Layout) -> bool {
        let instance = self.instance.clone();
        let reading = self.loader.is_reading();
        match header::show(ui, controls, &instance, reading, layout.header, layout.narrow) {
            Some(header::Request::OpenNetwork) => self.open_browser(Purpose::Network),
            Some(header::Request::BuiltIn) => self.back_to_built_in(),
            None => {}
        }
        if let Some(rect) = layout.notice {
            self.notices.show(ui, rect);
        }
        if let (Some(rect), Some(player)) = (layout.player, &instance.player)
            && player_bar::show(ui, player.as_ref(), rect)
        {
            self.open_browser(Purpose::Song);
        }
        let moves = self.braid(ui, layout.braid);
        self.strips(ui, controls, layout.strips);
        match self.footer.show(ui, controls, &instance, layout.footer, layout.narrow) {
            Some(preset_menu::Request::Import) => self.open_browser(Purpose::Import),
            Some(preset_menu::Request::Export) => self.open_browser(Purpose::Export),
            Some(preset_menu::Request::Say(line)) => self.notices.add(line),
            None => {}
        }
        moves || self.meters.iter().chain([&self.footer.output]).any(Meter::moves)
    }

    fn braid(&mut self, ui: &mut Ui, rect: Rect) -> bool {
        let controls = self.instance.params.controls();
        let heard = controls.stem_gains().map(|gain| gain > 0.0);
        self.braid.show(ui, &self.instance.display, heard, self.pointed, rect)
    }

    fn strips(&mut self, ui: &mut Ui, controls: &mut Controls<'_>, rects: [Rect; STEMS]) {
        self.pointed = None;
        for (stem, (rect, meter)) in rects.into_iter().zip(&mut self.meters).enumerate() {
            let response = strip::show(ui, controls, &self.instance.params, stem, meter, rect);
            if response.contains_pointer() {
                self.pointed = Some(stem);
            }
        }
    }

    /// Turns what happened elsewhere into lines that stay until they are seen.
    fn collect_notices(&mut self, controls: &mut Controls<'_>) {
        let status = self.instance.status.clone();
        for line in status.take_problems() {
            self.notices.add(line);
        }
        if let Some(error) = self.instance.player.as_ref().and_then(|player| player.take_error()) {
            self.notices.add(error);
        }
        if let Some((path, result)) = self.loader.poll() {
            match result {
                Ok(plan) => self.take_network(controls, networks::mode_of(&plan), path),
                Err(error) => self.notices.add(error.to_string()),
            }
        }
        let chosen = self.instance.params.mode.value();
        let available = self.instance.params.networks.available(chosen);
        self.notices.condition("network failed", status.network_failed(), || {
            "The network failed: you hear the dry signal (stem Other). Restart playback to try again.".into()
        });
        self.notices.passing(
            "network waiting",
            status.waiting_for_network(),
            "The network is still being prepared: you hear the dry signal (stem Other) until it is ready.",
        );
        self.notices.condition("no live network", available != chosen, || {
            "This build has no Live network, so the Studio network runs. You can load one of your own.".into()
        });
        let waiting = status.active_mode().is_some_and(|active| active != available);
        self.notices.passing(
            "restart",
            waiting,
            "The mode changes when the host restarts the plug-in: stop and start playback if it does not.",
        );
        let replaced = status.replaced_samples();
        self.notices.condition("replaced", replaced > 0, || {
            format!("The input held samples that are no numbers ({replaced} so far); they are silenced.")
        });
    }

    fn take_network(&mut self, controls: &mut Controls<'_>, mode: Mode, path: PathBuf) {
        self.instance.params.networks.choose(mode, Some(path));
        // A network belongs to the mode it was made for; loading one is asking to hear it.
        controls.once_plain(&self.instance.params.mode, mode);
    }

    fn back_to_built_in(&mut self) {
        let networks = &self.instance.params.networks;
        let mode = networks.available(self.instance.params.mode.value());
        networks.choose(mode, None);
    }

    /// Files that were let go over the window.
    fn take_dropped_files(&mut self, ui: &Ui, controls: &mut Controls<'_>) {
        let files = ui.input(|input| input.raw.dropped_files.clone());
        for path in files.iter().map(|file| file.path()) {
            self.take_file(controls, path);
        }
    }

    /// Takes a file for what its name says it is.
    fn take_file(&mut self, controls: &mut Controls<'_>, path: &Path) {
        let extension =
            path.extension().map(|text| text.to_string_lossy().to_lowercase()).unwrap_or_default();
        match (extension.as_str(), &self.instance.player) {
            ("onnx", _) => self.loader.start(path.to_owned()),
            (presets::EXTENSION, _) => self.import(controls, path),
            (_, Some(player)) => player.open(path),
            (_, None) => self.notices.add(format!(
                "{}: need a network (.onnx) or a preset (.json)",
                path.file_name().unwrap_or_default().to_string_lossy()
            )),
        }
    }

    fn import(&mut self, controls: &mut Controls<'_>, path: &Path) {
        let instance = self.instance.clone();
        if let Err(reason) = self.footer.presets.import(controls, &instance, path) {
            self.notices.add(reason);
        }
    }

    fn open_browser(&mut self, purpose: Purpose) {
        self.browser = Some(Browser::open(purpose, self.folder.as_deref()));
    }

    fn browse(&mut self, ui: &Ui, controls: &mut Controls<'_>) {
        let Some(browser) = &mut self.browser else { return };
        let Some(outcome) = browser.show(ui.ctx()) else { return };
        self.folder = Some(browser.folder().to_owned());
        self.browser = None;
        match outcome {
            Outcome::Cancelled => {}
            Outcome::Chosen(Purpose::Network, path) => self.loader.start(path),
            Outcome::Chosen(Purpose::Import, path) => self.import(controls, &path),
            Outcome::Chosen(Purpose::Export, path) => {
                if let Err(error) = presets::save(&path, &self.instance.params) {
                    self.notices.add(error.to_string());
                }
            }
            Outcome::Chosen(Purpose::Song, path) => {
                if let Some(player) = &self.instance.player {
                    player.open(&path);
                }
            }
        }
    }
}
