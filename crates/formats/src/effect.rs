//! An effect, and changes of its parameters.

use crate::layout::{CHANNELS, STEMS};

/// Left and right of one bus.
pub type Stereo<'a> = [&'a mut [f32]; CHANNELS];

/// The stem buses, `None` where the host has no memory for one.
pub type StemBuses<'a> = [Option<Stereo<'a>>; STEMS];

/// A change of one parameter, in normalized values (0…1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// Sets the value.
    Set(f32),
    /// Sets the modulation, an offset from the value.
    Modulate(f32),
}

/// A change that acts from a sample of the block on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParameterChange {
    /// Sample of the block. May lie behind its end, or before the previous change.
    pub at: usize,
    /// Index of the parameter, see [`Parameters::index`].
    pub parameter: usize,
    /// The change.
    pub change: Change,
}

/// The parameters, by the numbers under which hosts know them. All methods may be called on the audio thread.
pub trait Parameters {
    /// Number of parameters.
    fn count(&self) -> usize;

    /// Index of the parameter with the host's number `id`; `None` if there is none.
    fn index(&self, id: u32) -> Option<usize>;

    /// Steps between the values of a parameter, 1 for a continuous one. CLAP's plain values run from 0 to this.
    fn steps(&self, parameter: usize) -> f32;

    /// Applies a change at once. Non-finite values change nothing.
    fn apply(&self, parameter: usize, change: Change);
}

/// Processes a block. All methods are called on the audio thread.
pub trait Effect {
    /// Processes one segment in place. Stems that the host is not connected to are `None`.
    fn process(&mut self, main: Stereo<'_>, stems: StemBuses<'_>);

    /// Applies a change from here on.
    fn apply(&mut self, parameter: usize, change: Change);
}

/// The number under which the framework publishes a parameter: a polynomial hash of its id in 31 bits. A test of the
/// plug-in compares it with what hosts are told.
pub fn host_id(id: &str) -> u32 {
    let hash = id.bytes().fold(0u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)));
    hash & !(1 << 31)
}

/// A host's value in the precision of parameters.
#[expect(clippy::cast_possible_truncation, reason = "rounds; what becomes infinite changes nothing")]
pub fn single(value: f64) -> f32 {
    value as f32
}
