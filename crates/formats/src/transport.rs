//! The host's transport.

/// A place in the host's song, from its start on; negative in a pre-roll.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Position {
    /// In samples.
    Samples(i64),
    /// In seconds.
    Seconds(f64),
}

/// The host's transport at the first input sample of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Transport {
    /// It plays, or not; `None` if the host tells nothing.
    pub playing: Option<bool>,
    /// Where it is, if the host tells.
    pub position: Option<Position>,
}

impl Position {
    /// In samples at `sample_rate` Hz; `None` where that is no number.
    pub fn samples(self, sample_rate: f64) -> Option<i64> {
        match self {
            Self::Samples(samples) => Some(samples),
            Self::Seconds(seconds) => {
                let samples = (seconds * sample_rate).round();
                #[expect(clippy::cast_possible_truncation, reason = "within what 64 bits hold, as checked")]
                (samples.abs() < 9e18).then_some(samples as i64)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_become_whole_samples_and_what_is_no_number_none() {
        assert_eq!(Position::Seconds(1.5).samples(44_100.0), Some(66_150));
        assert_eq!(Position::Seconds(-0.5).samples(48_000.0), Some(-24_000));
        assert_eq!(Position::Samples(7).samples(f64::NAN), Some(7));
        for seconds in [f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(Position::Seconds(seconds).samples(44_100.0), None);
        }
    }
}
