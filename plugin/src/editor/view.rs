//! The window's contents, which need no window system.

use std::path::{Path, PathBuf};
use std::time::Duration;

use egui::{Context, Rect, Ui};
use nice_plug::context::gui::ParamSetter;
use nice_plug_egui::KeyCapture;
use unbraid_engine::STEMS;

use super::file_browser::{FileBrowser, Outcome, Purpose};
use super::footer::Footer;
use super::history::History;
use super::layout::Layout;
use super::meter::Meter;
use super::network_loader::NetworkLoader;
use super::notices::Notices;
use super::param_gestures::{OpenGestures, ParamGestures};
use super::spectrogram::{self, Spectrogram};
use super::{drop_hint, header, player_bar, preset_menu, record, shortcuts, strip};
use crate::instance::Instance;
use crate::mode::Mode;
use crate::networks;
use crate::presets;

/// Time between two frames while something moves: 60 a second.
const MOVING: Duration = Duration::from_micros(16_600);
/// Time between two frames while only numbers may change.
const IDLE: Duration = Duration::from_millis(100);

/// The window's state from frame to frame.
pub struct View {
    instance: Instance,
    gestures: OpenGestures,
    meters: [Meter; STEMS],
    spectrogram: Spectrogram,
    footer: Footer,
    notices: Notices,
    loader: NetworkLoader,
    history: History,
    browser: Option<FileBrowser>,
    /// The file browser's last folder.
    folder: Option<PathBuf>,
    /// The strip under the pointer in the last frame.
    pointed: Option<usize>,
}

impl View {
    /// A window's contents for `instance`; `loader` and `history` outlive them.
    pub fn new(instance: Instance, loader: NetworkLoader, history: History) -> Self {
        Self {
            instance,
            gestures: OpenGestures::default(),
            meters: Default::default(),
            spectrogram: Spectrogram::default(),
            footer: Footer::default(),
            notices: Notices::default(),
            loader,
            history,
            browser: None,
            folder: None,
            pointed: None,
        }
    }

    /// The instance.
    pub fn instance(&self) -> &Instance {
        &self.instance
    }

    /// The oldest message.
    #[cfg(test)]
    pub fn notice(&self) -> Option<&str> {
        self.notices.current()
    }

    /// Columns that the spectrogram has taken.
    #[cfg(test)]
    pub fn columns(&self) -> usize {
        self.spectrogram.columns()
    }

    /// Keeps the user's presets in another folder, or nowhere.
    #[cfg(test)]
    pub fn keep_presets_in(&mut self, folder: Option<presets::Folder>) {
        self.footer.presets = preset_menu::PresetMenu::in_folder(folder);
    }

    /// To be called when the window opens: the audio thread begins to fill the display.
    pub fn opened(&mut self) {
        self.instance.display.levels.clear();
        self.instance.display.set_open(true);
    }

    /// Keys that the window keeps from the host.
    pub fn captured_keys(&self, context: &Context) -> KeyCapture {
        shortcuts::captured(context, self.instance.player.is_none())
    }

    /// To be called when the window closes, perhaps during a gesture.
    pub fn closed(&mut self, setter: ParamSetter<'_>) {
        self.instance.display.set_open(false);
        self.gestures.end_all(&self.instance.params, &setter);
    }

    /// Draws a frame and handles its input. Returns the time until the next one.
    pub fn show(&mut self, ui: &mut Ui, setter: ParamSetter<'_>) -> Duration {
        let now = ui.input(|input| input.time);
        let mut open = std::mem::take(&mut self.gestures);
        let mut gestures = ParamGestures::new(setter, &mut open);
        self.update_meters(now);
        self.collect_notices(&mut gestures);
        self.take_dropped_files(ui, &mut gestures);
        let space = shortcuts::take_space(ui);
        shortcuts::handle(ui, &mut gestures, &self.instance.params);
        if self.instance.player.is_some() {
            shortcuts::handle_undo(ui, &mut gestures, &self.instance.params, &self.history);
        }

        let size = ui.ctx().content_rect().size();
        let layout = Layout::new(size, self.notices.current().is_some(), self.instance.player.is_some());
        let moving = self.parts(ui, &mut gestures, &layout, space);
        self.browse(ui, &mut gestures);
        if ui.input(|input| !input.raw.hovered_files.is_empty()) {
            drop_hint::show(ui, self.instance.player.is_some());
        }
        gestures.finish(&self.history, now);
        self.gestures = open;
        if moving { MOVING } else { IDLE }
    }

    fn update_meters(&mut self, now: f64) {
        for (stem, meter) in self.meters.iter_mut().enumerate() {
            meter.update(self.instance.display.levels.read(stem), now);
        }
        self.footer.update(&self.instance, now);
    }

    fn parts(&mut self, ui: &mut Ui, gestures: &mut ParamGestures<'_>, layout: &Layout, space: bool) -> bool {
        let instance = self.instance.clone();
        let reading = self.loader.is_reading();
        match header::show(ui, gestures, &instance, reading, layout.header, layout.narrow) {
            Some(header::Request::OpenNetwork) => self.open_browser(Purpose::Network),
            Some(header::Request::BuiltIn) => self.back_to_built_in(),
            Some(header::Request::Record(request)) => self.record(request),
            None => {}
        }
        if let Some(rect) = layout.notice {
            self.notices.show(ui, rect);
        }
        if let (Some(rect), Some(player)) = (layout.player, &instance.player) {
            match player_bar::show(ui, player.as_ref(), space, &self.recordings(), rect) {
                Some(player_bar::Request::Open) => self.open_browser(Purpose::Song(player.extensions())),
                Some(player_bar::Request::Show(folder)) => self.show_folder(&folder),
                None => {}
            }
        }
        let moves = self.spectrogram(ui, layout.spectrogram);
        self.strips(ui, gestures, layout.strips);
        match self.footer.show(ui, gestures, &instance, &self.history, layout.footer, layout.narrow) {
            Some(preset_menu::Request::Import) => self.open_browser(Purpose::Import),
            Some(preset_menu::Request::Export) => self.open_browser(Purpose::Export),
            Some(preset_menu::Request::Notify(line)) => self.notices.add(line),
            None => {}
        }
        moves || self.meters.iter().chain([&self.footer.output]).any(Meter::moves)
    }

    fn spectrogram(&mut self, ui: &mut Ui, rect: Rect) -> bool {
        let Instance { params, display, .. } = &self.instance;
        let controls = params.controls();
        let gains = if controls.bypass {
            [1.0; STEMS]
        } else {
            controls.stem_gains().map(|gain| gain * controls.output_gain)
        };
        let output = spectrogram::Output { gains, pointed: self.pointed };
        let remembered = params.spectrogram.read().map(|source| *source).unwrap_or_default();
        let mut source = remembered;
        let moves = self.spectrogram.show(ui, display, output, &mut source, rect);
        if source != remembered
            && let Ok(mut remembered) = params.spectrogram.write()
        {
            *remembered = source;
        }
        moves
    }

    fn strips(&mut self, ui: &mut Ui, gestures: &mut ParamGestures<'_>, rects: [Rect; STEMS]) {
        self.pointed = None;
        for (stem, (rect, meter)) in rects.into_iter().zip(&mut self.meters).enumerate() {
            let response = strip::show(ui, gestures, &self.instance.params, stem, meter, rect);
            if response.contains_pointer() {
                self.pointed = Some(stem);
            }
        }
    }

    /// Collects messages from the other threads and from states that need one.
    fn collect_notices(&mut self, gestures: &mut ParamGestures<'_>) {
        let status = self.instance.status.clone();
        for line in status.take_problems() {
            self.notices.add(line);
        }
        if let Some(player) = &self.instance.player {
            self.instance.recorder.set_name(&player.playback().title);
            if let Some(error) = player.take_error() {
                self.notices.add(error);
            }
        }
        let dropped = self.instance.recorder.recording().dropped > 0;
        self.notices.condition("dropped", dropped, || {
            "The disk is too slow: samples of the recording are dropped, and their place is silence.".into()
        });
        if let Some((path, result)) = self.loader.poll() {
            match result {
                Ok(plan) => self.take_network(gestures, networks::mode_of(&plan), path),
                Err(error) => self.notices.add(error.to_string()),
            }
        }
        let chosen = self.instance.params.mode.value();
        let available = self.instance.params.networks.available(chosen);
        self.notices.condition("network failed", status.network_failed(), || {
            "The network failed: the dry signal passes through (stem Other). Restart playback to try again.".into()
        });
        self.notices.passing(
            "network waiting",
            status.waiting_for_network(),
            "The network is still being prepared: the dry signal passes through (stem Other) until it is ready.",
        );
        self.notices.condition("no live network", available != chosen, || {
            "This build has no Live network, so the Studio network runs. Load one of your own in the header.".into()
        });
        let waiting = status.active_mode().is_some_and(|active| active != available);
        self.notices.passing(
            "restart",
            waiting,
            "The mode changes when the host restarts the plug-in: stop and start playback if it does not.",
        );
        let replaced = status.replaced_samples();
        self.notices.condition("replaced", replaced > 0, || {
            format!("NaN or infinite samples in the input ({replaced} so far) were replaced by silence.")
        });
    }

    fn take_network(&mut self, gestures: &mut ParamGestures<'_>, mode: Mode, path: PathBuf) {
        self.instance.params.networks.choose(mode, Some(path));
        // A network belongs to the mode it was made for.
        gestures.once_plain(&self.instance.params.mode, mode);
    }

    fn back_to_built_in(&mut self) {
        let networks = &self.instance.params.networks;
        let mode = networks.available(self.instance.params.mode.value());
        networks.choose(mode, None);
    }

    /// Takes files that were dropped onto the window.
    fn take_dropped_files(&mut self, ui: &Ui, gestures: &mut ParamGestures<'_>) {
        let files = ui.input(|input| input.raw.dropped_files.clone());
        for path in files.iter().map(|file| file.path()) {
            self.take_file(gestures, path);
        }
    }

    /// Takes a file by its extension.
    fn take_file(&mut self, gestures: &mut ParamGestures<'_>, path: &Path) {
        let extension =
            path.extension().map(|text| text.to_string_lossy().to_lowercase()).unwrap_or_default();
        match (extension.as_str(), &self.instance.player) {
            ("onnx", _) => self.loader.start(path),
            (presets::EXTENSION, _) => self.import(gestures, path),
            (_, Some(player)) => player.open(path),
            (_, None) => self.notices.add(format!(
                "{}: need a network (.onnx) or a preset (.json)",
                path.file_name().unwrap_or_default().to_string_lossy()
            )),
        }
    }

    fn import(&mut self, gestures: &mut ParamGestures<'_>, path: &Path) {
        let instance = self.instance.clone();
        if let Err(reason) = self.footer.presets.import(gestures, &instance, path) {
            self.notices.add(reason);
        }
    }

    fn record(&mut self, request: record::Request) {
        let recorder = &self.instance.recorder;
        match request {
            record::Request::Arm(true) => {
                if let Err(error) = recorder.arm(&self.recordings()) {
                    self.notices.add(error.to_string());
                }
            }
            record::Request::Arm(false) => recorder.disarm(),
            record::Request::ChooseFolder => {
                let folder = self.recordings();
                self.browser = Some(FileBrowser::open(Purpose::Recordings, existing(&folder)));
            }
            record::Request::Show(folder) => self.show_folder(&folder),
        }
    }

    /// Shows a folder in the system's own window.
    fn show_folder(&mut self, folder: &Path) {
        if let Err(error) = open::that_detached(folder) {
            self.notices.add(format!("{} cannot be shown ({error})", folder.display()));
        }
    }

    /// The folder for recordings.
    fn recordings(&self) -> PathBuf {
        self.instance.params.recordings.read().map(|folder| folder.path()).unwrap_or_default()
    }

    fn record_to(&mut self, folder: &Path) {
        let remembered = self.instance.params.recordings.write();
        if !remembered.is_ok_and(|mut recordings| recordings.choose(folder)) {
            self.notices.add(format!("{}: choose a folder with another name", folder.display()));
        }
    }

    fn open_browser(&mut self, purpose: Purpose) {
        self.browser = Some(FileBrowser::open(purpose, self.folder.as_deref()));
    }

    fn browse(&mut self, ui: &Ui, gestures: &mut ParamGestures<'_>) {
        let Some(browser) = &mut self.browser else { return };
        let Some(outcome) = browser.show(ui.ctx()) else { return };
        if !matches!(outcome, Outcome::Chosen(Purpose::Recordings, _)) {
            self.folder = Some(browser.folder().to_owned());
        }
        self.browser = None;
        match outcome {
            Outcome::Cancelled => {}
            Outcome::Chosen(Purpose::Network, path) => self.loader.start(&path),
            Outcome::Chosen(Purpose::Import, path) => self.import(gestures, &path),
            Outcome::Chosen(Purpose::Export, path) => {
                if let Err(error) = presets::save(&path, &self.instance.params) {
                    self.notices.add(error.to_string());
                }
            }
            Outcome::Chosen(Purpose::Recordings, path) => self.record_to(&path),
            Outcome::Chosen(Purpose::Song(_), path) => {
                if let Some(player) = &self.instance.player {
                    player.open(&path);
                }
            }
        }
    }
}

/// The folder, or the nearest above it that exists.
fn existing(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|folder| folder.is_dir())
}
