//! Tempo without pitch and pitch without tempo, by the crate timestretch. Runs ahead of the audio thread.

use std::collections::VecDeque;

use timestretch::{
    Parameters, PitchRatio, PreparedSession, ProcessStatus, SessionConfig, SessionError, StreamSession,
    TempoRate,
};

use super::stream::Frame;

/// Frames that are collected at a time; all of them bear the same place in the song.
const CHUNK: usize = 256;

/// Steps that the session takes at a time.
const QUOTA: usize = 4;

/// A stream of frames at another tempo or pitch.
pub struct Stretch {
    session: StreamSession,
    /// Where stretches of the song begin in the session's count of frames: that frame, and the song's.
    places: VecDeque<(u64, u32)>,
    /// Next frame of the session's count.
    next: u64,
    input: Vec<f32>,
    output: [f32; 2 * CHUNK],
}

impl Stretch {
    /// Sample rates in Hz that can be stretched.
    pub const RATES: std::ops::RangeInclusive<u32> = 32_000..=192_000;

    /// Tempo in per cent of the song's own; pitch in semitones above it.
    ///
    /// # Errors
    /// If the session refuses the rate or the settings.
    pub fn new(rate: u32, tempo: u8, semitones: i8) -> Result<Self, SessionError> {
        let parameters = Parameters {
            tempo: TempoRate::new(f64::from(tempo) / 100.0)?,
            pitch: PitchRatio::from_semitones(f64::from(semitones))?,
            ..Parameters::default()
        };
        let session = PreparedSession::new(SessionConfig {
            source_sample_rate: rate,
            output_sample_rate: rate,
            channels: 2,
            parameters,
            ..SessionConfig::default()
        })?;
        Ok(Self {
            session: session.activate(),
            places: VecDeque::new(),
            next: 0,
            input: Vec::new(),
            output: [0.0; 2 * CHUNK],
        })
    }

    /// Appends the next frames to `frames`, fed by `read`, which returns the song's next frame. Returns `false` at the end.
    ///
    /// # Errors
    /// If the session fails.
    pub fn pull(
        &mut self,
        frames: &mut Vec<Frame>,
        mut read: impl FnMut() -> Option<Frame>,
    ) -> Result<bool, SessionError> {
        loop {
            match self.session.advance(QUOTA).status {
                ProcessStatus::NeedSource => self.feed(&mut read)?,
                ProcessStatus::Fault => {
                    return Err(self.session.fault().unwrap_or(SessionError::InvalidState));
                }
                _ => (),
            }
            let stamp = self.session.read_output(&mut self.output)?;
            self.session.acknowledge(stamp.consumed(stamp.frames)?)?;
            while self.session.next_applied().is_some() {}
            if stamp.frames > 0 {
                let position = self.song_position();
                let samples = self.output.chunks_exact(2).take(stamp.frames);
                frames.extend(samples.map(|pair| Frame { song: [pair[0], pair[1]], click: 0.0, position }));
                return Ok(true);
            }
            if self.session.finished() {
                return Ok(false);
            }
        }
    }

    /// Supplies what the session asks for.
    fn feed(&mut self, read: &mut impl FnMut() -> Option<Frame>) -> Result<(), SessionError> {
        let Some(request) = self.session.source_request() else { return Err(SessionError::InvalidState) };
        self.input.clear();
        let mut expected = None;
        for at in 0..request.frames as u64 {
            let Some(frame) = read() else { break };
            if expected != Some(frame.position) && self.continues(frame.position, at) != Some(true) {
                self.places.push_back((self.next + at, frame.position));
            }
            expected = Some(frame.position + 1);
            self.input.extend(frame.song);
        }
        let supplied = self.input.len() / 2;
        if supplied == 0 {
            return self.session.finish_input();
        }
        self.session.supply(request, &self.input)?;
        self.next += supplied as u64;
        Ok(())
    }

    /// `position` follows on what was supplied before, if anything was.
    fn continues(&self, position: u32, offset: u64) -> Option<bool> {
        let &(from, song) = self.places.back()?;
        Some(u64::from(song) + (self.next + offset - from) == u64::from(position))
    }

    /// The song's frame at the session's position.
    fn song_position(&mut self) -> u32 {
        // Neither negative nor beyond the song.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let position = self.session.position().max(0.0) as u64;
        while self.places.get(1).is_some_and(|(from, _)| *from <= position) {
            self.places.pop_front();
        }
        let (from, song) = self.places.front().copied().unwrap_or_default();
        song.saturating_add(u32::try_from(position.saturating_sub(from)).unwrap_or(u32::MAX))
    }
}
