//! Unbraid, the plug-in: parameters, buses and window around the [`unbraid_engine`].

mod editor;
mod formats;
mod meter;
pub mod networks;
pub mod params;
pub mod processor;
pub mod status;

use std::sync::Arc;

use nice_plug::prelude::*;
use unbraid_engine::memory::PoolAllocator;
use unbraid_engine::{CHANNELS, STEMS};

use crate::editor::{UnbraidEditor, Window};
use crate::params::UnbraidParams;
use crate::processor::Processor;
use crate::status::Status;

/// Inference allocates; on the audio thread it does so from pools of its own.
#[global_allocator]
static ALLOCATOR: PoolAllocator = PoolAllocator::system();

/// The plug-in as the framework drives it.
#[derive(Default)]
pub struct Unbraid {
    params: Arc<UnbraidParams>,
    status: Arc<Status>,
    processor: Option<Processor>,
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
        self.params.clone()
    }

    fn editor(&mut self, _executor: AsyncExecutor<Self>) -> Option<UnbraidEditor> {
        Window::editor(self.params.clone(), self.status.clone())
    }

    fn activate(
        &mut self,
        _layout: &AudioIOLayout,
        buffers: &BufferConfig,
        context: &mut impl ActivateContext<Self>,
    ) -> bool {
        let mode = networks::available(self.params.mode.value());
        let previous = self.processor.take();
        match Processor::prepare(previous, mode, buffers.sample_rate, buffers.max_buffer_size) {
            Ok(processor) => {
                context.set_latency_samples(processor.latency());
                self.status.activated(mode, processor.latency(), buffers.sample_rate);
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
            processor.reset(&self.params);
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
        if processor.wants_restart(networks::available(self.params.mode.value())) {
            context.request_restart();
        }
        processor.process(buffer, aux.outputs, &self.params, &self.status);
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
}

impl Vst3Plugin for Unbraid {
    const VST3_CLASS_ID: [u8; 16] = *b"UnbraidStemSplit";
    const VST3_SUBCATEGORIES: &'static [Vst3SubCategory] =
        &[Vst3SubCategory::Fx, Vst3SubCategory::Tools, Vst3SubCategory::Restoration];
}
