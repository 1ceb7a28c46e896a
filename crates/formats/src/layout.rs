//! Layouts of buses that the plug-in agrees to.

/// Channels of a full bus.
pub const CHANNELS: usize = 2;

/// Stem buses behind the main output.
pub const STEMS: usize = 4;

/// Output buses at most: main and stems. There is one input bus.
pub const OUTPUT_BUSES: usize = 1 + STEMS;

/// Channels of each bus.
///
/// Main is stereo, mono, or mono in and stereo out. Stem buses, if there are any, are mono, stereo or empty, in any
/// arrangement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    input: usize,
    main: usize,
    stems: Option<[usize; STEMS]>,
}

impl Default for Layout {
    /// Everything in stereo.
    fn default() -> Self {
        Self { input: CHANNELS, main: CHANNELS, stems: Some([CHANNELS; STEMS]) }
    }
}

impl Layout {
    /// Channels of the main input, the main output and the stem buses; `None` if the plug-in does not agree.
    pub const fn new(input: usize, main: usize, stems: Option<[usize; STEMS]>) -> Option<Self> {
        if !matches!((input, main), (1, 1) | (1, 2) | (2, 2)) {
            return None;
        }
        if let Some([one, two, three, four]) = stems
            && (one > CHANNELS || two > CHANNELS || three > CHANNELS || four > CHANNELS)
        {
            return None;
        }
        Some(Self { input, main, stems })
    }

    /// The layout of a host that asks for these channels of each input and output bus.
    pub fn from_buses(inputs: &[usize], outputs: &[usize]) -> Option<Self> {
        match (inputs, outputs) {
            ([input], [main]) => Self::new(*input, *main, None),
            ([input], [main, stems @ ..]) => Self::new(*input, *main, Some(stems.try_into().ok()?)),
            _ => None,
        }
    }

    /// Channels of the main input.
    pub fn input(&self) -> usize {
        self.input
    }

    /// Number of output buses.
    pub fn output_buses(&self) -> usize {
        if self.stems.is_some() { OUTPUT_BUSES } else { 1 }
    }

    /// Channels of each output bus, main first; 0 also for those that do not exist.
    pub fn outputs(&self) -> [usize; OUTPUT_BUSES] {
        let stems = self.stems.unwrap_or_default();
        std::array::from_fn(|bus| if bus == 0 { self.main } else { stems[bus - 1] })
    }

    /// Channels of an input or output bus; `None` if there is no such bus.
    pub fn channels(&self, is_input: bool, bus: usize) -> Option<usize> {
        match is_input {
            true => (bus == 0).then_some(self.input),
            false => self.outputs()[..self.output_buses()].get(bus).copied(),
        }
    }

    /// The layout with another number of channels on one bus, which need not be one that the plug-in agrees to.
    pub fn with(mut self, is_input: bool, bus: usize, channels: usize) -> Option<Self> {
        match (is_input, bus) {
            (true, 0) => self.input = channels,
            (false, 0) => self.main = channels,
            (false, stem) => *self.stems.as_mut()?.get_mut(stem - 1)? = channels,
            (true, _) => return None,
        }
        Some(self)
    }

    /// The layout, if the plug-in agrees.
    pub fn agreed(self) -> Option<Self> {
        Self::new(self.input, self.main, self.stems)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mono_and_stereo_are_agreed_to_with_any_stems_and_nothing_else() {
        for (input, main) in [(1, 1), (1, 2), (2, 2)] {
            for stems in [None, Some([2; STEMS]), Some([1; STEMS]), Some([0; STEMS]), Some([0, 1, 2, 1])] {
                let layout = Layout::new(input, main, stems).unwrap();
                assert_eq!(layout.channels(true, 0), Some(input));
                assert_eq!(layout.channels(false, 0), Some(main));
                assert_eq!(layout.channels(false, 4), stems.map(|stems| stems[3]));
                assert_eq!((layout.channels(true, 1), layout.channels(false, 5)), (None, None));
            }
        }
        for (input, main, stem) in [(2, 1, 2), (0, 2, 2), (2, 0, 2), (0, 0, 0), (6, 6, 2), (2, 2, 3)] {
            assert_eq!(Layout::new(input, main, Some([2, 2, 2, stem])), None, "{input} {main} {stem}");
        }
    }

    #[test]
    fn a_host_may_ask_for_main_alone_or_for_all_stems() {
        assert_eq!(Layout::from_buses(&[2], &[2; 5]), Some(Layout::default()));
        assert_eq!(Layout::from_buses(&[1], &[1]), Layout::new(1, 1, None));
        for (inputs, outputs) in
            [(&[2][..], &[2; 2][..]), (&[2], &[2; 6]), (&[], &[2]), (&[2, 2], &[2]), (&[2], &[])]
        {
            assert_eq!(Layout::from_buses(inputs, outputs), None, "{inputs:?} {outputs:?}");
        }
    }

    #[test]
    fn one_bus_can_be_changed_at_a_time() {
        let mono_in = Layout::default().with(true, 0, 1).unwrap();
        assert_eq!(mono_in.agreed(), Layout::new(1, 2, Some([2; STEMS])));
        assert_eq!(Layout::default().with(false, 0, 1).unwrap().agreed(), None, "stereo in, mono out");
        assert_eq!(
            Layout::default().with(false, 3, 0).unwrap().agreed(),
            Layout::new(2, 2, Some([2, 2, 0, 2]))
        );
        assert_eq!(Layout::default().with(false, 5, 2), None);
        assert_eq!(Layout::new(2, 2, None).unwrap().with(false, 1, 2), None, "there are no stems");
    }
}
