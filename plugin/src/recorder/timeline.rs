//! The host's transport as it is heard: later by the latency.

use unbraid_formats::Transport;

/// What a frame of output belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// The transport stands, or plays before the song's start.
    Stopped,
    /// The song plays: the frame's place in samples since its start, if the host tells. Also where there is no transport.
    Song(Option<u64>),
}

/// Frames of output in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// What the first one belongs to.
    pub heard: Heard,
    /// The transport started, stopped or jumped before it.
    pub turned: bool,
    /// Number of frames, at least 1.
    pub frames: usize,
}

/// The transport at one frame, its place as the host tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Stopped,
    Playing(Option<i64>),
}

impl State {
    fn of(transport: Transport, rate: f64) -> Self {
        match transport.playing {
            Some(true) => Self::Playing(transport.position.and_then(|position| position.samples(rate))),
            Some(false) => Self::Stopped,
            // A host without a transport plays always.
            None => Self::Playing(None),
        }
    }

    fn after(self, frames: u64) -> Self {
        match self {
            Self::Playing(Some(place)) => Self::Playing(Some(place.saturating_add_unsigned(frames))),
            state => state,
        }
    }
}

/// A turn of the transport that is not heard yet.
#[derive(Debug, Clone, Copy)]
struct Turn {
    /// Frame of output from which on it is heard.
    due: u64,
    state: State,
}

/// Most turns between input and output. A host that turns more often within the latency loses places.
const MOST: usize = 64;

/// Follows a transport. All calls but [`Timeline::new`] are for the audio thread, and constant in time.
pub struct Timeline {
    rate: f64,
    latency: u64,
    /// Frames that came in and went out.
    came: u64,
    went: u64,
    /// The transport at the next frame that comes in, and at the next that goes out.
    next: State,
    heard: State,
    /// Turns in between, from `first` on.
    turns: [Turn; MOST],
    first: usize,
    waiting: usize,
    /// Hosts tell places in rounded seconds; more than this, in samples, is a jump.
    tolerance: u64,
}

impl Timeline {
    /// For a delay of `latency` samples at `rate` Hz.
    pub fn new(latency: u32, rate: f32) -> Self {
        let rate = f64::from(rate);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a millisecond; saturates"
        )]
        let tolerance = (rate / 1000.0) as u64;
        Self {
            rate,
            latency: latency.into(),
            came: 0,
            went: 0,
            next: State::Stopped,
            heard: State::Stopped,
            turns: [Turn { due: 0, state: State::Stopped }; MOST],
            first: 0,
            waiting: 0,
            tolerance,
        }
    }

    /// Forgets the transport: what is still in between will not be heard.
    pub fn reset(&mut self) {
        (self.next, self.heard, self.waiting) = (State::Stopped, State::Stopped, 0);
        self.went = self.came;
    }

    /// `frames` frames come in, at the first of which the transport is as told.
    pub fn begin(&mut self, transport: Transport, frames: usize) {
        let state = State::of(transport, self.rate);
        if self.continues(state) {
            // The host's rounding does not add up.
        } else if self.waiting < MOST {
            self.turns[(self.first + self.waiting) % MOST] = Turn { due: self.came + self.latency, state };
            self.waiting += 1;
            self.next = state;
        } else {
            // No room: from the last turn on nothing is known, until there is room again.
            self.turns[(self.first + MOST - 1) % MOST].state = State::Stopped;
            self.next = State::Stopped;
        }
        self.next = self.next.after(frames as u64);
        self.came += frames as u64;
    }

    fn continues(&self, state: State) -> bool {
        match (self.next, state) {
            (State::Playing(Some(expected)), State::Playing(Some(told))) => {
                told.abs_diff(expected) <= self.tolerance
            }
            (expected, told) => expected == told,
        }
    }

    /// The next frames that go out, `most` of them at most, which must not be 0.
    pub fn heard(&mut self, most: usize) -> Run {
        let mut turned = false;
        while self.waiting > 0 && self.turns[self.first].due <= self.went {
            self.heard = self.turns[self.first].state;
            self.first = (self.first + 1) % MOST;
            self.waiting -= 1;
            turned = true;
        }
        let within = |frames: u64| usize::try_from(frames).unwrap_or(most).min(most);
        let mut frames = most;
        if self.waiting > 0 {
            frames = within(self.turns[self.first].due - self.went);
        }
        let heard = match self.heard {
            State::Stopped => Heard::Stopped,
            State::Playing(None) => Heard::Song(None),
            State::Playing(Some(place)) => match u64::try_from(place) {
                Ok(place) => Heard::Song(Some(place)),
                Err(_) => {
                    frames = frames.min(within(place.unsigned_abs()));
                    Heard::Stopped
                }
            },
        };
        self.heard = self.heard.after(frames as u64);
        self.went += frames as u64;
        Run { heard, turned, frames }
    }
}

#[cfg(test)]
mod tests {
    use unbraid_formats::Position;

    use super::*;

    const BLOCK: usize = 10;

    fn playing(place: i64) -> Transport {
        Transport { playing: Some(true), position: Some(Position::Samples(place)) }
    }

    const STOPPED: Transport = Transport { playing: Some(false), position: None };

    /// Feeds one block of each transport; what is heard frame by frame, with `true` where a run turned.
    fn follow(timeline: &mut Timeline, transports: &[Transport]) -> Vec<(Heard, bool)> {
        let mut heard = Vec::new();
        for &transport in transports {
            timeline.begin(transport, BLOCK);
            let mut left = BLOCK;
            while left > 0 {
                let run = timeline.heard(left);
                left -= run.frames;
                for at in 0..run.frames {
                    let here = match run.heard {
                        Heard::Song(Some(place)) => Heard::Song(Some(place + at as u64)),
                        other => other,
                    };
                    heard.push((here, run.turned && at == 0));
                }
            }
        }
        heard
    }

    fn song(place: usize) -> Heard {
        Heard::Song(Some(place as u64))
    }

    #[test]
    fn the_song_is_heard_later_by_the_latency_from_start_to_stop() {
        let mut timeline = Timeline::new(13, 48_000.0);
        let blocks = [STOPPED, playing(500), playing(510), STOPPED, STOPPED, STOPPED];
        let heard = follow(&mut timeline, &blocks);
        for (frame, (heard, turned)) in heard.iter().enumerate() {
            // The blocks that play come in at 10 and go to 30.
            let expected = if (23..43).contains(&frame) { song(500 + frame - 23) } else { Heard::Stopped };
            assert_eq!((*heard, *turned), (expected, frame == 23 || frame == 43), "{frame}");
        }
    }

    #[test]
    fn a_jump_turns_and_a_hosts_rounding_does_not() {
        let mut timeline = Timeline::new(0, 48_000.0);
        let blocks = [playing(100), playing(111), playing(119), playing(0), playing(10)];
        let heard = follow(&mut timeline, &blocks);
        let turned: Vec<_> = (0..heard.len()).filter(|&frame| heard[frame].1).collect();
        assert_eq!(turned, [0, 30]);
        assert_eq!((heard[29].0, heard[30].0, heard[49].0), (song(129), song(0), song(19)));
    }

    #[test]
    fn what_lies_before_the_songs_start_is_not_the_song() {
        let mut timeline = Timeline::new(5, 48_000.0);
        let heard = follow(&mut timeline, &[playing(-7), playing(3), playing(13)]);
        assert!(heard[..12].iter().all(|(heard, _)| *heard == Heard::Stopped));
        let song: Vec<_> = (0..18).map(song).collect();
        assert_eq!(heard[12..].iter().map(|(heard, _)| *heard).collect::<Vec<_>>(), song);
    }

    #[test]
    fn without_a_transport_the_song_plays_always_and_has_no_places() {
        let mut timeline = Timeline::new(5, 48_000.0);
        let heard = follow(&mut timeline, &[Transport::default(); 3]);
        assert!(heard[5..].iter().all(|(heard, _)| *heard == Heard::Song(None)));
        assert_eq!(heard.iter().filter(|(_, turned)| *turned).count(), 1);
    }

    #[test]
    fn a_reset_forgets_what_is_on_its_way() {
        let mut timeline = Timeline::new(15, 48_000.0);
        follow(&mut timeline, &[playing(0), playing(10)]);
        timeline.reset();
        let heard = follow(&mut timeline, &[playing(20), playing(30)]);
        assert!(heard[..15].iter().all(|(heard, _)| *heard == Heard::Stopped));
        assert_eq!(heard[15], (song(20), true));
    }

    #[test]
    fn a_host_that_turns_at_every_block_loses_places_and_finds_them_again() {
        let mut timeline = Timeline::new(100_000, 48_000.0);
        let jumps: Vec<_> = (0..1000).map(|block| playing(block * 1000)).collect();
        follow(&mut timeline, &jumps);
        let steady: Vec<_> = (0..20_000).map(|block| playing(5_000_000 + block * 10)).collect();
        let heard = follow(&mut timeline, &steady);
        let known: Vec<_> = heard.iter().filter(|(heard, _)| *heard != Heard::Stopped).collect();
        assert!(known.len() > 10_000, "{}", known.len());
        let at = heard.len() - 1;
        assert_eq!(heard[at].0, song(5_000_000 + at - 100_000), "at its place");
    }
}
