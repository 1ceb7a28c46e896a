//! The fixed-delay system around a network: samples in, the same samples as stems out, a constant later.

use std::array;
use std::sync::Arc;
use std::time::Instant;

use realfft::num_complex::Complex;
use ringbuf::LocalRb;
use ringbuf::storage::Heap;

use super::arrival::{NetworkSlot, Passthrough};
use super::masks::{all_to_other, apply, focus_exponent, sharpen};
use super::mixer::{Mixer, Segment};
use super::overlap::{Overlap, Synthesis};
use super::recent::{Frame, FrameHistory};
use super::schedule::{Schedule, Stage, stages};
use super::stft::{Analysis, fill_mixture};
use super::{Controls, Fault, MixedSegment, Observer, SeparatedFrame, Separator, StageTimes};
use crate::prepare::{Contract, FrameConfig, SetupError, WindowPair};
use crate::{CHANNELS, STEMS};

/// Samples beyond this magnitude are no audio (it is +361 dBFS) but would overflow in a transform.
const LARGEST_SAMPLE: f32 = (1u64 << 60) as f32;

type Ring = LocalRb<Heap<f32>>;

/// What went wrong since the last reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Health {
    /// Input samples that were not finite (or absurdly large) and were taken as 0.
    pub replaced_samples: u64,
    /// The network failed: the input goes to the stem Other until the next reset.
    pub network_failed: bool,
    /// Times that the network asked for more memory than its pool has, since it was made.
    pub memory_fallbacks: u64,
    /// The network of [`Engine::awaiting`] has not come yet: the input goes to the stem Other.
    pub waiting_for_network: bool,
}

/// Separates a stream of stereo audio with a constant delay, in blocks of any size.
///
/// The output depends on the input's samples and on when (at which sample) controls were set, never on how
/// the host cuts time into blocks.
pub struct Engine {
    separator: Box<dyn Separator>,
    sizes: FrameConfig,
    analysis: Analysis,
    synthesis: Synthesis,
    overlaps: [[Overlap; CHANNELS]; STEMS],
    schedule: Schedule,
    mixer: Mixer,

    /// Samples that wait for the frame they belong to.
    waiting: [Ring; CHANNELS],
    /// Finished stems that wait for their turn.
    finished: [[Ring; CHANNELS]; STEMS],
    /// The input, as long as the latency.
    delayed: [Ring; CHANNELS],

    recent: FrameHistory,
    mixture: Vec<f32>,
    stem_spectrum: Vec<Complex<f32>>,
    popped: [[Vec<f32>; CHANNELS]; STEMS],
    popped_dry: [Vec<f32>; CHANNELS],

    /// Stems that nobody hears, whose samples are not made meanwhile.
    resting: [bool; STEMS],
    /// Inverse transforms that were left out for that.
    left_out: u64,

    /// Samples since the last frame was complete.
    phase: usize,
    focus: f32,
    /// The exponent of the frame in work. Taken over when the frame is complete and not when its shares are
    /// ready, since that moment depends on measured costs.
    exponent: f32,
    /// No sample has been processed since the last reset, so controls take effect without a ramp.
    fresh: bool,
    health: Health,
    observer: Option<Box<dyn Observer>>,
    /// Where the network will come from, if it was not there from the start.
    door: Option<Arc<NetworkSlot>>,
    /// It has not come yet.
    standing_by: bool,
    /// Where the time goes, for those who ask; a plug-in does not.
    stage_times: Option<StageTimes>,
}

impl Engine {
    /// Sets an engine up around `separator` for a host that runs at `sample_rate` Hz and never hands over more
    /// than `max_block` samples at once (more is allowed; it only decides about spreading).
    ///
    /// Allocates everything that processing needs and takes a few milliseconds: never on the audio thread.
    ///
    /// # Errors
    /// [`SetupError`] if the sample rate is not a positive number.
    pub fn new(
        separator: Box<dyn Separator>,
        sample_rate: f64,
        max_block: usize,
    ) -> Result<Self, SetupError> {
        let contract = separator.contract();
        let sizes = FrameConfig::new(contract, sample_rate, max_block)?;
        let windows = WindowPair::new(contract.window, sizes.fft, sizes.hop);
        let mut analysis = Analysis::new(windows.analysis);
        let synthesis = Synthesis::new(sizes.fft, sizes.hop, &windows.synthesis);
        let mut stem_spectrum = vec![Complex::default(); sizes.bins];
        let transform = transform_seconds(&mut analysis, &mut stem_spectrum);
        let schedule = Schedule::new(&stages(separator.costs(), transform), sizes.spread, max_block);
        let ring = |length| array::from_fn(|_| Ring::new(length));
        let stretch = || array::from_fn(|_| vec![0.0; sizes.hop]);
        let mut engine = Self {
            mixture: vec![0.0; 2 * CHANNELS * sizes.network_bins],
            overlaps: array::from_fn(|_| array::from_fn(|_| synthesis.overlap())),
            waiting: ring(sizes.hop),
            finished: array::from_fn(|_| ring(2 * sizes.hop + sizes.spread)),
            delayed: ring(sizes.latency() + sizes.hop),
            recent: FrameHistory::new(&sizes),
            stem_spectrum,
            popped: array::from_fn(|_| stretch()),
            popped_dry: stretch(),
            mixer: Mixer::new(sample_rate, sizes.hop),
            resting: [false; STEMS],
            left_out: 0,
            phase: 0,
            focus: 0.5,
            exponent: 1.0,
            fresh: true,
            health: Health::default(),
            observer: None,
            door: None,
            standing_by: false,
            stage_times: None,
            separator,
            sizes,
            analysis,
            synthesis,
            schedule,
        };
        engine.reset();
        Ok(engine)
    }

    /// Sets an engine up for a network of `contract` that is not there yet: until it comes through the door, all of
    /// the signal is in the stem Other, at the latency that it will have then.
    ///
    /// Allocates, like [`Engine::new`].
    ///
    /// # Errors
    /// [`SetupError`] if the sample rate is not a positive number.
    pub fn awaiting(
        contract: &Contract,
        sample_rate: f64,
        max_block: usize,
    ) -> Result<(Self, Arc<NetworkSlot>), SetupError> {
        let mut engine = Self::new(Box::new(Passthrough(contract.clone())), sample_rate, max_block)?;
        let transform = transform_seconds(&mut engine.analysis, &mut engine.stem_spectrum);
        let door = Arc::new(NetworkSlot::new(contract.clone(), transform, engine.sizes.spread, max_block));
        engine.door = Some(door.clone());
        engine.standing_by = true;
        Ok((engine, door))
    }

    /// Delay from input to output in samples, constant for the engine's life.
    pub fn latency(&self) -> usize {
        self.sizes.latency()
    }

    /// The lengths this engine works with.
    pub fn sizes(&self) -> &FrameConfig {
        &self.sizes
    }

    /// What went wrong since the last reset.
    pub fn health(&self) -> Health {
        Health {
            memory_fallbacks: self.separator.memory_fallbacks(),
            waiting_for_network: self.standing_by,
            ..self.health
        }
    }

    /// Lets `observer` look on from now on, in the place of anyone before. It changes nothing about the output. Not
    /// for the audio thread: it drops the one before.
    pub fn observe(&mut self, observer: Box<dyn Observer>) {
        self.observer = Some(observer);
    }

    /// Starts to time every stage, from 0. For benches: it costs two looks at the clock a stage.
    pub fn time_stages(&mut self) {
        self.stage_times = Some(StageTimes::new(self.separator.costs().len()));
    }

    /// What the stages took since [`Engine::time_stages`], if that was called.
    pub fn stage_times(&self) -> Option<&StageTimes> {
        self.stage_times.as_ref()
    }

    /// Inverse transforms that were left out since the engine was made, because nobody heard the stem.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Gives the network back, for an engine of another rate or block size. Not for the audio thread.
    pub fn into_separator(self) -> Box<dyn Separator> {
        self.separator
    }

    /// Forgets everything heard so far. What follows is bit for bit what a new engine would do. The audio
    /// thread may call it.
    pub fn reset(&mut self) {
        self.separator.reset();
        self.analysis.reset();
        self.overlaps.iter_mut().flatten().for_each(Overlap::reset);
        self.schedule.stop();
        self.mixer.jump();
        let FrameConfig { hop, spread, .. } = self.sizes;
        self.waiting.iter_mut().for_each(|ring| refill(ring, 0));
        self.finished.iter_mut().flatten().for_each(|ring| refill(ring, hop + spread));
        let latency = self.latency();
        self.delayed.iter_mut().for_each(|ring| refill(ring, latency));
        self.recent.reset();
        self.resting = [false; STEMS];
        self.phase = 0;
        self.fresh = true;
        self.health = Health::default();
    }

    /// Takes over the listener's controls from the next sample on, gains in ramps of 8 ms. The audio thread
    /// may call it.
    pub fn set_controls(&mut self, controls: &Controls) {
        self.mixer.set(controls);
        if self.fresh {
            self.mixer.jump();
        }
        self.focus = controls.focus;
    }

    /// Processes one block: `main` holds the input and becomes the main output, and each stem output that is
    /// there is overwritten. All slices must have the same length, which may be any, 0 included. Which stem outputs are
    /// there may change from block to block; stems that are neither there nor in the mix cost less, and what is heard is
    /// the same.
    ///
    /// For the audio thread: makes no system call, takes no lock, and asks the system for no memory, provided
    /// that [`crate::memory::PoolAllocator`] is the program's global allocator.
    pub fn process(
        &mut self,
        mut main: [&mut [f32]; CHANNELS],
        mut stems: [Option<[&mut [f32]; CHANNELS]>; STEMS],
    ) {
        let length = main[0].len();
        self.fresh &= length == 0;
        self.listen(stems.each_ref().map(Option::is_some));
        let mut at = 0;
        while at < length {
            let end = length.min(at + self.sizes.hop - self.phase);
            self.take_in(main.each_ref().map(|channel| &channel[at..end]));
            self.work(end - at);
            let main = main.each_mut().map(|channel| &mut channel[at..end]);
            let stems = stems.each_mut().map(|stem| {
                stem.as_mut().map(|channels| channels.each_mut().map(|channel| &mut channel[at..end]))
            });
            self.give_out(main, stems);
            at = end;
        }
    }

    /// Decides which stems are made in the coming block, for an audience at the stem outputs that are `there`, and makes up
    /// for those that were left out until now. Nothing about a block's gains is known before it begins, so this is the
    /// first moment at which a stem may be heard again, and early enough.
    ///
    /// Where a frame's work is spread, its callbacks are planned with all stems, and to leave some out would not make the
    /// longest one shorter, but to make up for them would make it longer: there all are made, always.
    fn listen(&mut self, there: [bool; STEMS]) {
        if !self.recent.suffices(&self.sizes) {
            return;
        }
        for (stem, there) in there.into_iter().enumerate() {
            let heard = there || self.mixer.hears(stem);
            if heard && self.resting[stem] && self.make_up(stem).is_err() {
                self.health.network_failed = true;
            }
            self.resting[stem] = !heard;
        }
    }

    /// Puts a stem into the state in which it would be had it never been left out: adds up the last frames, in the
    /// same order, and puts what is left of the current hop in the place of zeros.
    fn make_up(&mut self, stem: usize) -> Result<(), Fault> {
        for channel in 0..CHANNELS {
            self.overlaps[stem][channel].reset();
            for age in (0..self.recent.known()).rev() {
                self.add_frame(stem, channel, age)?;
            }
            if self.recent.known() > 0 {
                let finished = &mut self.finished[stem][channel];
                finished.clear();
                finished.push_slice(&self.overlaps[stem][channel].finished()[self.phase..]);
            }
        }
        Ok(())
    }

    /// Stores a stretch of input that does not reach beyond the end of the hop.
    fn take_in(&mut self, input: [&[f32]; CHANNELS]) {
        for (channel, input) in input.into_iter().enumerate() {
            // Filled again when the stretch is given out.
            let clean = &mut self.popped_dry[channel][..input.len()];
            let mut replaced = 0u32;
            for (clean, &sample) in clean.iter_mut().zip(input) {
                let magnitude = sample.abs();
                // False for NaN, too. Subnormals become 0, as they do in a host's own mixer.
                let usable = magnitude <= LARGEST_SAMPLE;
                replaced += u32::from(!usable);
                *clean = if usable & (magnitude >= f32::MIN_POSITIVE) { sample } else { 0.0 };
            }
            self.health.replaced_samples += u64::from(replaced);
            // Both rings have room: they are emptied at the rate at which they are filled.
            self.waiting[channel].push_slice(clean);
            self.delayed[channel].push_slice(clean);
        }
    }

    /// Does the work that falls due with `length` more samples.
    fn work(&mut self, length: usize) {
        self.phase += length;
        if self.sizes.spread > 0 {
            self.run_due(self.phase);
        }
        if self.phase == self.sizes.hop {
            self.phase = 0;
            self.start_frame();
            if self.sizes.spread == 0 {
                self.run_due(0);
            }
        }
    }

    fn start_frame(&mut self) {
        for (channel, waiting) in self.waiting.iter_mut().enumerate() {
            waiting.pop_slice(self.analysis.advance(channel, self.sizes.hop));
        }
        self.recent.begin();
        if let Some(door) = &self.door
            && self.standing_by
        {
            self.standing_by = !door.exchange(&mut self.separator, &mut self.schedule);
        }
        self.exponent = focus_exponent(self.focus);
        self.schedule.start();
    }

    fn run_due(&mut self, elapsed: usize) {
        while let Some(stage) = self.schedule.due(elapsed) {
            let start = self.stage_times.as_ref().map(|_| Instant::now());
            if self.run(stage).is_err() {
                self.health.network_failed = true;
            }
            if let (Some(times), Some(start)) = (&mut self.stage_times, start) {
                times.add(stage, start.elapsed());
            }
        }
    }

    fn run(&mut self, stage: Stage) -> Result<(), Fault> {
        let failed = self.health.network_failed;
        match stage {
            Stage::Analyse(channel) => self.analysis.transform(channel, &mut self.recent.spectra()[channel]),
            Stage::Begin if !failed => {
                let spectra = self.recent.spectra().each_ref().map(Vec::as_slice);
                fill_mixture(spectra, self.sizes.level, &mut self.mixture);
                self.separator.begin(&self.mixture)
            }
            Stage::Infer(step) if !failed => self.separator.step(step),
            Stage::Begin | Stage::Infer(_) => Ok(()),
            Stage::Mask => {
                let masks = if failed { Err(Fault) } else { self.collect_masks() };
                if masks.is_err() {
                    all_to_other(self.recent.masks());
                }
                if let Some(observer) = &mut self.observer {
                    let Frame { spectra, masks } = self.recent.frame(0);
                    observer.separated(&SeparatedFrame { spectra, masks });
                }
                masks
            }
            Stage::Synthesise { stem, channel } => self.synthesise(stem, channel),
        }
    }

    fn collect_masks(&mut self) -> Result<(), Fault> {
        let masks = self.recent.masks();
        self.separator.finish(masks)?;
        sharpen(masks, self.exponent)
    }

    fn synthesise(&mut self, stem: usize, channel: usize) -> Result<(), Fault> {
        if self.resting[stem] {
            // In step with the others, so that nothing else has to know.
            self.finished[stem][channel].push_iter(std::iter::repeat_n(0.0, self.sizes.hop));
            self.left_out += 1;
            return Ok(());
        }
        self.add_frame(stem, channel, 0)?;
        self.finished[stem][channel].push_slice(self.overlaps[stem][channel].finished());
        Ok(())
    }

    /// Adds what belongs to a stem's channel of the frame that is `age` frames old.
    fn add_frame(&mut self, stem: usize, channel: usize, age: usize) -> Result<(), Fault> {
        let Frame { spectra, masks } = self.recent.frame(age);
        apply(masks, stem, channel, spectra[channel], &mut self.stem_spectrum);
        self.synthesis.add(&mut self.stem_spectrum, &mut self.overlaps[stem][channel])
    }

    /// Mixes the next stretch of finished stems into the outputs.
    fn give_out(&mut self, mut main: [&mut [f32]; CHANNELS], stems: [Option<[&mut [f32]; CHANNELS]>; STEMS]) {
        let length = main[0].len();
        for (rings, popped) in self.finished.iter_mut().flatten().zip(self.popped.iter_mut().flatten()) {
            rings.pop_slice(&mut popped[..length]);
        }
        for (ring, popped) in self.delayed.iter_mut().zip(&mut self.popped_dry) {
            ring.pop_slice(&mut popped[..length]);
        }
        let stretch = Segment {
            stems: self.popped.each_ref().map(|stem| stem.each_ref().map(|channel| &channel[..length])),
            dry: self.popped_dry.each_ref().map(|channel| &channel[..length]),
        };
        self.mixer.mix(&stretch, main.each_mut().map(|channel| &mut **channel), stems);
        if let Some(observer) = &mut self.observer {
            let gains = self.mixer.gains(length);
            let main = main.each_ref().map(|channel| &**channel);
            observer.mixed(&MixedSegment { stems: stretch.stems, gains, main });
        }
    }
}

/// Empties a ring and puts `zeros` zeros into it.
fn refill(ring: &mut Ring, zeros: usize) {
    ring.clear();
    ring.push_iter(std::iter::repeat_n(0.0, zeros));
}

/// Seconds one transform takes here, roughly: only the schedule's evenness hangs on it.
fn transform_seconds(analysis: &mut Analysis, spectrum: &mut [Complex<f32>]) -> f32 {
    let once = |_| {
        let start = Instant::now();
        let _ = analysis.transform(0, spectrum);
        start.elapsed().as_secs_f32()
    };
    (0..3).map(once).fold(f32::INFINITY, f32::min).max(1e-9)
}
