//! The player's audio side.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use unbraid_engine::mailbox::Mailbox;

use super::transport::Transport;

/// A song as the audio thread plays it: two channels of equal length at the program's rate.
pub type Audio = [Vec<f32>; 2];

/// Length in samples over which the song comes and goes when it starts, stops or jumps.
const FADE: f32 = 256.0;

/// Puts the song in the place of the input. Owned by the audio thread.
pub struct Source {
    transport: Arc<Transport>,
    songs: Mailbox<Audio>,
    song: Option<Box<Audio>>,
    /// Next sample of the song.
    at: usize,
    /// Gain of the song, from 0 to 1; what is left to 1 is the input's.
    gain: f32,
}

impl Source {
    /// Plays what arrives in `songs`, as `transport` says.
    pub fn new(transport: Arc<Transport>, songs: Mailbox<Audio>) -> Self {
        Self { transport, songs, song: None, at: 0, gain: 0.0 }
    }

    /// Mixes the song into `channels` (one or two) while it plays, and lets the input through while it does not. Never
    /// waits, allocates or frees.
    pub fn fill(&mut self, channels: &mut [&mut [f32]]) {
        if self.gain == 0.0 && self.transport.is_announced() && self.songs.take_optional(&mut self.song) {
            self.at = 0;
            self.transport.taken();
        }
        let length = channels.first().map_or(0, |channel| channel.len());
        for sample in 0..length {
            if !self.step() {
                continue;
            }
            let Some([left, right]) = self.song.as_deref() else { continue };
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
            self.transport.position.store(self.at as u64, Ordering::Relaxed);
        }
    }

    /// Moves gain and place on by one sample. Returns `true` if the song is audible in it.
    fn step(&mut self) -> bool {
        let Some([left, _]) = self.song.as_deref() else { return false };
        let target = self.transport.target();
        let playing = self.transport.playing.load(Ordering::Relaxed);
        let audible = playing && target.is_none() && !self.transport.is_announced();
        let step = if audible { 1.0 / FADE } else { -1.0 / FADE };
        self.gain = (self.gain + step).clamp(0.0, 1.0);
        if self.gain == 0.0
            && let Some(target) = target
        {
            self.at = target.min(left.len());
            self.transport.arrived();
        }
        if self.at >= left.len() {
            self.at = 0;
            if !self.transport.looping.load(Ordering::Relaxed) {
                self.transport.playing.store(false, Ordering::Relaxed);
                self.gain = 0.0;
            }
        }
        self.gain > 0.0 && !left.is_empty()
    }
}
