//! Unbraid, the plug-in: parameters, buses and window around the [`unbraid_engine`].

mod display;
mod editor;
mod formats;
pub mod instance;
mod loading;
mod meter;
pub mod networks;
pub mod params;
pub mod player;
mod presets;
pub mod processor;
pub mod status;

use std::sync::Arc;
use std::time::Duration;

use nice_plug::prelude::*;
use unbraid_engine::memory::PoolAllocator;
use unbraid_engine::{CHANNELS, STEMS};

use crate::editor::UnbraidEditor;
use crate::instance::Instance;
use crate::player::Player;
use crate::processor::Processor;

/// Longest that a host waits in activation for a network that is not ready. It takes a fraction of a second; only where
/// it takes longer than this does the plug-in begin with the dry signal, which a host that renders without saying so
/// would write into its file.
const PATIENCE: Duration = Duration::from_secs(2);

/// Inference allocates; on the audio thread it does so from pools of its own.
#[global_allocator]
static ALLOCATOR: PoolAllocator = PoolAllocator::system();

/// The plug-in as the framework drives it.
#[derive(Default)]
pub struct Unbraid {
    instance: Instance,
    processor: Option<Processor>,
}

/// For hosts that are programs of ours.
impl Unbraid {
    /// A plug-in whose window works `player`.
    pub fn with_player(player: Arc<dyn Player>) -> Self {
        Self { instance: Instance { player: Some(player), ..Default::default() }, processor: None }
    }

    /// What the threads have in common.
    pub fn instance(&self) -> &Instance {
        &self.instance
    }

    /// Processes with `processor` from now on, which runs at `sample_rate` Hz, and gives back the one before. The
    /// audio thread may call it; the one given back is not for it to drop.
    pub fn replace_processor(&mut self, mut processor: Processor, sample_rate: f32) -> Option<Processor> {
        processor.reset(&self.instance.params);
        self.instance.status.activated(processor.mode(), processor.latency(), sample_rate);
        self.processor.replace(processor)
    }

    /// Delay of the processor in samples, once there is one. Any thread may call it.
    pub fn processor_latency(&self) -> Option<u32> {
        self.processor.as_ref().map(Processor::latency)
    }
}

const STEREO: Option<NonZeroU32> = NonZeroU32::new(CHANNELS as u32);
const MONO: Option<NonZeroU32> = NonZeroU32::new(1);

/// The framework shows the main input's name for the main output, too; so both have a neutral one.
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
            aux_output_ports: &[new_nonzero_u32(CHANNELS as u32); STEMS],
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
    type BackgroundTask = ();

    fn params(&self) -> Arc<dyn Params> {
        self.instance.params.clone()
    }

    fn editor(&mut self, _executor: AsyncExecutor<Self>) -> Option<UnbraidEditor> {
        Some(UnbraidEditor::new(self.instance.clone()))
    }

    fn filter_state(state: &mut PluginState) {
        params::state::heal(state);
    }

    fn activate(
        &mut self,
        _layout: &AudioIOLayout,
        buffers: &BufferConfig,
        context: &mut impl ActivateContext<Self>,
    ) -> bool {
        let previous = self.processor.take();
        // Whoever renders offline has all the time and wants the network from the first sample on.
        let offline = buffers.process_mode == ProcessMode::Offline;
        let patience = (!offline).then_some(PATIENCE);
        match self.instance.prepare_within(patience, previous, buffers.sample_rate, buffers.max_buffer_size) {
            Ok(mut processor) => {
                processor.set_paced(!offline);
                context.set_latency_samples(processor.latency());
                let status = &self.instance.status;
                status.activated(processor.mode(), processor.latency(), buffers.sample_rate);
                self.processor = Some(processor);
                true
            }
            Err(reason) => {
                nice_error!("Unbraid cannot start: {reason}");
                false
            }
        }
    }

    fn reset(&mut self) {
        if let Some(processor) = &mut self.processor {
            processor.reset(&self.instance.params);
        }
    }

    fn process(
        &mut self,
        buffer: &mut Buffer<'_>,
        aux: &mut AuxiliaryBuffers<'_>,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        let Some(processor) = &mut self.processor else {
            return ProcessStatus::Error("process was called before activate");
        };
        if processor.wants_restart(self.instance.wanted()) {
            context.request_restart();
        }
        processor.process(buffer, aux.outputs, &self.instance.params, &self.instance.status);
        ProcessStatus::Tail(processor.latency())
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
        let params = &self.instance.params;
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
        });
    }
}

impl Vst3Plugin for Unbraid {
    const VST3_CLASS_ID: [u8; 16] = *b"UnbraidStemSplit";
    const VST3_SUBCATEGORIES: &'static [Vst3SubCategory] =
        &[Vst3SubCategory::Fx, Vst3SubCategory::Tools, Vst3SubCategory::Restoration];
}
