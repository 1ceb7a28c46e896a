//! The plug-in as the framework knows it: names, layouts, activation.

use std::sync::Arc;
use std::time::{Duration, Instant};

use nice_plug::prelude::*;
use unbraid_engine::STEMS;
use unbraid_formats::Transport;

use crate::editor::UnbraidEditor;
use crate::instance::Instance;
use crate::params::state;
use crate::player::Player;
use crate::processor::{MainBus, Processor};
use crate::shared::PluginShared;

/// Longest wait of an activation for a network that is not ready. Loading takes a fraction of a second; only where it
/// takes longer does the plug-in begin with the dry signal, which a host that renders without saying so would write into
/// its file.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The plug-in as the framework drives it. In a host, audio goes past the framework, see `formats.rs`.
pub struct Unbraid {
    shared: PluginShared,
    /// Of a program that is the host: its transport at the next block.
    transport: Transport,
}

impl Default for Unbraid {
    fn default() -> Self {
        let shared = PluginShared::default();
        shared.announce();
        Self { shared, transport: Transport::default() }
    }
}

/// Task of the host's main thread: to ask the host for a restart.
pub struct Restart;

/// For our own programs.
impl Unbraid {
    /// A plug-in whose window controls `player`.
    pub fn with_player(player: Arc<dyn Player>) -> Self {
        Self::with_instance(Instance { player: Some(player), ..Default::default() })
    }

    /// A plug-in around this `instance`.
    pub fn with_instance(instance: Instance) -> Self {
        let shared = PluginShared { instance, ..Default::default() };
        Self { shared, transport: Transport::default() }
    }

    /// Parameters, status and display, shared between threads.
    pub fn instance(&self) -> &Instance {
        &self.shared.instance
    }

    /// Sets the transport at the next block's start, for a program that is the host. The audio thread may call it.
    pub fn set_transport(&mut self, transport: Transport) {
        self.transport = transport;
    }

    /// Processes with `processor` from now on, at `sample_rate` Hz, and gives back the previous one, which must not be
    /// dropped on the audio thread. The audio thread may call it.
    pub fn replace_processor(&mut self, mut processor: Processor, sample_rate: f32) -> Option<Processor> {
        let PluginShared { instance, processor: current, .. } = &self.shared;
        processor.reset();
        instance.status.activated(processor.mode(), processor.latency(), sample_rate);
        let mut processor = Some(processor);
        let end = |processor: &mut Option<Processor>| processor.iter_mut().for_each(Processor::end_take);
        // If another thread has the cell, the new processor comes back.
        let _ = current.try_with(|current| {
            end(current);
            std::mem::swap(current, &mut processor);
        });
        processor
    }

    /// Delay of the processor in samples; `None` before activation. Any thread may call it.
    pub fn processor_latency(&self) -> Option<u32> {
        self.shared.processor.with(|processor| processor.as_ref().map(Processor::latency)).flatten()
    }
}

const STEREO: Option<NonZeroU32> = NonZeroU32::new(2);
const MONO: Option<NonZeroU32> = NonZeroU32::new(1);

/// The framework shows the main input's name for the main output, too; hence a neutral one for both.
const NAMES: PortNames = PortNames {
    layout: None,
    main_input: Some("Main"),
    main_output: Some("Main"),
    aux_inputs: &[],
    aux_outputs: &["Vocals", "Drums", "Bass", "Other"],
};

impl Plugin for Unbraid {
    const NAME: &'static str = "Unbraid";
    const VENDOR: &'static str = "Unbraid";
    const URL: &'static str = "";
    const EMAIL: &'static str = "";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] = &[
        AudioIOLayout {
            main_input_channels: STEREO,
            main_output_channels: STEREO,
            aux_input_ports: &[],
            aux_output_ports: &[new_nonzero_u32(2); STEMS],
            names: PortNames { layout: Some("Stereo with stems"), ..NAMES },
        },
        AudioIOLayout {
            main_input_channels: STEREO,
            main_output_channels: STEREO,
            aux_input_ports: &[],
            aux_output_ports: &[],
            names: PortNames { layout: Some("Stereo"), ..NAMES },
        },
        AudioIOLayout {
            main_input_channels: MONO,
            main_output_channels: MONO,
            aux_input_ports: &[],
            aux_output_ports: &[],
            names: PortNames { layout: Some("Mono"), ..NAMES },
        },
    ];

    const SAMPLE_ACCURATE_AUTOMATION: bool = true;

    type Editor = UnbraidEditor;
    type SysExMessage = ();
    type BackgroundTask = Restart;

    fn task_executor(&mut self) -> TaskExecutor<Self> {
        let shared = self.shared.clone();
        Box::new(move |Restart| shared.restart.request())
    }

    fn params(&self) -> Arc<dyn Params> {
        self.shared.instance.params.clone()
    }

    fn editor(&mut self, executor: AsyncExecutor<Self>) -> Option<UnbraidEditor> {
        self.shared.restart.set_schedule(move || executor.execute_gui(Restart));
        Some(UnbraidEditor::new(self.shared.instance.clone()))
    }

    fn filter_state(state: &mut PluginState) {
        state::sanitize(state);
    }

    fn activate(
        &mut self,
        _layout: &AudioIOLayout,
        buffers: &BufferConfig,
        context: &mut impl ActivateContext<Self>,
    ) -> bool {
        let PluginShared { instance, processor: current, .. } = &self.shared;
        // From here on callbacks find no processor.
        let Some(mut previous) = current.with(Option::take) else {
            nice_error!("Unbraid cannot start: the host processes while it activates");
            return false;
        };
        previous.iter_mut().for_each(Processor::end_take);
        // An offline host has all the time and needs the network from the first sample on.
        let offline = buffers.process_mode == ProcessMode::Offline;
        let timeout = (!offline).then_some(TIMEOUT);
        match instance.prepare_within(timeout, previous, buffers.sample_rate, buffers.max_buffer_size) {
            Ok(mut processor) => {
                processor.set_realtime(!offline);
                context.set_latency_samples(processor.latency());
                instance.status.activated(processor.mode(), processor.latency(), buffers.sample_rate);
                current.with(|current| *current = Some(processor)).is_some()
            }
            Err(reason) => {
                nice_error!("Unbraid cannot start: {reason}");
                false
            }
        }
    }

    fn deactivate(&mut self) {
        let _ = self.shared.processor.try_with(|processor| {
            if let Some(processor) = processor {
                processor.end_take();
            }
        });
    }

    fn reset(&mut self) {
        // A host that resets on one thread while it processes on another gets no reset.
        let _ = self.shared.processor.try_with(|processor| {
            if let Some(processor) = processor {
                processor.reset();
            }
        });
    }

    /// For the standalone program; hosts reach `formats.rs`.
    fn process(
        &mut self,
        buffer: &mut Buffer<'_>,
        aux: &mut AuxiliaryBuffers<'_>,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        const UNPREPARED: ProcessStatus = ProcessStatus::Error("process was called before activate");
        let start = Instant::now();
        let processed = self.shared.processor.try_with(|processor| {
            let Some(processor) = processor else { return UNPREPARED };
            if processor.needs_restart() {
                context.request_restart();
            }
            let mut buses = aux.outputs.iter_mut();
            let stems = std::array::from_fn(|_| match buses.next()?.as_slice() {
                [left, right] => Some([&mut **left, &mut **right]),
                _ => None,
            });
            let samples = buffer.samples();
            processor.begin(self.transport, samples);
            let main = match buffer.as_slice() {
                [left, right] => MainBus::Stereo([left, right]),
                [mono] => MainBus::Mono(mono),
                _ => return UNPREPARED,
            };
            processor.process(main, stems);
            processor.report(start, samples);
            ProcessStatus::Tail(processor.latency())
        });
        processed.unwrap_or(UNPREPARED)
    }
}

impl ClapPlugin for Unbraid {
    const CLAP_ID: &'static str = "org.unbraid.unbraid";
    const CLAP_DESCRIPTION: Option<&'static str> =
        Some("Pulls a finished mix apart into vocals, drums, bass and other while it plays");
    const CLAP_MANUAL_URL: Option<&'static str> = None;
    const CLAP_SUPPORT_URL: Option<&'static str> = None;
    const CLAP_FEATURES: &'static [ClapFeature] = &[
        ClapFeature::AudioEffect,
        ClapFeature::Mixing,
        ClapFeature::Utility,
        ClapFeature::Stereo,
        ClapFeature::Mono,
    ];

    fn remote_controls(&self, context: &mut impl RemoteControlsContext) {
        let params = &self.shared.instance.params;
        let stems = params.stems();
        context.add_section("Unbraid", |section| {
            section.add_page("Levels", |page| {
                stems.iter().for_each(|stem| page.add_param(&stem.level));
                page.add_param(&params.focus);
                page.add_param(&params.output_gain);
                page.add_param(&params.mode);
                page.add_param(&params.bypass);
            });
            section.add_page("Mutes and solos", |page| {
                stems.iter().for_each(|stem| page.add_param(&stem.mute));
                stems.iter().for_each(|stem| page.add_param(&stem.solo));
            });
            section.add_page("Sensitivity", |page| {
                stems.iter().for_each(|stem| page.add_param(&stem.sensitivity));
                page.add_param(&params.focus);
                page.add_param(&params.stem_tap);
                page.add_param(&params.output_gain);
                page.add_param(&params.bypass);
            });
        });
    }
}

impl Vst3Plugin for Unbraid {
    const VST3_CLASS_ID: [u8; 16] = *b"UnbraidStemSplit";
    const VST3_SUBCATEGORIES: &'static [Vst3SubCategory] =
        &[Vst3SubCategory::Fx, Vst3SubCategory::Tools, Vst3SubCategory::Restoration];
}
