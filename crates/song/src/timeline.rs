//! Position of samples: the audible part of a song, and silence for what is lost.

use crate::cast;
use crate::demux::{Part, Window};
use crate::warning::{Passage, Warning};

/// Seconds that can be lost at once, where the length of the song is not known: a place further on is a wrong number.
const LONGEST: i64 = 60;

/// How many damaged passages are told one by one.
const TOLD: usize = 8;

/// Damaged passages of a song.
#[derive(Debug, Default)]
pub struct Damage {
    count: usize,
    samples: u64,
    first: Vec<(u64, u64)>,
}

impl Damage {
    /// A passage of `length` samples, from the delivered sample `start` on.
    fn add(&mut self, start: u64, length: u64) {
        self.samples += length;
        if let Some((last, past)) = self.first.last_mut()
            && *last + *past == start
        {
            *past += length;
            return;
        }
        self.count += 1;
        if self.first.len() < TOLD {
            self.first.push((start, length));
        }
    }

    /// The warning, if there is one.
    pub fn warning(&self, rate: u32) -> Option<Warning> {
        let seconds = |samples: u64| cast::float(samples) / f64::from(rate);
        let told = |&(start, length): &(u64, u64)| Passage { start: seconds(start), length: seconds(length) };
        (self.count > 0).then(|| Warning::Damaged {
            count: self.count,
            seconds: seconds(self.samples),
            first: self.first.iter().map(told).collect(),
        })
    }
}

/// Puts what is decoded in its place.
#[derive(Debug, Default)]
pub struct Timeline {
    window: Window,
    tolerance: i64,
    /// Samples that can be lost at once.
    longest: i64,
    /// Next place, once it is known.
    at: Option<i64>,
    /// Place behind what could not be decoded.
    lost_to: i64,
    /// Samples of silence that are due.
    silence: u64,
    /// Samples delivered, of all parts.
    pub delivered: u64,
    pub damage: Damage,
}

impl Timeline {
    /// A part begins.
    pub fn begin(&mut self, part: &Part) {
        self.window = part.window;
        self.tolerance = part.tolerance;
        let rate = i64::from(part.parameters.sample_rate.unwrap_or(0));
        self.longest = if part.window.end.is_some() { i64::MAX } else { LONGEST * rate };
        self.at = part.origin.map(|origin| origin.min(part.window.begin));
        self.lost_to = i64::MIN;
    }

    /// Where samples come to lie that the container puts at `start`, or behind those before.
    fn place(&self, start: Option<i64>) -> i64 {
        let at = self.at.or(start).unwrap_or(0);
        let lost = |start: &i64| start.saturating_sub(at);
        start.filter(|start| lost(start) > self.tolerance && lost(start) <= self.longest).unwrap_or(at)
    }

    /// Samples before `start` are missing.
    pub fn jumps_to(&self, start: Option<i64>) -> bool {
        self.at.is_some_and(|at| self.place(start) > at)
    }

    /// A packet of `frames` samples could not be decoded.
    pub fn lose(&mut self, start: Option<i64>, frames: u64) {
        let place = self.place(start);
        self.at = self.at.or(Some(place));
        self.lost_to = self.lost_to.max(place.saturating_add(cast::signed(frames)));
    }

    /// A packet was decoded to `planes`, cut to its audible part. Silence for what is missing before is due first.
    pub fn put(&mut self, start: Option<i64>, planes: &mut [Vec<f32>]) {
        let frames = cast::signed(planes.first().map_or(0, Vec::len) as u64);
        // Without a place of its own, a packet lies behind those that were lost.
        let start = start.or((self.lost_to > i64::MIN).then_some(self.lost_to));
        let place = self.place(start);
        self.fill(place);
        self.at = Some(place + frames);
        self.lost_to = i64::MIN;
        let window = self.window;
        if window.contains(place) && window.contains(place + frames - 1) && frames > 0 {
            return;
        }
        for plane in planes {
            let mut at = place - 1;
            plane.retain(|_| {
                at += 1;
                window.contains(at)
            });
        }
    }

    /// Silence up to `place`.
    fn fill(&mut self, place: i64) {
        let at = self.at.unwrap_or(place);
        let from = at.max(self.window.begin);
        let to = if self.window.resume.is_none() {
            self.window.end.map_or(place, |end| place.min(end))
        } else {
            place
        };
        if let Ok(length) = u64::try_from(to - from)
            && length > 0
        {
            self.damage.add(self.delivered + self.silence, length);
            self.silence += length;
        }
    }

    /// Up to `most` samples of silence that are due now.
    pub fn take_silence(&mut self, most: u64) -> u64 {
        let count = self.silence.min(most);
        self.silence -= count;
        count
    }

    /// A part ends. What was lost just before, and a little that is missing at the end, is silence; more is returned in
    /// samples.
    pub fn end(&mut self, exact: bool, little: i64) -> u64 {
        if self.lost_to > i64::MIN {
            self.fill(self.lost_to);
            self.at = Some(self.lost_to.max(self.at.unwrap_or(0)));
            self.lost_to = i64::MIN;
        }
        let at = self.at.unwrap_or(self.window.begin).max(self.window.begin);
        let missing = self.window.end.filter(|_| exact).map_or(0, |end| end - at);
        if missing > 0 && missing <= little && at > self.window.begin {
            self.fill(at + missing);
            return 0;
        }
        u64::try_from(missing).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use symphonia::core::codecs::audio::AudioCodecParameters;

    use super::*;

    fn timeline(window: Window) -> Timeline {
        let mut parameters = AudioCodecParameters::new();
        parameters.with_sample_rate(44_100);
        let mut timeline = Timeline::default();
        timeline.begin(&Part { parameters, window, origin: Some(0), tolerance: 0, exact: true, alone: true });
        timeline
    }

    fn put(timeline: &mut Timeline, start: i64, frames: usize) -> (u64, usize) {
        let mut planes = vec![vec![1.0; frames]; 2];
        timeline.put(Some(start), &mut planes);
        let silence = timeline.take_silence(u64::MAX);
        timeline.delivered += silence + planes[0].len() as u64;
        (silence, planes[0].len())
    }

    #[test]
    fn what_a_codec_needs_before_and_behind_is_not_heard() {
        let mut timeline = timeline(Window { begin: 100, end: Some(250), resume: None });
        assert_eq!(put(&mut timeline, 0, 60), (0, 0));
        assert_eq!(put(&mut timeline, 60, 60), (0, 20));
        assert_eq!(put(&mut timeline, 120, 100), (0, 100));
        assert_eq!(put(&mut timeline, 220, 100), (0, 30));
        assert_eq!(timeline.end(true, 0), 0);
        assert_eq!(timeline.damage.warning(100), None);
    }

    #[test]
    fn silence_stands_for_what_is_lost_and_keeps_the_place_of_the_rest() {
        let mut timeline = timeline(Window { begin: 0, end: Some(500), resume: None });
        assert_eq!(put(&mut timeline, 0, 100), (0, 100));
        timeline.lose(Some(100), 100);
        timeline.lose(Some(200), 100);
        assert_eq!(put(&mut timeline, 300, 100), (200, 100));
        assert_eq!(timeline.end(true, 100), 0);
        assert_eq!(timeline.take_silence(u64::MAX), 100, "a little that is missing at the end");
        let warning = timeline.damage.warning(100);
        let first = vec![Passage { start: 1.0, length: 2.0 }, Passage { start: 4.0, length: 1.0 }];
        assert_eq!(warning, Some(Warning::Damaged { count: 2, seconds: 3.0, first }));
    }

    #[test]
    fn much_that_is_missing_at_the_end_is_no_silence() {
        let mut timeline = timeline(Window { begin: 0, end: Some(500), resume: None });
        put(&mut timeline, 0, 100);
        assert_eq!(timeline.end(true, 100), 400);
        assert_eq!(timeline.take_silence(u64::MAX), 0);
    }

    #[test]
    fn a_place_that_is_a_wrong_number_is_not_believed() {
        let mut timeline = timeline(Window::default());
        assert_eq!(put(&mut timeline, 0, 100), (0, 100));
        assert_eq!(put(&mut timeline, 100 + 61 * 44_100, 100), (0, 100));
        assert_eq!(put(&mut timeline, 200 + 59 * 44_100, 100), (59 * 44_100, 100));
    }

    #[test]
    fn a_song_that_is_joined_behind_the_padding_is_heard() {
        let mut timeline = timeline(Window { begin: 0, end: Some(150), resume: Some(200) });
        assert_eq!(put(&mut timeline, 0, 100), (0, 100));
        assert_eq!(put(&mut timeline, 100, 100), (0, 50));
        assert_eq!(put(&mut timeline, 200, 100), (0, 100));
    }
}
