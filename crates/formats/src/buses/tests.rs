use super::*;
use crate::effect::Change;
use crate::layout::STEMS;

const FRAMES: usize = 16;

/// One host channel.
type Samples = [f32; FRAMES];

/// A host's bus whose channels point to samples that the test owns.
struct Bus(Vec<*mut f32>);

impl Bus {
    fn of(channels: &mut [Samples]) -> Self {
        Self(channels.iter_mut().map(|channel| channel.as_mut_ptr()).collect())
    }

    fn host(&mut self) -> HostBus {
        HostBus { channels: self.0.as_mut_ptr(), count: self.0.len() }
    }
}

/// Adds `1` to main and gives stem number `n` the main input plus `10 * n` on the left and `20 * n` on the right.
#[derive(Default)]
struct Numbered {
    segments: Vec<usize>,
    applied: Vec<(usize, usize, Change)>,
    connected: [bool; STEMS],
}

impl Effect for Numbered {
    fn process(&mut self, main: Stereo<'_>, stems: StemBuses<'_>) {
        self.segments.push(main[0].len());
        self.connected = stems.each_ref().map(Option::is_some);
        for (number, stem) in (1u8..).zip(stems) {
            for (scale, (stem, main)) in [10.0, 20.0].into_iter().zip(stem.into_iter().flatten().zip(&main)) {
                let offset = scale * f32::from(number);
                stem.iter_mut().zip(&**main).for_each(|(stem, main)| *stem = main + offset);
            }
        }
        main.into_iter().flatten().for_each(|sample| *sample += 1.0);
    }

    fn apply(&mut self, parameter: usize, change: Change) {
        self.applied.push((self.segments.iter().sum(), parameter, change));
    }
}

fn adapter(layout: Layout) -> BusAdapter {
    let mut adapter = BusAdapter::default();
    adapter.prepare(layout, FRAMES);
    adapter
}

/// Runs one block without changes.
fn run(layout: Layout, input: HostBus, outputs: [HostBus; OUTPUT_BUSES]) -> Numbered {
    let mut effect = Numbered::default();
    // SAFETY: the tests' buses are as they say.
    let block = unsafe {
        adapter(layout).begin(FRAMES, input, outputs).map(|block| block.run(&mut effect, [].into_iter()))
    };
    block.expect("the adapter is prepared");
    effect
}

#[test]
fn complete_buses_are_processed_in_the_hosts_memory() {
    let mut input = [[1.0; FRAMES], [2.0; FRAMES]];
    let mut outputs = [[[0.0; FRAMES]; CHANNELS]; OUTPUT_BUSES];
    let mut buses = outputs.each_mut().map(|bus| Bus::of(bus));
    let effect = run(Layout::default(), Bus::of(&mut input).host(), buses.each_mut().map(Bus::host));
    assert_eq!(effect.connected, [true; STEMS]);
    let first = outputs.map(|bus| bus.map(|channel| channel[0]));
    assert_eq!(first, [[2.0, 3.0], [11.0, 22.0], [21.0, 42.0], [31.0, 62.0], [41.0, 82.0]]);
    assert!(outputs.iter().flatten().all(|channel| channel.iter().all(|&sample| sample == channel[0])));
}

#[test]
fn missing_null_and_narrow_buses_are_completed() {
    let null_channels = &mut [ptr::null_mut(); CHANNELS];
    for missing in [
        HostBus::MISSING,
        HostBus { channels: ptr::null_mut(), count: 2 },
        HostBus { channels: null_channels.as_mut_ptr(), count: 0 },
        HostBus { channels: null_channels.as_mut_ptr(), count: 2 },
    ] {
        let mut input = [[1.0; FRAMES]];
        let mut main = [[0.0; FRAMES]; CHANNELS];
        let mut drums = [[0.0; FRAMES]];
        let mut buses = [Bus::of(&mut input), Bus::of(&mut main), Bus::of(&mut drums)];
        let [input, main_bus, drums_bus] = buses.each_mut().map(Bus::host);
        let effect = run(Layout::default(), input, [main_bus, missing, drums_bus, missing, missing]);
        assert_eq!(effect.connected, [false, true, false, false]);
        assert_eq!(main, [[2.0; FRAMES], [1.0; FRAMES]], "the missing right input is silent");
        assert_eq!(drums, [[21.0; FRAMES]]);
    }
}

#[test]
fn a_buffer_that_is_handed_over_twice_belongs_to_the_first_channel() {
    let mut input = [[1.0; FRAMES], [2.0; FRAMES]];
    let mut shared = [[0.0; FRAMES]; CHANNELS];
    let mut drums = [[0.0; FRAMES]; CHANNELS];
    let mut main = Bus::of(&mut shared);
    // Vocals have the main bus's memory, and bass both channels in the drums' left one.
    let mut vocals = Bus(main.0.clone());
    let mut drums_bus = Bus::of(&mut drums);
    let mut bass = Bus(vec![drums_bus.0[0]; CHANNELS]);
    let outputs = [main.host(), vocals.host(), drums_bus.host(), bass.host(), HostBus::MISSING];
    let effect = run(Layout::default(), Bus::of(&mut input).host(), outputs);
    assert_eq!(effect.connected, [false, true, false, false]);
    assert_eq!(shared, [[2.0; FRAMES], [3.0; FRAMES]], "main is right");
    assert_eq!(drums, [[21.0; FRAMES], [42.0; FRAMES]]);
}

#[test]
fn channels_that_overlap_in_part_share_memory_too() {
    let mut input = [[1.0; FRAMES], [2.0; FRAMES]];
    let mut memory = [0.0; 2 * FRAMES];
    let start = memory.as_mut_ptr();
    let mut main = Bus(vec![start, start.wrapping_add(FRAMES - 1)]);
    run(
        Layout::default(),
        Bus::of(&mut input).host(),
        [main.host(), HostBus::MISSING, HostBus::MISSING, HostBus::MISSING, HostBus::MISSING],
    );
    assert_eq!(memory[..FRAMES], [2.0; FRAMES]);
    assert_eq!(memory[FRAMES..], [0.0; FRAMES], "the right channel went to spare memory");
}

#[test]
fn inputs_are_read_before_outputs_in_the_same_memory_are_written() {
    for swapped in [false, true] {
        let mut memory = [[1.0; FRAMES], [2.0; FRAMES]];
        let mut input = Bus::of(&mut memory);
        let mut main = Bus(input.0.clone());
        if swapped {
            main.0.reverse();
        }
        let missing = [HostBus::MISSING; STEMS];
        let [one, two, three, four] = missing;
        run(Layout::default(), input.host(), [main.host(), one, two, three, four]);
        let expected = if swapped { [[3.0; FRAMES], [2.0; FRAMES]] } else { [[2.0; FRAMES], [3.0; FRAMES]] };
        assert_eq!(memory, expected, "swapped: {swapped}");
    }
}

#[test]
fn mono_and_empty_buses_get_the_channels_that_they_have() {
    let layout = |input, main, stems| Layout::new(input, main, stems).unwrap();
    let cases = [
        (layout(1, 1, None), [[2.0, 0.0]; OUTPUT_BUSES], [false; STEMS]),
        (layout(1, 2, None), [[2.0, 2.0]; OUTPUT_BUSES], [false; STEMS]),
        (
            layout(1, 1, Some([2, 1, 0, 2])),
            [[2.0, 0.0], [11.0, 21.0], [21.0, 0.0], [0.0, 0.0], [41.0, 81.0]],
            [true, true, false, true],
        ),
        // A mono stem of a stereo input is the mean of 1 + 10 n and 5 + 20 n.
        (
            layout(2, 2, Some([1, 2, 0, 1])),
            [[2.0, 6.0], [18.0, 0.0], [21.0, 45.0], [0.0, 0.0], [63.0, 0.0]],
            [true, true, false, true],
        ),
    ];
    for (layout, expected, connected) in cases {
        let mut input = [[1.0; FRAMES], [5.0; FRAMES]];
        let mut outputs = [[[0.0; FRAMES]; CHANNELS]; OUTPUT_BUSES];
        // The host hands over two channels for each bus; those that the layout does not have stay untouched.
        let mut buses = outputs.each_mut().map(|bus| Bus::of(bus));
        let effect = run(layout, Bus::of(&mut input).host(), buses.each_mut().map(Bus::host));
        assert_eq!(effect.connected, connected, "{layout:?}");
        let buses = layout.output_buses();
        let first = outputs.map(|bus| bus.map(|channel| channel[0]));
        assert_eq!(first[..buses], expected[..buses], "{layout:?}");
    }
}

#[test]
fn changes_cut_the_block_and_late_and_unordered_ones_act_as_near_as_possible() {
    let mut adapter = adapter(Layout::default());
    let mut effect = Numbered::default();
    let change = |at, parameter| ParameterChange { at, parameter, change: Change::Set(0.5) };
    let changes = [change(0, 0), change(4, 1), change(2, 2), change(9, 3), change(usize::MAX, 4)];
    // SAFETY: nothing is handed over.
    let block = unsafe { adapter.begin(FRAMES, HostBus::MISSING, [HostBus::MISSING; OUTPUT_BUSES]) };
    block.unwrap().run(&mut effect, changes.into_iter());
    assert_eq!(effect.segments, [4, 5, 6, 1]);
    let applied: Vec<_> = effect.applied.iter().map(|&(at, parameter, _)| (at, parameter)).collect();
    assert_eq!(applied, [(0, 0), (4, 1), (4, 2), (9, 3), (FRAMES - 1, 4)]);
}

#[test]
fn an_empty_block_takes_changes_and_processes_nothing() {
    let mut adapter = adapter(Layout::default());
    let mut effect = Numbered::default();
    let changes = [ParameterChange { at: 3, parameter: 1, change: Change::Set(1.0) }];
    // SAFETY: nothing is handed over.
    let block = unsafe { adapter.begin(0, HostBus::MISSING, [HostBus::MISSING; OUTPUT_BUSES]) };
    block.unwrap().run(&mut effect, changes.into_iter());
    assert_eq!((effect.segments.len(), effect.applied.len()), (0, 1));
}

#[test]
fn there_is_no_block_before_activation_and_after_closing() {
    let mut adapter = BusAdapter::default();
    // SAFETY: nothing is handed over.
    let begins = |adapter: &mut BusAdapter| unsafe {
        adapter.begin(FRAMES, HostBus::MISSING, [HostBus::MISSING; OUTPUT_BUSES]).is_some()
    };
    assert!(!begins(&mut adapter));
    adapter.prepare(Layout::default(), FRAMES);
    assert!(begins(&mut adapter));
    adapter.close();
    assert!(!begins(&mut adapter));
}

#[test]
fn a_block_larger_than_announced_is_served() {
    let mut adapter = adapter(Layout::default());
    let mut effect = Numbered::default();
    // SAFETY: nothing is handed over.
    let block = unsafe { adapter.begin(10 * FRAMES, HostBus::MISSING, [HostBus::MISSING; OUTPUT_BUSES]) };
    block.unwrap().run(&mut effect, [].into_iter());
    assert_eq!(effect.segments, [10 * FRAMES]);
}

#[test]
fn an_absurd_announcement_allocates_little() {
    let mut adapter = BusAdapter::default();
    adapter.prepare(Layout::default(), usize::MAX);
    assert_eq!(adapter.silence.len(), PREPARED_FRAMES);
}

#[test]
#[should_panic(expected = "of a block of 16")]
fn a_segment_beyond_the_block_is_refused() {
    let mut adapter = adapter(Layout::default());
    // SAFETY: nothing is handed over.
    let block = unsafe { adapter.begin(FRAMES, HostBus::MISSING, [HostBus::MISSING; OUTPUT_BUSES]) };
    let _ = block.unwrap().segment(0..FRAMES + 1);
}
