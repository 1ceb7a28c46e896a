//! The ways in which hosts hand over output buses, in each of which main must be right.

use std::ptr;

use unbraid_formats::effect::single;

/// Output buses of the default layout.
pub const BUSES: usize = 5;
/// Channels of each.
pub const CHANNELS: usize = 2;
/// Samples of one block.
pub const BLOCK: usize = 256;
/// Samples of a whole test: long enough for several frames after the latency.
const LENGTH: usize = 80 * BLOCK;

/// How a host hands over its output buses. The main bus is always there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Case {
    /// As declared.
    All,
    /// Only the main bus.
    One,
    /// The main bus and two stems.
    Three,
    /// All buses, but the stems' arrays of channel pointers are null.
    NullArrays,
    /// All buses, but the stems have no channels.
    NoChannels,
    /// All buses, but the stems' channel pointers are null.
    NullChannels,
    /// All buses, but vocals have the main bus's memory, and bass the drums'.
    SharedMemory,
    /// As declared, with a block of no samples before each block.
    EmptyBlocks,
}

pub const CASES: [Case; 8] = [
    Case::All,
    Case::One,
    Case::Three,
    Case::NullArrays,
    Case::NoChannels,
    Case::NullChannels,
    Case::SharedMemory,
    Case::EmptyBlocks,
];

/// One bus as it is handed over: number of channels and the array of pointers.
#[derive(Clone, Copy)]
pub struct Bus {
    pub count: usize,
    pub pointers: *mut *mut f32,
}

/// A host's memory for one block.
pub struct Memory {
    samples: [[Vec<f32>; CHANNELS]; BUSES],
    input: [Vec<f32>; CHANNELS],
    pointers: [[*mut f32; CHANNELS]; BUSES],
    input_pointers: [*mut f32; CHANNELS],
}

impl Memory {
    pub fn new() -> Box<Self> {
        let block = || std::array::from_fn(|_| vec![0.0; BLOCK]);
        Box::new(Self {
            samples: std::array::from_fn(|_| block()),
            input: block(),
            pointers: [[ptr::null_mut(); CHANNELS]; BUSES],
            input_pointers: [ptr::null_mut(); CHANNELS],
        })
    }

    /// The input bus.
    pub fn input(&mut self) -> Bus {
        self.input_pointers = self.input.each_mut().map(|channel| channel.as_mut_ptr());
        Bus { count: CHANNELS, pointers: self.input_pointers.as_mut_ptr() }
    }

    /// The output buses that the host declares in `case`, and nothing behind them.
    pub fn outputs(&mut self, case: Case) -> [Option<Bus>; BUSES + 1] {
        let own = self.samples.each_mut().map(|bus| bus.each_mut().map(|channel| channel.as_mut_ptr()));
        let memory = |bus: usize| match (case, bus) {
            (Case::SharedMemory, 1 | 3) => own[bus - 1],
            _ => own[bus],
        };
        let buses = self.pointers.iter_mut().take(case.declared());
        let mut declared = [None; BUSES + 1];
        for ((bus, pointers), declared) in buses.enumerate().zip(&mut declared) {
            let missing = |what| bus > 0 && case == what;
            *pointers = memory(bus);
            if missing(Case::NullChannels) {
                *pointers = [ptr::null_mut(); CHANNELS];
            }
            *declared = Some(Bus {
                count: if missing(Case::NoChannels) { 0 } else { CHANNELS },
                pointers: if missing(Case::NullArrays) { ptr::null_mut() } else { pointers.as_mut_ptr() },
            });
        }
        declared
    }
}

impl Case {
    /// How many output buses the host says it hands over.
    pub fn declared(self) -> usize {
        match self {
            Case::One => 1,
            Case::Three => 3,
            _ => BUSES,
        }
    }
}

impl Bus {
    /// A bus that leads nowhere: reading through it ends the process.
    pub fn poison() -> Self {
        Self { count: CHANNELS, pointers: ptr::without_provenance_mut(8) }
    }
}

/// Streams noise through `process` block by block and checks that the main output is the input, `latency`
/// samples later, and that the stems that are there sum to it.
pub fn check(case: Case, latency: usize, mut process: impl FnMut(&mut Memory, usize)) {
    let mut memory = Memory::new();
    let mut state = 1u32;
    let input: Vec<[f32; CHANNELS]> = (0..LENGTH)
        .map(|_| {
            [(); CHANNELS].map(|()| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                single(f64::from(state >> 8) / 8_388_608.0 - 1.0)
            })
        })
        .collect();
    for start in (0..LENGTH).step_by(BLOCK) {
        for (at, sample) in input[start..start + BLOCK].iter().enumerate() {
            for (channel, sample) in memory.input.iter_mut().zip(sample) {
                channel[at] = *sample;
            }
        }
        // A value that neither silence nor the input is.
        memory.samples.iter_mut().flatten().for_each(|channel| channel.fill(7.0));
        if case == Case::EmptyBlocks {
            process(&mut memory, 0);
            assert!(
                memory.samples[0][0].iter().all(|&sample| sample == 7.0),
                "an empty block wrote something"
            );
        }
        process(&mut memory, BLOCK);
        for at in 0..BLOCK {
            let expected = (start + at).checked_sub(latency).map_or([0.0; CHANNELS], |at| input[at]);
            for channel in 0..CHANNELS {
                let main = memory.samples[0][channel][at];
                let place = format!("{case:?}, sample {}, channel {channel}", start + at);
                assert!(
                    (main - expected[channel]).abs() < 1e-6,
                    "{place}: {main} is not {}",
                    expected[channel]
                );
                if matches!(case, Case::All | Case::EmptyBlocks) {
                    let sum: f32 = memory.samples[1..].iter().map(|stem| stem[channel][at]).sum();
                    assert!((sum - expected[channel]).abs() < 1e-6, "{place}: stems sum to {sum}");
                }
            }
        }
    }
    if case == Case::SharedMemory {
        assert!(memory.samples[2][0].iter().any(|&sample| sample != 7.0), "the drums keep their memory");
        assert!(
            memory.samples[1][0].iter().all(|&sample| sample == 7.0),
            "the vocals' own memory was not handed over"
        );
    }
    if case == Case::Three {
        let stem = |bus: usize| &memory.samples[bus][0];
        assert!(stem(1).iter().any(|&sample| sample != 7.0), "the first stem is there and must be written");
        assert!(stem(3).iter().all(|&sample| sample == 7.0), "the third stem was not handed over");
    }
}
