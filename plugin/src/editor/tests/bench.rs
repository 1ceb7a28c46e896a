//! A window and a synthetic user.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{
    Context, Event, FullOutput, HoveredFile, Id, Key, Modifiers, MouseWheelUnit, PointerButton, Pos2,
    RawInput, Rect, Shape, TouchPhase, Vec2, epaint::ClippedShape, pos2, vec2,
};
use keyboard_types::Key as HostKey;
use nice_plug::context::gui::GuiContext;
use nice_plug::prelude::Params;
use nice_plug_egui::KeyCapture;
use unbraid_formats::Transport;

use super::host::{Change, Recorder};
use crate::editor::casts::{float, whole};
use crate::editor::history::History;
use crate::editor::layout::DEFAULT_SIZE;
use crate::editor::network_loader::NetworkLoader;
use crate::editor::theme;
use crate::editor::view::View;
use crate::instance::Instance;
use crate::params::UnbraidParams;
use crate::player::Player;
use crate::presets::Folder;
use crate::processor::{MainBus, Processor};

/// A window's contents and a user.
pub struct Bench {
    context: Context,
    view: View,
    host: Arc<Recorder>,
    gui: GuiContext,
    size: Vec2,
    time: f64,
    modifiers: Modifiers,
    /// Time of each frame without OpenGL.
    spent: Vec<Duration>,
}

impl Bench {
    pub fn new() -> Self {
        Self::with_size(DEFAULT_SIZE)
    }

    pub fn with_size(size: Vec2) -> Self {
        Self::of(Instance::default(), size, None)
    }

    pub fn with_player(player: Arc<dyn Player>) -> Self {
        Self::of(Instance { player: Some(player), ..Instance::default() }, DEFAULT_SIZE, None)
    }

    pub fn with_presets(folder: &Path) -> Self {
        Self::of(Instance::default(), DEFAULT_SIZE, Some(folder.to_owned()))
    }

    fn of(instance: Instance, size: Vec2, presets: Option<PathBuf>) -> Self {
        let host = Arc::new(Recorder::new(instance.params.clone()));
        let mut view = View::new(instance, NetworkLoader::default(), History::default());
        // Never the real folder of the user who runs the tests.
        view.keep_presets_in(presets.map(Folder::new));
        let context = Context::default();
        theme::apply(&context);
        view.opened();
        let gui = GuiContext::new(host.clone());
        let mut bench =
            Self { context, view, host, gui, size, time: 0.0, modifiers: Modifiers::NONE, spent: Vec::new() };
        bench.frame();
        bench.frame();
        bench
    }

    pub fn instance(&self) -> &Instance {
        self.view.instance()
    }

    pub fn params(&self) -> &UnbraidParams {
        &self.view.instance().params
    }

    pub fn notice(&self) -> Option<String> {
        self.view.notice().map(str::to_owned)
    }

    pub fn columns(&self) -> usize {
        self.view.columns()
    }

    /// Sets a parameter from outside, in its own unit, as automation does.
    pub fn set(&mut self, id: &str, plain: f32) {
        let map = self.params().param_map();
        let param = map.into_iter().find(|(known, _, _)| known == id).map(|(_, param, _)| param).unwrap();
        // SAFETY: the parameters are alive and nobody else is using them.
        unsafe { param._internal_set_normalized_value(param.preview_normalized(plain)) };
        self.frame();
    }

    /// Draws one frame with this input. Returns the changes that the host saw.
    pub fn input(&mut self, events: Vec<Event>) -> Vec<Change> {
        self.run(RawInput { events, ..RawInput::default() })
    }

    fn draw(&mut self, input: RawInput) -> FullOutput {
        self.time += 1.0 / 60.0;
        let mut input = input;
        input.screen_rect = Some(Rect::from_min_size(Pos2::ZERO, self.size));
        input.time = Some(self.time);
        input.events.insert(0, Event::ModifiersChanged(self.modifiers));
        let (view, gui) = (&mut self.view, &self.gui);
        self.context.run_ui(input, |ui| {
            view.show(ui, gui.param_setter());
        })
    }

    fn run(&mut self, input: RawInput) -> Vec<Change> {
        let start = Instant::now();
        let mut output = self.draw(input);
        self.context.tessellate(std::mem::take(&mut output.shapes), output.pixels_per_point);
        self.spent.push(start.elapsed());
        self.host.take()
    }

    /// Times of the frames since the last call: median and 95th percentile.
    pub fn spent(&mut self) -> [Duration; 2] {
        let mut spent = std::mem::take(&mut self.spent);
        spent.sort();
        [0.5, 0.95].map(|part| spent[whole(part * f64::from(float(spent.len())))])
    }

    pub fn frame(&mut self) -> Vec<Change> {
        self.input(Vec::new())
    }

    /// Holds these modifiers from now on.
    pub fn hold(&mut self, modifiers: Modifiers) {
        self.modifiers = modifiers;
    }

    fn centre(&self, id: Id) -> Pos2 {
        self.context.read_response(id).unwrap_or_else(|| panic!("{id:?} is not in the window")).rect.center()
    }

    fn button(&self, pos: Pos2, button: PointerButton, pressed: bool) -> Event {
        Event::PointerButton { pos, button, pressed, modifiers: self.modifiers }
    }

    pub fn click(&mut self, id: Id) -> Vec<Change> {
        self.click_by(id, PointerButton::Primary)
    }

    pub fn click_by(&mut self, id: Id, button: PointerButton) -> Vec<Change> {
        // Late enough not to become a double click.
        self.time += 1.0;
        let at = self.centre(id);
        let mut changes = self.input(vec![Event::PointerMoved(at)]);
        changes.extend(self.input(vec![self.button(at, button, true)]));
        changes.extend(self.input(vec![self.button(at, button, false)]));
        changes.extend(self.frame());
        changes
    }

    pub fn double_click(&mut self, id: Id) -> Vec<Change> {
        let mut changes = self.click(id);
        let at = self.centre(id);
        changes.extend(self.input(vec![self.button(at, PointerButton::Primary, true)]));
        changes.extend(self.input(vec![self.button(at, PointerButton::Primary, false)]));
        changes
    }

    /// Presses on the middle of `id` and moves by `by`, without releasing.
    pub fn grab(&mut self, id: Id, by: Vec2) -> Vec<Change> {
        self.time += 1.0;
        let from = self.centre(id);
        let mut changes = self.input(vec![Event::PointerMoved(from)]);
        changes.extend(self.input(vec![self.button(from, PointerButton::Primary, true)]));
        for step in 1..=10 {
            let at = from + by * (float(step) / 10.0);
            changes.extend(self.input(vec![Event::PointerMoved(at)]));
        }
        changes
    }

    pub fn drag(&mut self, id: Id, by: Vec2) -> Vec<Change> {
        let to = self.centre(id) + by;
        let mut changes = self.grab(id, by);
        changes.extend(self.input(vec![self.button(to, PointerButton::Primary, false)]));
        changes.extend(self.frame());
        changes
    }

    pub fn wheel(&mut self, id: Id, notches: f32) -> Vec<Change> {
        let at = self.centre(id);
        let mut changes = self.input(vec![Event::PointerMoved(at)]);
        changes.extend(self.input(vec![Event::MouseWheel {
            unit: MouseWheelUnit::Line,
            delta: vec2(0.0, notches),
            modifiers: self.modifiers,
            phase: TouchPhase::Move,
            source: egui::MouseWheelSource::Unknown,
        }]));
        // Away again, and until smooth scrolling has ended.
        changes.extend(self.input(vec![Event::PointerMoved(pos2(-10.0, -10.0))]));
        changes
    }

    pub fn focus(&mut self, id: Id) {
        self.context.memory_mut(|memory| memory.request_focus(id));
        self.frame();
        self.frame();
    }

    pub fn focused(&self) -> Option<Id> {
        self.context.memory(|memory| memory.focused())
    }

    pub fn press(&mut self, key: Key) -> Vec<Change> {
        let event = |pressed| Event::Key {
            key,
            physical_key: None,
            pressed,
            repeat: false,
            modifiers: self.modifiers,
        };
        let (down, up) = (event(true), event(false));
        let mut changes = self.input(vec![down]);
        changes.extend(self.input(vec![up]));
        changes
    }

    /// Clicks a value, types `text` over it and presses return.
    pub fn type_into(&mut self, id: Id, text: &str) -> Vec<Change> {
        let mut changes = self.click(id);
        changes.extend(self.frame());
        if text.is_empty() {
            changes.extend(self.press(Key::Delete));
        } else {
            changes.extend(self.input(vec![Event::Text(text.into())]));
        }
        changes.extend(self.press(Key::Enter));
        changes.extend(self.frame());
        changes
    }

    pub fn drop_file(&mut self, path: &Path) -> Vec<Change> {
        let file = Arc::new(Dropped(path.to_owned()));
        self.run(RawInput { dropped_files: vec![file], ..RawInput::default() })
    }

    /// Draws one frame. Returns its lines of text.
    pub fn lines(&mut self) -> Vec<String> {
        self.lines_with_file_over(false)
    }

    /// [`Bench::lines`] with a file dragged over the window or not.
    pub fn lines_with_file_over(&mut self, over: bool) -> Vec<String> {
        let hovered_files = if over { vec![HoveredFile::default()] } else { Vec::new() };
        let output = self.draw(RawInput { hovered_files, ..RawInput::default() });
        let lines = output.shapes.into_iter().filter_map(|clipped| match clipped.shape {
            Shape::Text(text) => Some(text.galley.text().to_owned()),
            _ => None,
        });
        lines.collect()
    }

    /// Draws one frame. Returns its lines of text that another text or a filled area is drawn over.
    pub fn covered_lines(&mut self) -> Vec<String> {
        let shapes = self.draw(RawInput::default()).shapes;
        let covers = |clipped: &ClippedShape, text: Rect| {
            let opaque = match &clipped.shape {
                Shape::Rect(rect) => rect.fill.a() > 127,
                Shape::Text(other) => !other.galley.text().trim().is_empty(),
                _ => false,
            };
            let shared = clipped.shape.visual_bounding_rect().intersect(clipped.clip_rect).intersect(text);
            opaque && shared.width() > 1.0 && shared.height() > 1.0
        };
        let mut covered = Vec::new();
        for (index, clipped) in shapes.iter().enumerate() {
            if let Shape::Text(text) = &clipped.shape {
                let visible = clipped.shape.visual_bounding_rect().intersect(clipped.clip_rect);
                let blank = text.galley.text().trim().is_empty();
                if !blank && shapes[index + 1..].iter().any(|above| covers(above, visible)) {
                    covered.push(text.galley.text().to_owned());
                }
            }
        }
        covered
    }

    /// Whether the window keeps `key`, without modifiers, from the host.
    pub fn captures(&self, key: &HostKey) -> bool {
        match self.view.captured_keys(&self.context) {
            KeyCapture::CaptureAll => true,
            KeyCapture::CaptureKeys(keys) => keys.contains(key),
            other => panic!("{other:?}"),
        }
    }

    /// Whether the window's own fonts have all characters of `text`.
    pub fn has_glyphs(&self, text: &str) -> bool {
        let text: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
        self.context.fonts_mut(|fonts| fonts.has_glyphs(&theme::font(theme::BODY), &text))
    }

    pub fn wait_for(&mut self, done: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !done(self) {
            assert!(start.elapsed() < Duration::from_secs(60), "timeout");
            std::thread::sleep(Duration::from_millis(5));
            self.frame();
        }
    }

    /// To be called after a host has activated `processor` at 44.1 kHz.
    pub fn activated(&mut self, processor: &Processor) {
        self.instance().status.activated(processor.mode(), processor.latency(), 44_100.0);
        self.frame();
    }

    /// Closes the window. Returns the changes that the host saw.
    pub fn close(&mut self) -> Vec<Change> {
        self.view.closed(self.gui.param_setter());
        self.host.take()
    }

    /// Plays noise for `seconds` through `processor` in blocks of 512, with a frame after each if the window is open. Returns
    /// the left output.
    pub fn play(&mut self, processor: &mut Processor, seconds: f64) -> Vec<f32> {
        let mut output = Vec::new();
        let mut noise = 1u32;
        let mut sample = || {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from((noise >> 16) as u16) / f32::from(u16::MAX) - 0.5
        };
        for _ in 0..whole(seconds * 44_100.0 / 512.0) {
            let mut left: Vec<f32> = (0..512).map(|_| sample()).collect();
            let mut right: Vec<f32> = (0..512).map(|_| sample()).collect();
            let start = Instant::now();
            processor.begin(Transport::default(), 512);
            processor.process(MainBus::Stereo([&mut left, &mut right]), Default::default());
            processor.report(start, 512);
            output.extend(left);
            if self.instance().display.is_open() {
                self.frame();
            }
        }
        output
    }
}

/// A file that was dropped onto the window.
#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}
