//! The plug-in as the framework's standalone wrapper runs it.

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};

use nice_plug::prelude::*;
use unbraid_plugin::Unbraid;
use unbraid_plugin::instance::Instance;
use unbraid_plugin::player::Player;
use unbraid_plugin::processor::Processor;

use crate::adapters::{Activation, Processing, no_tasks};
use crate::player::{Remote, Source};

/// The song named on the command line. The framework makes the program itself, with nothing to go on.
pub static SONG: OnceLock<PathBuf> = OnceLock::new();

/// The plug-in with what a host does beside it: other port names, restarts, and songs.
pub struct Program {
    plugin: Unbraid,
    player: Remote,
    source: Source,
    handover: Arc<Handover>,
    sample_rate: f32,
    max_block: u32,
}

impl Default for Program {
    fn default() -> Self {
        let player = Remote::default();
        Self {
            plugin: Unbraid::with_player(Arc::new(player.clone())),
            source: Source::new(player.0.clone()),
            player,
            handover: Arc::default(),
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

/// Where the background thread leaves a processor, and the audio thread leaves the one it replaces.
#[derive(Default)]
struct Handover {
    ready: Mutex<Option<Processor>>,
    retired: Mutex<Option<Processor>>,
}

impl Handover {
    /// For the background thread.
    fn prepare(&self, instance: &Instance, sample_rate: f32, max_block: u32) {
        // Dropped here and not on the audio thread.
        drop(self.retired.lock().ok().and_then(|mut retired| retired.take()));
        match instance.prepare(None, sample_rate, max_block) {
            Ok(processor) => {
                if let Ok(mut ready) = self.ready.lock() {
                    *ready = Some(processor);
                }
            }
            Err(reason) => nice_error!("The network stays as it is: {reason}"),
        }
    }

    /// For the audio thread: swaps `plugin`'s processor for the one that is ready, if there is one. Never waits.
    fn exchange(&self, plugin: &mut Unbraid, sample_rate: f32) {
        let (Ok(mut ready), Ok(mut retired)) = (self.ready.try_lock(), self.retired.try_lock()) else {
            return;
        };
        if retired.is_none()
            && let Some(processor) = ready.take()
        {
            *retired = plugin.replace_processor(processor, sample_rate);
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

    const SAMPLE_ACCURATE_AUTOMATION: bool = Unbraid::SAMPLE_ACCURATE_AUTOMATION;

    type Editor = <Unbraid as Plugin>::Editor;
    type SysExMessage = <Unbraid as Plugin>::SysExMessage;
    type BackgroundTask = Task;

    fn task_executor(&mut self) -> TaskExecutor<Self> {
        let (handover, instance) = (self.handover.clone(), self.plugin.instance().clone());
        Box::new(move |task| match task {
            Task::Prepare(sample_rate, max_block) => handover.prepare(&instance, sample_rate, max_block),
        })
    }

    fn params(&self) -> Arc<dyn Params> {
        self.plugin.params()
    }

    fn editor(&mut self, _executor: AsyncExecutor<Self>) -> Option<Self::Editor> {
        self.plugin.editor(no_tasks())
    }

    fn activate(
        &mut self,
        layout: &AudioIOLayout,
        buffers: &BufferConfig,
        context: &mut impl ActivateContext<Self>,
    ) -> bool {
        self.sample_rate = buffers.sample_rate;
        self.max_block = buffers.max_buffer_size;
        self.player.0.set_rate(buffers.sample_rate.round() as u32);
        if let Some(song) = SONG.get() {
            self.player.open(song);
        }
        self.plugin.activate(layout, buffers, &mut Activation(context))
    }

    fn reset(&mut self) {
        self.plugin.reset();
    }

    fn process(
        &mut self,
        buffer: &mut Buffer<'_>,
        aux: &mut AuxiliaryBuffers<'_>,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        self.handover.exchange(&mut self.plugin, self.sample_rate);
        self.source.fill(buffer.as_slice());
        let mut processing = Processing { context, restart: Cell::new(false) };
        let status = self.plugin.process(buffer, aux, &mut processing);
        if processing.restart.get() {
            context.execute_background(Task::Prepare(self.sample_rate, self.max_block));
        }
        status
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_port_has_a_name_of_its_own() {
        for layout in Program::AUDIO_IO_LAYOUTS {
            let mut names = vec![layout.main_input_name(), layout.main_output_name()];
            names.extend((0..layout.aux_output_ports.len()).filter_map(|bus| layout.aux_output_name(bus)));
            assert_eq!(names.len(), 2 + layout.aux_output_ports.len());
            let distinct: std::collections::HashSet<_> = names.iter().collect();
            assert_eq!(distinct.len(), names.len(), "{names:?}");
        }
    }

    #[test]
    fn another_processor_is_handed_over_and_the_old_one_dropped_in_the_background() {
        let handover = Handover::default();
        let mut plugin = Unbraid::default();
        let instance = plugin.instance().clone();
        handover.exchange(&mut plugin, 44_100.0);
        assert!(plugin.processor_latency().is_none(), "nothing was ready");
        handover.prepare(&instance, 44_100.0, 512);
        handover.exchange(&mut plugin, 44_100.0);
        let latency = plugin.processor_latency().expect("there is a processor now");
        handover.prepare(&instance, 44_100.0, 64);
        handover.exchange(&mut plugin, 44_100.0);
        assert!(
            plugin.processor_latency().is_some_and(|spread| spread > latency),
            "the one for short blocks"
        );
        assert!(handover.retired.lock().unwrap().is_some(), "the audio thread drops nothing");
        handover.prepare(&instance, 44_100.0, 512);
        assert!(handover.retired.lock().unwrap().is_none());
    }

    #[test]
    fn the_mode_changes_over_while_the_program_plays() {
        let handover = Handover::default();
        let mut plugin = Unbraid::default();
        let instance = plugin.instance().clone();
        for (normalized, latency) in
            [(1.0, 4096), (0.0, if unbraid_plugin::networks::HAS_LIVE { 1024 } else { 4096 })]
        {
            instance.params.handle("mode").expect("there is a mode").set(normalized);
            handover.prepare(&instance, 44_100.0, 512);
            handover.exchange(&mut plugin, 44_100.0);
            assert_eq!(plugin.processor_latency(), Some(latency));
            assert_eq!(
                instance.status.latency().map(|(samples, _)| samples),
                Some(latency),
                "what the window shows"
            );
        }
    }
}
