//! The work on one frame: from a hop of input to a hop of each stem.

use std::array;
use std::time::Instant;

use crate::cast::nearest_f32;
use crate::engine::frame_history::FrameHistory;
use crate::engine::network_slot::{NetworkSlot, ScheduledNetwork, Slicing};
use crate::engine::observer::{Observer, SeparatedFrame};
use crate::engine::rings::Rings;
use crate::engine::stage_times::StageTimes;
use crate::fault::Fault;
use crate::frame_config::FrameConfig;
use crate::mailbox::Mailbox;
use crate::masks::{Masks, focus_exponent};
use crate::network::{Contract, Passthrough, Separator};
use crate::schedule::Stage;
use crate::spatial::SpatialFilter;
use crate::stems::{CHANNELS, OTHER, STEMS};
use crate::stft::{Analysis, Complex, Overlap, Synthesis, WindowPair, fill_mixture};

/// The rate in Hz for which a contract states lengths.
const NOMINAL_RATE: f32 = 44_100.0;

/// The transforms around a network, and the network.
pub struct FrameWork {
    hop: usize,
    spectrum_scale: f32,
    /// The pass-through until a network was taken.
    network: Box<ScheduledNetwork>,
    published: Mailbox<ScheduledNetwork>,
    slot: NetworkSlot,
    is_passthrough: bool,
    /// Set until the next reset, or until another network is taken.
    failed: bool,
    analysis: Analysis,
    history: FrameHistory,
    /// The newest frame as the network takes it, `[4, F]`.
    mixture: Vec<f32>,
    masks: Masks,
    /// The stems' exponents for the frame in work. Fixed when the frame is complete and not when its masks are ready, since that
    /// moment depends on measured costs.
    exponents: [f32; STEMS],
    spatial: SpatialFilter,
    synthesis: Synthesis,
    overlaps: [[Overlap; CHANNELS]; STEMS],
    /// For benches; a plug-in does without.
    stage_times: Option<StageTimes>,
}

impl FrameWork {
    /// Work on frames of `contract` for a host with blocks of `block` samples. Not for the audio thread.
    pub fn new(contract: &Contract, config: &FrameConfig, block: usize) -> Self {
        let windows = WindowPair::new(contract.window, config.fft, config.hop);
        let mut analysis = Analysis::new(windows.analysis);
        let synthesis = Synthesis::new(config.fft, config.hop, &windows.synthesis);
        let transform = transform_seconds(&mut analysis, &mut vec![Complex::default(); config.bins]);
        let slicing = Slicing { transform, samples: config.slicing, block };
        let hop_seconds = nearest_f32(contract.hop) / NOMINAL_RATE;
        let published = Mailbox::new();
        let passthrough = Box::new(Passthrough(contract.clone()));
        Self {
            hop: config.hop,
            spectrum_scale: config.spectrum_scale,
            network: Box::new(ScheduledNetwork::new(passthrough, slicing)),
            slot: NetworkSlot::new(contract.clone(), slicing, published.publisher()),
            published,
            is_passthrough: true,
            failed: false,
            history: FrameHistory::new(config),
            mixture: vec![0.0; 2 * CHANNELS * config.network_bins],
            masks: Masks::new(config.network_bins),
            exponents: [1.0; STEMS],
            spatial: SpatialFilter::new(config.bins, hop_seconds),
            overlaps: array::from_fn(|_| array::from_fn(|_| synthesis.overlap())),
            analysis,
            synthesis,
            stage_times: None,
        }
    }

    pub fn slot(&self) -> &NetworkSlot {
        &self.slot
    }

    pub fn separator(&self) -> &dyn Separator {
        &*self.network.separator
    }

    pub fn is_passthrough(&self) -> bool {
        self.is_passthrough
    }

    pub fn has_failed(&self) -> bool {
        self.failed
    }

    /// Gives back the network that was published last, if any was. Not for the audio thread.
    pub fn into_network(mut self) -> Option<Box<dyn Separator>> {
        self.take_network();
        (!self.is_passthrough).then_some(self.network.separator)
    }

    pub fn time_stages(&mut self) {
        self.stage_times = Some(StageTimes::new(self.separator().costs().len()));
    }

    pub fn stage_times(&self) -> Option<&StageTimes> {
        self.stage_times.as_ref()
    }

    /// Forgets all frames. For the audio thread.
    pub fn reset(&mut self) {
        self.network.separator.reset();
        self.network.schedule.stop();
        self.analysis.reset();
        self.history.reset();
        self.spatial.reset();
        self.overlaps.iter_mut().flatten().for_each(Overlap::reset);
        self.failed = false;
    }

    /// Takes the network that was published last, if any was since. For the audio thread, between frames.
    pub fn take_network(&mut self) {
        if self.published.take(&mut self.network) {
            self.is_passthrough = false;
            self.failed = false;
            self.spatial.reset();
        }
    }

    /// Starts the work on a frame, which the hop of input in `rings` completes. For the audio thread.
    pub fn start(&mut self, rings: &mut Rings, focus: [f32; STEMS]) {
        for channel in 0..CHANNELS {
            rings.pop_input(channel, self.analysis.advance(channel, self.hop));
        }
        self.history.advance();
        self.take_network();
        self.exponents = focus.map(focus_exponent);
        self.network.schedule.start();
    }

    /// Runs what is due `elapsed` samples after the frame was complete. For the audio thread.
    pub fn run_due(&mut self, elapsed: usize, rings: &mut Rings, observer: &mut Option<Box<dyn Observer>>) {
        while let Some(stage) = self.network.schedule.due(elapsed) {
            let start = self.stage_times.as_ref().map(|_| Instant::now());
            if self.run(stage, rings, observer).is_err() {
                self.failed = true;
            }
            if let (Some(times), Some(start)) = (&mut self.stage_times, start) {
                times.add(stage, start.elapsed());
            }
        }
    }

    fn run(
        &mut self,
        stage: Stage,
        rings: &mut Rings,
        observer: &mut Option<Box<dyn Observer>>,
    ) -> Result<(), Fault> {
        match stage {
            Stage::Analyse(channel) => self.analysis.transform(channel, &mut self.history.newest()[channel]),
            Stage::Begin if !self.failed => {
                let spectra = self.history.newest().each_ref().map(Vec::as_slice);
                fill_mixture(spectra, self.spectrum_scale, &mut self.mixture);
                self.network.separator.begin(&self.mixture)
            }
            Stage::Infer(step) if !self.failed => self.network.separator.step(step),
            Stage::Begin | Stage::Infer(_) => Ok(()),
            Stage::Mask => {
                let masked = self.collect_masks();
                if masked.is_err() {
                    self.masks.give_all_to(OTHER);
                }
                if let Some(observer) = observer {
                    let spectra = self.history.separated();
                    observer.separated(&SeparatedFrame { spectra, masks: &self.masks });
                }
                masked
            }
            Stage::Separate => {
                self.spatial.separate(self.history.separated(), &self.masks);
                Ok(())
            }
            Stage::Synthesise { stem, channel } => {
                let overlap = &mut self.overlaps[stem][channel];
                self.synthesis.add(self.spatial.spectrum(stem, channel), overlap)?;
                rings.push_finished(stem, channel, overlap.finished());
                Ok(())
            }
        }
    }

    fn collect_masks(&mut self) -> Result<(), Fault> {
        if self.failed {
            return Err(Fault);
        }
        self.network.separator.finish(&mut self.masks)?;
        self.masks.sharpen(self.exponents)
    }
}

/// Seconds one transform takes here, roughly: only the evenness of slices depends on it.
fn transform_seconds(analysis: &mut Analysis, spectrum: &mut [Complex<f32>]) -> f32 {
    let once = |_| {
        let start = Instant::now();
        let _ = analysis.transform(0, spectrum);
        start.elapsed().as_secs_f32()
    };
    (0..3).map(once).fold(f32::INFINITY, f32::min).max(1e-9)
}
