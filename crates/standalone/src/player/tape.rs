//! A song as it is practised: looped, counted in, at another tempo and pitch. Made ahead of the audio thread.

use std::ops::Range;
use std::sync::Arc;

use unbraid_plugin::player::Practice;

use super::click::click;
use super::stream::Frame;
use super::stretch::Stretch;

/// A song: two channels of equal length, shorter than 2^32 samples, at the program's rate.
pub type Audio = [Vec<f32>; 2];

/// Samples over which the song fades before and after the jump of a loop.
const SEAM: u16 = 96;

/// Shortest passage that is looped, in samples.
const SHORTEST: u32 = 2_048;

/// Frames that are made at a time.
const CHUNK: usize = 512;

/// How a song is played: the window's settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Begins again at the end of the passage.
    pub looping: bool,
    /// How it is practised.
    pub practice: Practice,
}

impl Default for Settings {
    fn default() -> Self {
        Self { looping: true, practice: Practice::default() }
    }
}

/// A song with the place that is played next.
pub struct Tape {
    head: Head,
    stretch: Option<Stretch>,
    /// Samples of the count-in that are left, and all of them.
    count_in: Range<usize>,
    /// Samples from one beat of the count-in to the next.
    beat: usize,
    rate: u32,
}

/// Reads the song sample by sample, with the jumps of its loop.
struct Head {
    song: Arc<Audio>,
    at: u32,
    looping: bool,
    passage: Range<u32>,
    /// Samples since the last jump.
    since_jump: u32,
}

impl Tape {
    /// `song`, at `rate` Hz, from sample `start` on. Counted in if `counted`. A tempo or pitch that the rate does not
    /// allow is left out.
    pub fn new(song: Arc<Audio>, rate: u32, settings: Settings, start: u32, counted: bool) -> Self {
        let practice = settings.practice;
        let passage = passage(practice, length(&song), rate);
        let neutral = (practice.tempo, practice.semitones) == (100, 0);
        let stretch =
            (!neutral).then(|| Stretch::new(rate, practice.tempo, practice.semitones).ok()).flatten();
        let tempo = if stretch.is_some() { f64::from(practice.tempo) / 100.0 } else { 1.0 };
        // A beat lasts two seconds at most, times two for half the tempo.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let beat = (f64::from(rate) * 60.0 / (f64::from(practice.bpm.max(1)) * tempo)) as usize;
        let counted = if counted { usize::from(practice.count_in) * beat } else { 0 };
        Self {
            head: Head {
                at: start.min(length(&song)),
                looping: settings.looping,
                passage,
                since_jump: u32::MAX,
                song,
            },
            stretch,
            count_in: 0..counted,
            beat,
            rate,
        }
    }

    /// A sample that it reads is a sample of the song, without a change of tempo or pitch.
    pub fn is_in_step(&self) -> bool {
        self.stretch.is_none()
    }

    /// Changes the loop without a new stream, if what was made ahead of sample `played` stays right. Returns `false` if
    /// it does not.
    pub fn change_loop(&mut self, settings: Settings, played: u32) -> bool {
        let passage = passage(settings.practice, length(&self.head.song), self.rate);
        let jumped = self.head.at < played || self.head.since_jump <= self.head.at.saturating_sub(played);
        let jumps =
            |looping: bool, passage: &Range<u32>| looping && (played..self.head.at).contains(&passage.end);
        if jumped || jumps(settings.looping, &passage) || self.head.is_over() {
            return false;
        }
        (self.head.looping, self.head.passage) = (settings.looping, passage);
        true
    }

    /// Appends the next frames to `frames`. Returns `false` when the song is over.
    pub fn read(&mut self, frames: &mut Vec<Frame>) -> bool {
        if !self.count_in.is_empty() {
            let position = self.head.at;
            let (beat, rate) = (self.beat, self.rate);
            let counted = self.count_in.by_ref().take(CHUNK);
            frames.extend(counted.map(|at| Frame { song: [0.0; 2], click: click(at, beat, rate), position }));
            return true;
        }
        let head = &mut self.head;
        match &mut self.stretch {
            // A session that fails, which none does for finite samples, ends the song.
            Some(stretch) => stretch.pull(frames, || head.next()).unwrap_or(false),
            None => {
                let before = frames.len();
                frames.extend(std::iter::from_fn(|| head.next()).take(CHUNK));
                frames.len() > before
            }
        }
    }
}

impl Head {
    fn is_over(&self) -> bool {
        self.at >= length(&self.song) && !self.looping
    }

    /// The next sample. At the end of the passage, and at the song's, a loop jumps back.
    fn next(&mut self) -> Option<Frame> {
        let length = length(&self.song);
        if self.looping && (self.at == self.passage.end || self.at >= length) && !self.passage.is_empty() {
            self.at = self.passage.start;
            self.since_jump = 0;
        }
        let at = self.at as usize;
        let [left, right] = &*self.song;
        let song = [*left.get(at)?, *right.get(at)?];
        let gain = self.gain();
        let frame = Frame { song: song.map(|sample| sample * gain), click: 0.0, position: self.at };
        self.at += 1;
        self.since_jump = self.since_jump.saturating_add(1);
        Some(frame)
    }

    /// Fades out before a jump and in after one.
    fn gain(&self) -> f32 {
        let ahead = if self.looping { self.passage.end.checked_sub(self.at) } else { None };
        let near = ahead.unwrap_or(u32::MAX).min(self.since_jump);
        u16::try_from(near).map_or(1.0, |near| (f32::from(near) / f32::from(SEAM)).min(1.0))
    }
}

/// Samples of a song.
pub fn length(song: &Audio) -> u32 {
    u32::try_from(song[0].len()).unwrap_or(u32::MAX)
}

/// Sample at `seconds`, within a song of `length` samples.
pub fn sample(seconds: f64, length: u32, rate: u32) -> u32 {
    // Saturates, and what lies beyond the end is the end.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let sample = (seconds.max(0.0) * f64::from(rate)) as u32;
    sample.min(length)
}

/// The samples that a loop repeats in a song of `length` samples.
pub fn passage(practice: Practice, length: u32, rate: u32) -> Range<u32> {
    let start = practice.start.map_or(0, |start| sample(start, length, rate));
    let end = practice.end.map_or(length, |end| sample(end, length, rate));
    let end = end.max(start.saturating_add(SHORTEST)).min(length);
    if end.saturating_sub(start) < SHORTEST.min(length) {
        end.saturating_sub(SHORTEST)..end
    } else {
        start..end
    }
}
