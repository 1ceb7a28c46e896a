//! The plug-in as the framework's standalone wrapper runs it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use nice_plug::prelude::*;
use unbraid_plugin::Unbraid;
use unbraid_plugin::instance::Instance;

use crate::adapters::{Activation, Processing, no_tasks};
use crate::desk::{Automation, Message};
use crate::files;
use crate::handover::Incoming;
use crate::panel::Panel;
use crate::player::{Source, player};
use crate::window::{ProgramEditor, Windowless};

/// The song named on the command line. The framework makes the program itself, with nothing to go on.
pub static SONG: OnceLock<PathBuf> = OnceLock::new();

/// The plug-in with what a host does beside it: other port names, restarts, and songs.
pub struct Program {
    plugin: Unbraid,
    panel: Panel,
    automation: Automation,
    source: Source,
    processors: Incoming,
    windowless: Windowless,
    /// To be opened by the first activation.
    song: Option<&'static PathBuf>,
    /// It could not be.
    song_failed: Arc<AtomicBool>,
    sample_rate: f32,
    max_block: u32,
}

impl Default for Program {
    fn default() -> Self {
        Self::new(files::data_folder().as_deref())
    }
}

impl Program {
    /// A program whose files are in `folder`, if there is one.
    fn new(folder: Option<&Path>) -> Self {
        let (player, source) = player();
        let instance = Instance::default();
        let (panel, automation) = Panel::new(player, &instance.params, folder);
        Self {
            plugin: Unbraid::with_instance(Instance { player: Some(Arc::new(panel.clone())), ..instance }),
            panel,
            automation,
            source,
            processors: Incoming::default(),
            windowless: Windowless::default(),
            song: SONG.get(),
            song_failed: Arc::default(),
            sample_rate: 0.0,
            max_block: 0,
        }
    }
}

/// Work that the audio thread leaves to the background thread.
pub enum Task {
    /// Make a processor for what is chosen now, at a rate in Hz and for a largest block.
    Prepare(f32, u32),
}

impl Program {
    /// Opens the song of the command line. One that cannot be read is reported on the terminal, and in the window if
    /// there is one.
    fn open_song(&mut self) {
        if let Some(song) = self.song.take() {
            let failed = self.song_failed.clone();
            self.panel.open_reporting(song, move |song| match song {
                Ok(title) => nice_log!("Playing {title}"),
                Err(reason) => {
                    eprintln!("unbraid-standalone: {reason}");
                    failed.store(true, Ordering::Relaxed);
                }
            });
        }
    }
}

/// JACK demands that ports have different names; without a name the framework calls the main ports `Input` and `Output`.
const fn with_port_names(layout: AudioIOLayout) -> AudioIOLayout {
    AudioIOLayout { names: PortNames { main_input: None, main_output: None, ..layout.names }, ..layout }
}

impl Plugin for Program {
    const NAME: &'static str = Unbraid::NAME;
    const VENDOR: &'static str = Unbraid::VENDOR;
    const URL: &'static str = Unbraid::URL;
    const EMAIL: &'static str = Unbraid::EMAIL;
    const VERSION: &'static str = Unbraid::VERSION;

    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] = &[
        with_port_names(Unbraid::AUDIO_IO_LAYOUTS[0]),
        with_port_names(Unbraid::AUDIO_IO_LAYOUTS[1]),
        with_port_names(Unbraid::AUDIO_IO_LAYOUTS[2]),
    ];

    const MIDI_INPUT: MidiConfig = MidiConfig::MidiCCs;

    const SAMPLE_ACCURATE_AUTOMATION: bool = Unbraid::SAMPLE_ACCURATE_AUTOMATION;

    type Editor = ProgramEditor<<Unbraid as Plugin>::Editor>;
    type SysExMessage = <Unbraid as Plugin>::SysExMessage;
    type BackgroundTask = Task;

    fn task_executor(&mut self) -> TaskExecutor<Self> {
        let (processors, instance) = (self.processors.outgoing(), self.plugin.instance().clone());
        Box::new(move |task| match task {
            Task::Prepare(sample_rate, max_block) => processors.prepare(&instance, sample_rate, max_block),
        })
    }

    fn params(&self) -> Arc<dyn Params> {
        self.plugin.params()
    }

    fn editor(&mut self, _executor: AsyncExecutor<Self>) -> Option<Self::Editor> {
        ProgramEditor::new(self.plugin.editor(no_tasks())?, self.windowless.clone())
    }

    fn activate(
        &mut self,
        layout: &AudioIOLayout,
        buffers: &BufferConfig,
        context: &mut impl ActivateContext<Self>,
    ) -> bool {
        self.sample_rate = buffers.sample_rate;
        self.max_block = buffers.max_buffer_size;
        // A rate between 8 and 768 kHz.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        self.panel.set_rate(buffers.sample_rate.round() as u32);
        self.open_song();
        self.plugin.activate(layout, buffers, &mut Activation::<Self, _>::new(context))
    }

    fn reset(&mut self) {
        self.plugin.reset();
    }

    fn deactivate(&mut self) {
        self.panel.end();
        self.plugin.instance().recorder.finish();
        self.plugin.deactivate();
    }

    fn process(
        &mut self,
        buffer: &mut Buffer<'_>,
        aux: &mut AuxiliaryBuffers<'_>,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        if self.song_failed.load(Ordering::Relaxed) && self.windowless.get() {
            return ProcessStatus::Error("there is no song to play, and no window to open another");
        }
        self.automation.apply(self.sample_rate);
        while let Some(event) = context.next_event() {
            if let Some(message) = Message::of(&event) {
                self.automation.receive(message);
            }
        }
        self.processors.exchange(&mut self.plugin, self.sample_rate);
        self.source.fill(buffer.as_slice());
        self.plugin.set_transport(self.source.transport());
        let mut processing = Processing::<Self, _>::new(context);
        let status = self.plugin.process(buffer, aux, &mut processing);
        if let Some((latency, _)) = self.plugin.instance().status.latency() {
            self.source.add_clicks(buffer.as_slice(), latency);
        }
        if processing.restart_requested() {
            context.execute_background(Task::Prepare(self.sample_rate, self.max_block));
        }
        status
    }
}

#[cfg(test)]
mod tests;
