//! Signals, stand-ins for networks, and ways to drive an engine.

use std::sync::{Arc, OnceLock};

use unbraid_engine::engine::{Controls, Engine, Tap};
use unbraid_engine::masks::Masks;
use unbraid_engine::network::{Contract, Mode, Network, NetworkPlan, Separator, WindowKind};
use unbraid_engine::{CHANNELS, Fault, STEMS};

pub use unbraid_testkit::{
    Blocks, INAUDIBLE, Random, Stereo, delayed_error as error, noise, stereo_noise, system_requests,
};

/// The modes, each with a network that ships.
pub const MODES: [Mode; 2] = [Mode::Studio, Mode::Live];

/// The file of a mode's network.
pub fn file(mode: Mode) -> &'static [u8] {
    match mode {
        Mode::Studio => include_bytes!("../../../../models/studio.onnx"),
        Mode::Live => include_bytes!("../../../../models/live.onnx"),
    }
}

/// A mode's network, prepared once for all tests.
pub fn plan(mode: Mode) -> &'static Arc<NetworkPlan> {
    static PLANS: [OnceLock<Arc<NetworkPlan>>; 2] = [const { OnceLock::new() }; 2];
    let prepare = || {
        let plan = NetworkPlan::from_bytes(&format!("{mode}.onnx"), file(mode)).unwrap();
        assert_eq!(plan.contract().mode, mode);
        plan
    };
    PLANS[usize::from(mode == Mode::Live)].get_or_init(prepare)
}

/// A stream through a mode's network.
pub fn network(mode: Mode) -> Box<Network> {
    Box::new(plan(mode).instance().unwrap())
}

/// A contract for stand-ins.
pub fn contract(fft: usize, hop: usize, window: WindowKind, lookahead: usize) -> Contract {
    Contract {
        name: "Stand-in".into(),
        version: "1.0.0".into(),
        mode: Mode::Studio,
        fft,
        hop,
        window,
        lookahead,
        sample_rates: vec![44_100],
        licences: "CC0-1.0".into(),
        metrics: String::new(),
    }
}

/// Every kind of timing an engine can have: both windows, with and without look-ahead, several hops.
pub fn contracts() -> Vec<Contract> {
    vec![
        contract(4096, 1024, WindowKind::SqrtHann, 0),
        contract(4096, 512, WindowKind::Asymmetric, 0),
        contract(2048, 512, WindowKind::Asymmetric, 2),
        contract(1024, 128, WindowKind::SqrtHann, 1),
        contract(4096, 128, WindowKind::Asymmetric, 0),
    ]
}

/// A fault of a [`Toy`], and its frame.
#[derive(Clone, Copy, PartialEq)]
pub enum Flaw {
    None,
    Error(usize),
    Nan(usize),
}

/// A stand-in for a network: masks that differ from bin to bin and channel to channel and depend on
/// all frames so far, so that a mistake in order or timing is audible.
pub struct Toy {
    contract: Contract,
    flaw: Flaw,
    frame: usize,
    mixture: Vec<f32>,
    memory: Vec<f32>,
}

const TOY_STEPS: [f32; 7] = [3e-5, 1e-6, 5e-5, 2e-5, 1e-5, 4e-5, 2e-6];

impl Toy {
    pub fn new(contract: Contract, flaw: Flaw) -> Box<Self> {
        let bins = contract.bins();
        Box::new(Self { contract, flaw, frame: 0, mixture: vec![0.0; 4 * bins], memory: vec![0.0; 2 * bins] })
    }

    pub fn sound(contract: &Contract) -> Box<Self> {
        Self::new(contract.clone(), Flaw::None)
    }
}

impl Separator for Toy {
    fn contract(&self) -> &Contract {
        &self.contract
    }

    fn costs(&self) -> &[f32] {
        &TOY_STEPS
    }

    fn begin(&mut self, mixture: &[f32]) -> Result<(), Fault> {
        assert!(mixture.iter().all(|value| value.is_finite()), "the network was shown NaN or infinity");
        self.mixture.copy_from_slice(mixture);
        Ok(())
    }

    fn step(&mut self, index: usize) -> Result<(), Fault> {
        match self.flaw {
            Flaw::Error(frame) if frame == self.frame && index == 3 => Err(Fault),
            _ => Ok(()),
        }
    }

    fn finish(&mut self, masks: &mut Masks) -> Result<(), Fault> {
        let bins = self.contract.bins();
        for channel in 0..CHANNELS {
            for bin in 0..bins {
                let at = 2 * channel * bins + bin;
                let power = self.mixture[at].powi(2) + self.mixture[at + bins].powi(2);
                let memory = &mut self.memory[channel * bins + bin];
                *memory = 0.9 * *memory + 0.1 * (power + 1.0).ln();
                let weights: [f32; STEMS] = std::array::from_fn(|stem| {
                    0.01 + (*memory * (stem + 1) as f32 + bin as f32 * 0.37).sin().powi(2)
                });
                let total: f32 = weights.iter().sum();
                for (stem, weight) in weights.iter().enumerate() {
                    masks.row_mut(stem, channel)[bin] = weight / total;
                }
            }
        }
        if self.flaw == Flaw::Nan(self.frame) {
            masks.row_mut(0, 1)[3] = f32::NAN;
        }
        self.frame += 1;
        Ok(())
    }

    fn reset(&mut self) {
        self.frame = 0;
        self.memory.fill(0.0);
    }
}

/// All output of an engine.
#[derive(PartialEq, Clone)]
pub struct Output {
    pub main: Stereo,
    pub stems: [Stereo; STEMS],
}

impl Output {
    /// The sum of the stems.
    pub fn sum(&self) -> Stereo {
        std::array::from_fn(|channel| {
            (0..self.main[0].len()).map(|at| self.stems.iter().map(|stem| stem[channel][at]).sum()).collect()
        })
    }

    pub fn every_sample(&self) -> impl Iterator<Item = f32> {
        self.main.iter().chain(self.stems.iter().flatten()).flatten().copied()
    }
}

/// Runs `input` through `engine` in `blocks`, with controls that change at given samples.
pub fn drive(engine: &mut Engine, input: &Stereo, blocks: Blocks, events: &[(usize, Controls)]) -> Output {
    let length = input[0].len();
    let mut main = input.clone();
    let mut stems: [Stereo; STEMS] = std::array::from_fn(|_| std::array::from_fn(|_| vec![f32::NAN; length]));
    let splits: Vec<usize> = events.iter().map(|event| event.0).collect();
    for block in blocks.cut(length, &splits) {
        for (_, controls) in events.iter().filter(|event| event.0 == block.start) {
            engine.set_controls(controls);
        }
        engine.process(
            main.each_mut().map(|channel| &mut channel[block.clone()]),
            stems.each_mut().map(|stem| Some(stem.each_mut().map(|channel| &mut channel[block.clone()]))),
        );
    }
    Output { main, stems }
}

/// A new engine with `separator` for a host with blocks of at most `largest` samples.
pub fn engine_for(separator: Box<dyn Separator>, rate: f64, largest: usize) -> Engine {
    let engine = Engine::new(separator.contract(), rate, largest).unwrap();
    assert!(engine.network_slot().publish(separator).is_ok(), "a contract is its own");
    engine
}

/// A new engine with `separator` for a host with these blocks.
pub fn engine(separator: Box<dyn Separator>, rate: f64, blocks: Blocks) -> Engine {
    engine_for(separator, rate, blocks.largest())
}

/// Controls that change at samples which no block size divides.
pub fn automation() -> Vec<(usize, Controls)> {
    let mut random = Random::new(9);
    let mut events: Vec<_> = (0..40)
        .map(|_| {
            let controls = Controls {
                level: std::array::from_fn(|_| random.sample() + 1.0),
                mute: std::array::from_fn(|_| random.unit() < 0.2),
                solo: std::array::from_fn(|_| random.unit() < 0.1),
                focus: 0.5 * (random.sample() + 1.0),
                sensitivity: std::array::from_fn(|_| if random.unit() < 0.5 { 0.0 } else { random.sample() }),
                tap: if random.unit() < 0.5 { Tap::PreLevel } else { Tap::PostLevel },
                output_gain: random.sample() + 1.0,
                bypass: random.unit() < 0.1,
            };
            (random.below(60_000), controls)
        })
        .collect();
    events.sort_by_key(|event| event.0);
    events.dedup_by_key(|event| event.0);
    events
}
