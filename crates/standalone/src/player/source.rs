//! The player's audio side.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Audio, Deck, NOWHERE};

/// Length in samples over which the song comes and goes when it starts, stops or jumps.
const FADE: f32 = 256.0;

/// Puts the song in the place of the input. Owned by the audio thread.
pub struct Source {
    deck: Arc<Deck>,
    song: Option<Audio>,
    /// Next sample of the song.
    at: usize,
    /// How much of the song is heard, from 0 to 1; the rest is the input.
    gain: f32,
}

impl Source {
    /// The audio side of `deck`.
    pub fn new(deck: Arc<Deck>) -> Self {
        Self { deck, song: None, at: 0, gain: 0.0 }
    }

    /// Mixes the song into `channels` (one or two) while it plays, and lets the input through while it does not. Never
    /// waits, allocates or frees.
    pub fn fill(&mut self, channels: &mut [&mut [f32]]) {
        if self.gain == 0.0 && self.deck.waiting.load(Ordering::Relaxed) {
            self.exchange();
        }
        let length = channels.first().map_or(0, |channel| channel.len());
        for sample in 0..length {
            if !self.step() {
                continue;
            }
            let Some([left, right]) = &self.song else { continue };
            let values = match channels {
                [_] => [0.5 * (left[self.at] + right[self.at]); 2],
                _ => [left[self.at], right[self.at]],
            };
            for (channel, value) in channels.iter_mut().zip(values) {
                channel[sample] += (value - channel[sample]) * self.gain;
            }
            self.at += 1;
        }
        if self.song.is_some() {
            self.deck.position.store(self.at as u64, Ordering::Relaxed);
        }
    }

    /// Moves gain and place on by one sample. Returns whether the song is heard in it.
    fn step(&mut self) -> bool {
        let Some([left, _]) = &self.song else { return false };
        let target = self.deck.seek.load(Ordering::Relaxed);
        let playing = self.deck.playing.load(Ordering::Relaxed);
        let wanted = playing && target == NOWHERE && !self.deck.waiting.load(Ordering::Relaxed);
        let step = if wanted { 1.0 / FADE } else { -1.0 / FADE };
        self.gain = (self.gain + step).clamp(0.0, 1.0);
        if self.gain == 0.0 && target != NOWHERE {
            self.at = (target as usize).min(left.len());
            self.deck.seek.store(NOWHERE, Ordering::Relaxed);
        }
        if self.at >= left.len() {
            self.at = 0;
            if !self.deck.looping.load(Ordering::Relaxed) {
                self.deck.playing.store(false, Ordering::Relaxed);
                self.gain = 0.0;
            }
        }
        self.gain > 0.0 && !left.is_empty()
    }

    /// Takes a new song over if there is a place to leave the old one.
    fn exchange(&mut self) {
        let (Ok(mut ready), Ok(mut retired)) = (self.deck.ready.try_lock(), self.deck.retired.try_lock())
        else {
            return;
        };
        if ready.is_some() && retired.is_none() {
            *retired = std::mem::replace(&mut self.song, ready.take());
            self.at = 0;
            self.deck.waiting.store(false, Ordering::Relaxed);
        }
    }
}
