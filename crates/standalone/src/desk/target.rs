//! The parameters that are moved: level, mute and solo of each stem.

use nice_plug::prelude::*;
use unbraid_plugin::params::UnbraidParams;

/// Names of the stems in parameter ids, in the engine's order.
pub const STEMS: [&str; 4] = ["vocals", "drums", "bass", "other"];

/// Number of parameters: level, mute and solo of each stem.
pub const PARAMETERS: usize = 3 * STEMS.len();

/// Which of a stem's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Level.
    Level,
    /// Mute.
    Mute,
    /// Solo.
    Solo,
}

/// One of the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target(usize);

impl Target {
    /// All of them: levels, mutes and solos of one stem after the other.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..PARAMETERS).map(Self)
    }

    /// The parameter of this kind and stem.
    pub const fn new(stem: usize, kind: Kind) -> Self {
        Self(3 * stem + kind as usize)
    }

    /// What kind it is.
    pub const fn kind(self) -> Kind {
        match self.0 % 3 {
            0 => Kind::Level,
            1 => Kind::Mute,
            _ => Kind::Solo,
        }
    }

    /// Its place in [`Target::all`].
    pub const fn index(self) -> usize {
        self.0
    }

    /// Its id.
    pub fn id(self) -> String {
        let kind = ["level", "mute", "solo"][self.0 % 3];
        format!("{}_{kind}", STEMS[self.0 / 3])
    }

    /// The parameter with this id.
    pub fn with_id(id: &str) -> Option<Self> {
        Self::all().find(|target| target.id() == id)
    }

    fn read<R>(
        self,
        params: &UnbraidParams,
        level: impl FnOnce(&FloatParam) -> R,
        switch: impl FnOnce(&BoolParam) -> R,
    ) -> R {
        let stem = params.stems()[self.0 / 3];
        match self.kind() {
            Kind::Level => level(&stem.level),
            Kind::Mute => switch(&stem.mute),
            Kind::Solo => switch(&stem.solo),
        }
    }

    /// Its value from 0 to 1.
    pub fn value(self, params: &UnbraidParams) -> f32 {
        self.read(params, Param::unmodulated_normalized_value, Param::unmodulated_normalized_value)
    }

    /// Its name for people.
    pub fn name(self, params: &UnbraidParams) -> String {
        self.read(params, |level| level.name().to_owned(), |switch| switch.name().to_owned())
    }

    /// The parameter itself, which lives as long as `params`.
    pub fn pointer(self, params: &UnbraidParams) -> ParamPtr {
        self.read(params, Param::as_ptr, Param::as_ptr)
    }
}
