//! One instance under random treatment, and the promises it is held to meanwhile.

use std::collections::VecDeque;

use unbraid_host::{ClapHost, Error, RawChange, parameter_id};
use unbraid_testkit::{PARAMETERS, Random, float, samples_of};

use crate::bundle::bundled_clap;

const RATES: [f64; 8] = [22_050.0, 44_100.0, 48_000.0, 88_200.0, 96_000.0, 192_000.0, 1.0, 768_000.0];
const ANNOUNCED: [u32; 9] = [1, 17, 64, 128, 480, 512, 1024, 2027, 8192];

/// Larger input samples count as 0, as non-finite ones do (`unbraid_engine`'s promise 7).
const LARGEST_SAMPLE: f32 = 1e18;

/// How a subject is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// As a host with a busy user does: automation, mode changes, other settings, saved states.
    Busy,
    /// As no host should: besides, non-finite samples and values, events and blocks beyond what was
    /// announced, damaged states, impossible rates.
    Wild,
}

/// What a subject has been through.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    /// Calls of `process`.
    pub blocks: u64,
    /// Samples in them.
    pub samples: u64,
    /// Parameter changes in them.
    pub changes: u64,
    /// Activations.
    pub activations: u64,
    /// Restarts that the plug-in asked for and got.
    pub restarts: u64,
    /// Activations in another mode than the one before.
    pub mode_switches: u64,
    /// States loaded, damaged ones included.
    pub states: u64,
    /// Samples at which the stems' sum was compared with the delayed input.
    pub compared: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.blocks += other.blocks;
        self.samples += other.samples;
        self.changes += other.changes;
        self.activations += other.activations;
        self.restarts += other.restarts;
        self.mode_switches += other.mode_switches;
        self.states += other.states;
        self.compared += other.compared;
    }
}

/// An instance of the bundled plug-in with a host that treats it at random.
pub struct Subject {
    host: ClapHost,
    random: Random,
    treatment: Treatment,
    states: Vec<Vec<u8>>,
    rate: f64,
    announced: u32,
    /// The mode of the last activation, as the parameter's value.
    mode: Option<f64>,
    /// What happened so far.
    pub tally: Tally,
}

impl Subject {
    /// A new instance, whose whole fate follows from `seed`.
    ///
    /// # Panics
    /// When the bundle is missing or does not load.
    #[must_use]
    pub fn new(seed: u64, treatment: Treatment) -> Self {
        let mut host = ClapHost::load(&bundled_clap()).expect("the bundle loads");
        let state = host.save_state().expect("a new instance has a state");
        Self {
            host,
            random: Random::new(seed),
            treatment,
            states: vec![state],
            rate: 0.0,
            announced: 0,
            mode: None,
            tally: Tally::default(),
        }
    }

    fn wild(&self) -> bool {
        self.treatment == Treatment::Wild
    }

    /// Does something at random between two stretches of audio, then plays one of about `blocks` blocks.
    ///
    /// # Errors
    /// With what the plug-in should have done and did not.
    pub fn step(&mut self, blocks: usize) -> Result<(), String> {
        self.fiddle()?;
        if self.host.take_restart_request() || self.rate == 0.0 {
            self.tally.restarts += u64::from(self.rate != 0.0);
            self.activate()?;
        }
        self.play(blocks)
    }

    fn fiddle(&mut self) -> Result<(), String> {
        let fail = |what: &str, error: Error| format!("{what}: {error}");
        match self.random.below(8) {
            0 => self.activate()?,
            1 => {
                self.host.deactivate();
                let layouts = self.host.layouts().map_err(|error| fail("layouts", error))?;
                let layout = self.random.pick(&layouts).clone();
                self.host.select_layout(&layout).map_err(|error| fail("select_layout", error))?;
                self.activate()?;
            }
            2 => {
                let state = self.host.save_state().map_err(|error| fail("save_state", error))?;
                if self.states.len() < 8 {
                    self.states.push(state);
                } else {
                    let at = self.random.below(8);
                    self.states[at] = state;
                }
            }
            3 => {
                let mut state = self.random.pick(&self.states).clone();
                let damaged = self.wild() && self.random.once_in(2);
                if damaged {
                    self.damage(&mut state);
                }
                self.tally.states += 1;
                if let (Err(error), false) = (self.host.load_state(&state), damaged) {
                    return Err(fail("load_state of a saved state", error));
                }
            }
            4 => self.host.set_offline(self.random.once_in(2)).map_err(|error| fail("set_offline", error))?,
            5 => {
                self.host.deactivate();
                let value = if self.random.once_in(2) { "Live" } else { "Studio" };
                self.host.set_text("mode", value).map_err(|error| fail("set mode", error))?;
                self.activate()?;
            }
            _ => {}
        }
        Ok(())
    }

    fn damage(&mut self, state: &mut Vec<u8>) {
        for _ in 0..=self.random.below(4) {
            if state.is_empty() {
                return;
            }
            let at = self.random.below(state.len());
            match self.random.below(4) {
                0 => state.truncate(at),
                1 => state[at] = self.random.byte(),
                2 => {
                    let byte = *self.random.pick(b"0123456789eE-+.\"{}[]:,null");
                    state.insert(at, byte);
                }
                _ => {
                    let end = (at + self.random.below(16)).min(state.len());
                    state.drain(at..end);
                }
            }
        }
    }

    fn activate(&mut self) -> Result<(), String> {
        self.host.deactivate();
        if self.wild() && self.random.once_in(6) {
            let impossible = *self.random.pick(&[0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
            if self.host.activate(impossible, 512).is_ok() {
                return Err(format!("{impossible} Hz were taken"));
            }
        }
        self.rate = *self.random.pick(&RATES);
        self.announced = *self.random.pick(&ANNOUNCED);
        self.tally.activations += 1;
        let mode = self.host.value("mode").map_err(|error| error.to_string())?;
        let before = self.mode.replace(mode);
        self.tally.mode_switches += u64::from(before.is_some_and(|before| before != mode));
        self.host.activate(self.rate, self.announced).map_err(|error| error.to_string())
    }

    fn play(&mut self, blocks: usize) -> Result<(), String> {
        let latency = self.host.latency();
        let inputs = self.host.input_ports().first().map_or(0, |port| port.channels);
        let has_stems = self.host.output_ports().len() == 5;
        // The stems' sum is the input while they are tapped before the levels, and ramps take 8 ms.
        let tap = self.host.value("stem_tap").map_err(|error| error.to_string())?;
        let ramp = samples_of(0.01, self.rate) + 2;
        let mut steady = if tap == 0.0 { ramp } else { 0 };
        let mut pre_level = tap == 0.0;
        let mut delayed: Vec<VecDeque<f32>> = vec![std::iter::repeat_n(0.0, latency).collect(); inputs];
        // The rounding error of a frame follows its loudest sample; the longest frame is sixteen times 4096.
        let mut peak = 1.0f64;

        let wild = self.treatment == Treatment::Wild;
        let mut running = self.host.start().map_err(|error| error.to_string())?;
        for _ in 0..blocks {
            if self.random.once_in(40) {
                running.reset();
                delayed = vec![std::iter::repeat_n(0.0, latency).collect(); inputs];
                steady = if pre_level { ramp } else { 0 };
                peak = 1.0;
            }
            let announced = usize::try_from(self.announced).expect("a host's blocks fit into memory");
            let length = match self.random.below(if wild { 8 } else { 6 }) {
                0 => 0,
                1 => self.random.below(announced + 1),
                6 | 7 => self.random.below(3 * announced + 100),
                _ => announced,
            };
            let input = signal(&mut self.random, wild, inputs, length);
            let changes = changes(&mut self.random, wild, length);
            let place = |what: String| {
                format!(
                    "{what} ({} Hz, {announced} announced, block of {length}, latency {latency})",
                    self.rate
                )
            };
            let slices: Vec<&[f32]> = input.iter().map(Vec::as_slice).collect();
            let output = running.block(&slices, &changes).map_err(|error| place(error.to_string()))?;
            self.tally.blocks += 1;
            self.tally.samples += u64::try_from(length).expect("64 bits are enough");
            self.tally.changes += u64::try_from(changes.len()).expect("64 bits are enough");

            if let Some(bad) = output.iter().flatten().flatten().find(|sample| !sample.is_finite()) {
                return Err(place(format!("{bad} came out")));
            }
            let tapped = parameter_id("stem_tap");
            let tap_moves = changes.iter().any(|change| change.id == tapped && change.value.is_finite());
            for (delayed, channel) in delayed.iter_mut().zip(&input) {
                delayed.extend(channel.iter().map(|&sample| sanitized(sample)));
            }
            for &sample in input.iter().flatten() {
                peak = peak.max(f64::from(sanitized(sample).abs()));
            }
            if tap_moves {
                // Which values the plug-in made of it is asked after the segment; until then nothing is compared.
                steady = 0;
                pre_level = false;
            }
            for at in 0..length {
                let wanted: Vec<f32> =
                    delayed.iter_mut().map(|channel| channel.pop_front().unwrap_or(0.0)).collect();
                if !(has_stems && pre_level) {
                    continue;
                }
                if steady < ramp {
                    steady += 1;
                    continue;
                }
                self.tally.compared += 1;
                for (channel, &wanted) in wanted.iter().enumerate() {
                    let sum: f64 = output[1..].iter().map(|stem| f64::from(stem[channel][at])).sum();
                    let off = (sum - f64::from(wanted)).abs();
                    if off > 2e-6 * peak {
                        return Err(place(format!("the stems sum to {sum}, not {wanted} (peak {peak})")));
                    }
                }
            }
        }
        Ok(())
    }
}

/// An input sample as the plug-in takes it.
fn sanitized(sample: f32) -> f32 {
    let magnitude = sample.abs();
    // False for NaN, too.
    if (f32::MIN_POSITIVE..=LARGEST_SAMPLE).contains(&magnitude) { sample } else { 0.0 }
}

/// A sine of 70 Hz at 44.1 kHz.
#[expect(clippy::cast_possible_truncation, reason = "a test signal")]
fn sine(at: usize) -> f32 {
    (float(at) * 0.01).sin() as f32
}

/// One block of input.
fn signal(random: &mut Random, wild: bool, channels: usize, length: usize) -> Vec<Vec<f32>> {
    let kind = random.below(if wild { 10 } else { 5 });
    let mut noise = |gain: f32| random.sample() * gain;
    let mut audio: Vec<Vec<f32>> = (0..channels)
        .map(|_| {
            (0..length)
                .map(|at| match kind {
                    0 => 0.0,
                    1 => noise(0.01),
                    2 => sine(at),
                    5 => noise(15.85),
                    6 => 1.0,
                    7 => noise(1e-39),
                    _ => noise(0.7),
                })
                .collect()
        })
        .collect();
    if wild && kind >= 8 && length > 0 {
        let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN_POSITIVE, 1e-45, 1e6, -1e6];
        for channel in &mut audio {
            for _ in 0..=random.below(5) {
                let at = random.below(length);
                channel[at] = *random.pick(&odd);
            }
        }
    }
    audio
}

/// The parameter changes of one block.
fn changes(random: &mut Random, wild: bool, length: usize) -> Vec<RawChange> {
    let count = if random.once_in(3) { random.below(6) } else { 0 };
    let mut changes: Vec<RawChange> = (0..count)
        .map(|_| {
            // The tap ends the comparison of the stems' sum, so it moves more rarely than the others.
            let id = match *random.pick(&PARAMETERS) {
                "stem_tap" if !random.once_in(8) => "focus",
                id => id,
            };
            let mut value = match random.below(4) {
                0 => 0.0,
                1 => 1.0,
                _ => random.unit(),
            };
            let mut at = random.below(length.max(1));
            let mut id = parameter_id(id);
            if wild && random.once_in(5) {
                value = *random.pick(&[-1.0, 2.0, 1e300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e-320]);
            }
            if wild && random.once_in(5) {
                at = length + random.below(100_000);
            }
            if wild && random.once_in(20) {
                id = random.bits_32();
            }
            RawChange { at: u32::try_from(at).expect("blocks are short"), id, value }
        })
        .collect();
    if !(wild && random.once_in(4)) {
        changes.sort_by_key(|change| change.at);
    }
    changes
}
