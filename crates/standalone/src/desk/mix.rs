//! The mix of a song: levels, mutes and solos, as a file that people can read.

use std::collections::BTreeMap;

use nice_plug::prelude::Param;
use serde::{Deserialize, Serialize};
use unbraid_plugin::params::{SILENCE_DB, UnbraidParams};

use super::target::{Kind, STEMS, Target};

/// Levels in dB and which stems are muted and soloed, by the stems' names. What is not named is at 0 dB, audible.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mix {
    levels_db: BTreeMap<String, f32>,
    mutes: Vec<String>,
    solos: Vec<String>,
}

impl Mix {
    /// The mix as it is.
    pub fn of(params: &UnbraidParams) -> Self {
        let stems = || STEMS.into_iter().map(str::to_owned).zip(params.stems());
        Self {
            levels_db: stems().map(|(name, stem)| (name, stem.level.unmodulated_plain_value())).collect(),
            mutes: stems()
                .filter(|(_, stem)| stem.mute.unmodulated_plain_value())
                .map(|(name, _)| name)
                .collect(),
            solos: stems()
                .filter(|(_, stem)| stem.solo.unmodulated_plain_value())
                .map(|(name, _)| name)
                .collect(),
        }
    }

    /// The value of each parameter, from 0 to 1.
    pub fn values(&self, params: &UnbraidParams) -> Vec<(Target, f32)> {
        let stems = params.stems();
        let mut values = Vec::new();
        for (stem, name) in STEMS.into_iter().enumerate() {
            let level = self.levels_db.get(name).copied().filter(|level| !level.is_nan()).unwrap_or(0.0);
            let level = stems[stem].level.preview_normalized(level.clamp(SILENCE_DB, 12.0));
            let switch = |names: &[String]| if names.iter().any(|other| other == name) { 1.0 } else { 0.0 };
            values.push((Target::new(stem, Kind::Level), level));
            values.push((Target::new(stem, Kind::Mute), switch(&self.mutes)));
            values.push((Target::new(stem, Kind::Solo), switch(&self.solos)));
        }
        values
    }
}
