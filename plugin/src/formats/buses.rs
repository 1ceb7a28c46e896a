//! Buses made complete, whatever a host hands over, and as slices.

use std::ops::Range;
use std::{ptr, slice};

use unbraid_engine::{CHANNELS, STEMS};

use crate::processor::{MainBus, StemBuses};

/// Output buses at most: the main bus and one a stem. There is one input bus at most.
pub const OUTPUT_BUSES: usize = 1 + STEMS;

/// Memory that is made ahead reaches for blocks of this many samples; hosts may announce 2³¹.
const PREPARED_FRAMES: usize = 1 << 16;

/// The channel pointers of one bus.
pub type Pointers = [*mut f32; CHANNELS];

/// One bus as a host hands it over.
#[derive(Clone, Copy)]
pub struct HostBus {
    /// The host's array of channel pointers; may be null.
    pub channels: *mut *mut f32,
    /// How many pointers the host says it holds.
    pub count: usize,
}

impl HostBus {
    /// A bus that the host did not mention.
    pub const MISSING: Self = Self { channels: ptr::null_mut(), count: 0 };

    /// The host's memory for one channel, or null.
    ///
    /// # Safety
    /// `channels` is null or points to `count` readable pointers.
    unsafe fn channel(self, channel: usize) -> *mut f32 {
        if self.channels.is_null() || channel >= self.count {
            return ptr::null_mut();
        }
        // SAFETY: within the host's array, as the caller promises.
        unsafe { *self.channels.add(channel) }
    }
}

/// How many channels each bus of the current layout has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Layout {
    /// The input bus; 0 if there is none.
    pub input: usize,
    /// The output buses in order; 0 from the first that does not exist.
    pub outputs: [usize; OUTPUT_BUSES],
}

impl Layout {
    /// Number of output buses.
    pub fn output_buses(&self) -> usize {
        self.outputs.iter().take_while(|&&channels| channels > 0).count()
    }
}

/// Memory that stands in for what a host leaves out, and the arrays that point to it.
pub struct Guard {
    layout: Layout,
    /// Read where an input is missing. Nobody writes to it.
    silence: Vec<f32>,
    /// Written where an output is missing. Nobody reads it.
    spare: [[Vec<f32>; CHANNELS]; OUTPUT_BUSES],
    /// Samples of the current block.
    frames: usize,
    /// For which stems the host handed over memory for a channel at least.
    connected: [bool; STEMS],
    /// Complete channel pointers of the input bus.
    input: Pointers,
    /// Complete channel pointers of the output buses.
    outputs: [Pointers; OUTPUT_BUSES],
}

// SAFETY: the pointers are written and read within one process call and mean nothing outside it.
unsafe impl Send for Guard {}

impl Guard {
    /// A guard for nothing yet.
    pub fn new() -> Self {
        Self {
            layout: Layout::default(),
            silence: Vec::new(),
            spare: Default::default(),
            frames: 0,
            connected: [false; STEMS],
            input: [ptr::null_mut(); CHANNELS],
            outputs: [[ptr::null_mut(); CHANNELS]; OUTPUT_BUSES],
        }
    }

    /// Makes room for blocks of up to `frames` samples in `layout`. Not for the audio thread.
    pub fn prepare(&mut self, layout: Layout, frames: usize) {
        self.layout = layout;
        self.make_room(frames.min(PREPARED_FRAMES));
    }

    /// Back to a guard for nothing, under which nothing is processed. Memory stays.
    pub fn close(&mut self) {
        self.layout = Layout::default();
    }

    fn make_room(&mut self, frames: usize) {
        self.silence.resize(frames, 0.0);
        self.spare.iter_mut().flatten().for_each(|spare| spare.resize(frames, 0.0));
    }

    /// The layout the guard was prepared for.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Begins a block of `frames` samples with these buses: notes the host's memory where there is any, else our own, and
    /// copies the input to the main output, which is then worked on in place.
    ///
    /// # Safety
    /// Every bus is as [`HostBus`] says, and every channel pointer that is not null is good for `frames`
    /// samples.
    pub unsafe fn begin(&mut self, frames: usize, input: HostBus, outputs: [HostBus; OUTPUT_BUSES]) {
        if frames > self.silence.len() {
            // The host breaks its word on the largest block. Allocating here is the lesser evil.
            self.make_room(frames);
        }
        self.frames = frames;
        let mut given = [false; OUTPUT_BUSES];
        for (channel, pointer) in self.input.iter_mut().enumerate().take(self.layout.input) {
            // SAFETY: the caller's promise is passed on.
            *pointer = unsafe { input.channel(channel) };
            if pointer.is_null() {
                *pointer = self.silence.as_mut_ptr();
            }
        }
        let buses = self.outputs.iter_mut().zip(&mut self.spare).zip(&mut given);
        for (((pointers, spare), given), (bus, channels)) in
            buses.zip(outputs.into_iter().zip(self.layout.outputs))
        {
            for (channel, (pointer, spare)) in pointers.iter_mut().zip(spare).enumerate().take(channels) {
                // SAFETY: the caller's promise is passed on.
                *pointer = unsafe { bus.channel(channel) };
                if pointer.is_null() {
                    *pointer = spare.as_mut_ptr();
                } else {
                    *given = true;
                }
            }
        }
        self.connected = std::array::from_fn(|stem| given[1 + stem]);
        let channels = self.layout.input.min(self.layout.outputs[0]);
        for (&input, &output) in self.input.iter().zip(&self.outputs[0]).take(channels) {
            // SAFETY: both are good for `frames` samples: the caller's promise, and `make_room`. They may be one.
            unsafe { ptr::copy(input, output, frames) };
        }
    }

    /// The samples in `range` of the block: the main bus, and the stem buses that the host listens to. The audio thread
    /// may call it.
    ///
    /// # Safety
    /// [`Guard::begin`] was called for this block, the host's call has not returned since, and no two of the host's
    /// output channels that have memory share it.
    ///
    /// # Panics
    /// If `range` leaves the block.
    pub unsafe fn segment(&mut self, range: Range<usize>) -> (MainBus<'_>, StemBuses<'_>) {
        assert!(
            range.start <= range.end && range.end <= self.frames,
            "{range:?} of a block of {}",
            self.frames
        );
        // SAFETY: every channel of a bus that exists is good for all of the block, as `begin` left it; the caller
        // promises that none overlaps another, and that nobody else uses them.
        let slice =
            |pointer: *mut f32| unsafe { slice::from_raw_parts_mut(pointer.add(range.start), range.len()) };
        let [main, stems @ ..] = self.outputs;
        let main = match self.layout.outputs[0] {
            CHANNELS => MainBus::Stereo(main.map(slice)),
            _ => MainBus::Mono(slice(main[0])),
        };
        let mut stems = stems.into_iter().zip(self.connected);
        let stems = std::array::from_fn(|_| match stems.next()? {
            (stem, true) => Some(stem.map(slice)),
            _ => None,
        });
        (main, stems)
    }

    /// Samples of the block.
    pub fn frames(&self) -> usize {
        self.frames
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAMES: usize = 16;
    const STEREO: Layout = Layout { input: 2, outputs: [2; OUTPUT_BUSES] };

    fn guard(layout: Layout) -> Guard {
        let mut guard = Guard::new();
        guard.prepare(layout, FRAMES);
        guard
    }

    /// A host's bus with its own memory.
    struct Host {
        _samples: Vec<Vec<f32>>,
        pointers: Vec<*mut f32>,
    }

    impl Host {
        fn new(channels: usize) -> Self {
            let mut samples = vec![vec![1.0; FRAMES]; channels];
            let pointers = samples.iter_mut().map(|channel| channel.as_mut_ptr()).collect();
            Self { _samples: samples, pointers }
        }

        fn bus(&mut self) -> HostBus {
            HostBus { channels: self.pointers.as_mut_ptr(), count: self.pointers.len() }
        }
    }

    fn all_usable(guard: &Guard) {
        let mut seen = Vec::new();
        for (bus, channels) in guard.outputs.iter().zip(guard.layout.outputs) {
            for &pointer in &bus[..channels] {
                assert!(!pointer.is_null());
                assert!(!seen.contains(&pointer), "two channels share memory");
                seen.push(pointer);
                // SAFETY: the guard promises memory for this many samples.
                unsafe { slice::from_raw_parts_mut(pointer, FRAMES) }.fill(2.0);
            }
        }
    }

    #[test]
    fn complete_buses_are_the_hosts_own() {
        let mut guard = guard(STEREO);
        let mut input = Host::new(2);
        let mut hosts: [Host; OUTPUT_BUSES] = std::array::from_fn(|_| Host::new(2));
        let buses = hosts.each_mut().map(Host::bus);
        // SAFETY: the buses are as they say.
        unsafe { guard.begin(FRAMES, input.bus(), buses) };
        assert_eq!(guard.input.to_vec(), input.pointers);
        assert_eq!(guard.outputs[3].to_vec(), hosts[3].pointers);
        assert_eq!(guard.connected, [true; STEMS]);
    }

    #[test]
    fn missing_null_and_narrow_buses_are_completed() {
        let null_channels = &mut [ptr::null_mut(); 2];
        for missing in [
            HostBus::MISSING,
            HostBus { channels: ptr::null_mut(), count: 2 },
            HostBus { channels: null_channels.as_mut_ptr(), count: 0 },
            HostBus { channels: null_channels.as_mut_ptr(), count: 2 },
        ] {
            let mut guard = guard(STEREO);
            let mut input = Host::new(1);
            let mut main = Host::new(2);
            let mut mono = Host::new(1);
            let outputs = [main.bus(), missing, mono.bus(), missing, missing];
            // SAFETY: the buses are as they say.
            unsafe { guard.begin(FRAMES, input.bus(), outputs) };
            assert_eq!(guard.outputs[0].to_vec(), main.pointers, "the main output is the host's own");
            assert_eq!(guard.outputs[2][0], mono.pointers[0]);
            assert_eq!(guard.connected, [false, true, false, false]);
            assert_eq!(guard.input[0], input.pointers[0]);
            // SAFETY: the guard promises memory for this many samples.
            let second = unsafe { slice::from_raw_parts(guard.input[1], FRAMES) };
            assert!(second.iter().all(|&sample| sample == 0.0));
            all_usable(&guard);
        }
    }

    #[test]
    fn a_layout_without_stems_asks_for_none() {
        let mut guard = guard(Layout { input: 1, outputs: [1, 0, 0, 0, 0] });
        let (mut input, mut main) = (Host::new(1), Host::new(1));
        let mut outputs = [HostBus::MISSING; OUTPUT_BUSES];
        outputs[0] = main.bus();
        // SAFETY: the buses are as they say.
        unsafe { guard.begin(FRAMES, input.bus(), outputs) };
        assert_eq!(guard.layout().output_buses(), 1);
    }

    #[test]
    fn a_block_larger_than_announced_is_served() {
        let mut guard = guard(STEREO);
        // SAFETY: nothing is handed over.
        unsafe { guard.begin(10 * FRAMES, HostBus::MISSING, [HostBus::MISSING; OUTPUT_BUSES]) };
        for &pointer in guard.outputs.iter().flatten() {
            // SAFETY: the guard promises memory for this many samples.
            unsafe { slice::from_raw_parts_mut(pointer, 10 * FRAMES) }.fill(1.0);
        }
    }

    #[test]
    fn an_absurd_largest_block_costs_little_memory() {
        let mut guard = Guard::new();
        guard.prepare(STEREO, u32::MAX as usize);
        assert_eq!(guard.silence.len(), PREPARED_FRAMES);
    }

    #[test]
    fn a_stretch_is_the_part_of_each_bus_that_it_names_and_leaves_out_stems_that_nobody_hears() {
        let mut guard = guard(STEREO);
        let mut input = Host::new(2);
        let [mut main, mut drums] = [(); 2].map(|()| Host::new(2));
        let outputs = [main.bus(), HostBus::MISSING, drums.bus(), HostBus::MISSING, HostBus::MISSING];
        // SAFETY: the buses are as they say and outlive the call.
        let (main, stems) = unsafe {
            guard.begin(FRAMES, input.bus(), outputs);
            guard.segment(3..FRAMES)
        };
        let MainBus::Stereo([left, right]) = main else { panic!("the bus is stereo") };
        assert_eq!((left.len(), right.len()), (FRAMES - 3, FRAMES - 3));
        assert!(left.iter().chain(&*right).all(|&sample| sample == 1.0), "the input is there");
        assert_eq!(stems.each_ref().map(Option::is_some), [false, true, false, false]);
        assert_eq!(stems[1].as_ref().unwrap()[0].as_ptr(), drums.pointers[0].wrapping_add(3));
    }

    #[test]
    #[should_panic(expected = "of a block of 16")]
    fn a_stretch_beyond_the_block_is_refused() {
        let mut guard = guard(STEREO);
        // SAFETY: nothing is handed over, and the guard's own memory is not used elsewhere.
        unsafe {
            guard.begin(FRAMES, HostBus::MISSING, [HostBus::MISSING; OUTPUT_BUSES]);
            let _ = guard.segment(0..FRAMES + 1);
        }
    }
}
