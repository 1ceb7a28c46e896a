//! The parameters, as the host and the window see them. Their ids never change.

mod gain;
pub mod handle;
pub mod own_networks;
pub mod recordings;
mod spectrogram_source;
pub mod state;
mod text;
pub mod window_geometry;

use std::sync::RwLock;

use nice_plug::prelude::*;
use unbraid_engine::STEMS;
use unbraid_engine::engine::{Controls, Tap};

use crate::mode::Mode;
use gain::{LEVEL_STEP_DB, gain};
use handle::ParamHandle;
use own_networks::OwnNetworks;
use recordings::RecordingFolder;
use window_geometry::WindowGeometry;

pub use gain::SILENCE_DB;
pub use spectrogram_source::SpectrogramSource;

/// Parameters that presets and the A/B comparison leave alone: a change of mode restarts the plug-in, and the host owns
/// bypass.
const NEVER_STORED: [&str; 2] = ["mode", "bypass"];

/// Where the stem outputs are taken.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum StemTap {
    /// Stems as separated: they sum to the input.
    #[id = "pre"]
    #[name = "Pre-level"]
    PreLevel,
    /// Stems after level, mute and solo.
    #[id = "post"]
    #[name = "Post-level"]
    PostLevel,
}

/// The controls of one stem.
#[derive(Params)]
pub struct StemParams {
    /// The stem's level in the main output, in dB; [`SILENCE_DB`] is exact silence.
    #[id = "level"]
    pub level: FloatParam,
    /// Silences the stem.
    #[id = "mute"]
    pub mute: BoolParam,
    /// Lets only soloed stems through; any number at once.
    #[id = "solo"]
    pub solo: BoolParam,
    /// What the stem adds to focus, from −½ to ½.
    #[id = "sensitivity"]
    pub sensitivity: FloatParam,
}

/// All parameters.
#[derive(Params)]
pub struct UnbraidParams {
    /// Controls of the vocals.
    #[nested(id_prefix = "vocals", group = "Vocals")]
    pub vocals: StemParams,
    /// Controls of the drums.
    #[nested(id_prefix = "drums", group = "Drums")]
    pub drums: StemParams,
    /// Controls of the bass.
    #[nested(id_prefix = "bass", group = "Bass")]
    pub bass: StemParams,
    /// Controls of everything else.
    #[nested(id_prefix = "other", group = "Other")]
    pub other: StemParams,
    /// Hardness of the separation from 0 to 1; ½ is the network's own.
    #[id = "focus"]
    pub focus: FloatParam,
    /// Which network runs. A change asks the host for a restart.
    #[id = "mode"]
    pub mode: EnumParam<Mode>,
    /// Where the stem outputs are taken.
    #[id = "stem_tap"]
    pub stem_tap: EnumParam<StemTap>,
    /// Gain of the main output in dB.
    #[id = "output_gain"]
    pub output_gain: FloatParam,
    /// The host's bypass.
    #[id = "bypass"]
    pub bypass: BoolParam,
    /// The user's own networks. No parameter, but remembered with the project.
    #[persist = "networks"]
    pub networks: OwnNetworks,
    /// Where recordings go. No parameter, but remembered with the project.
    #[persist = "recordings"]
    pub recordings: RwLock<RecordingFolder>,
    /// Size and scale of the window. No parameter, but remembered with the project.
    #[persist = "window"]
    pub window: RwLock<WindowGeometry>,
    /// Signal of the window's spectrogram. No parameter, but remembered with the project.
    #[persist = "spectrogram"]
    pub spectrogram: RwLock<SpectrogramSource>,
}

impl StemParams {
    fn new(stem: &str) -> Self {
        let range = FloatRange::Skewed { min: SILENCE_DB, max: 12.0, factor: FloatRange::skew_factor(1.0) };
        Self {
            level: FloatParam::new(format!("{stem} Level"), 0.0, range)
                .with_unit(" dB")
                .with_step_size(LEVEL_STEP_DB)
                .with_value_to_string(text::show(text::level))
                .with_string_to_value(text::read(text::read_level)),
            mute: BoolParam::new(format!("{stem} Mute"), false)
                .with_value_to_string(text::show(text::mute))
                .with_string_to_value(text::read(text::read_mute)),
            solo: BoolParam::new(format!("{stem} Solo"), false)
                .with_value_to_string(text::show(text::solo))
                .with_string_to_value(text::read(text::read_solo)),
            sensitivity: FloatParam::new(
                format!("{stem} Sensitivity"),
                0.0,
                FloatRange::Linear { min: -0.5, max: 0.5 },
            )
            .with_unit(" %")
            // Back at 0 whatever way it was moved.
            .with_step_size(0.001)
            .with_value_to_string(text::show(text::offset_percent))
            .with_string_to_value(text::read(text::read_percent)),
        }
    }
}

impl Default for UnbraidParams {
    fn default() -> Self {
        Self {
            vocals: StemParams::new("Vocals"),
            drums: StemParams::new("Drums"),
            bass: StemParams::new("Bass"),
            other: StemParams::new("Other"),
            focus: FloatParam::new("Focus", 0.5, FloatRange::Linear { min: 0.0, max: 1.0 })
                .with_unit(" %")
                .with_value_to_string(text::show(text::percent))
                .with_string_to_value(text::read(text::read_percent)),
            mode: EnumParam::new("Mode", Mode::Studio),
            stem_tap: EnumParam::new("Stem Tap", StemTap::PreLevel),
            output_gain: FloatParam::new("Output Gain", 0.0, FloatRange::Linear { min: -24.0, max: 12.0 })
                .with_unit(" dB")
                .with_step_size(LEVEL_STEP_DB)
                .with_value_to_string(text::show(text::decibels))
                .with_string_to_value(text::read(text::read_decibels)),
            bypass: BoolParam::new("Bypass", false)
                .with_value_to_string(text::show(text::bypass))
                .with_string_to_value(text::read(text::read_bypass))
                .make_bypass(),
            networks: OwnNetworks::default(),
            recordings: RwLock::default(),
            window: RwLock::default(),
            spectrogram: RwLock::default(),
        }
    }
}

impl UnbraidParams {
    /// The stems' controls in the engine's order.
    pub fn stems(&self) -> [&StemParams; STEMS] {
        [&self.vocals, &self.drums, &self.bass, &self.other]
    }

    /// The parameters that presets and the A/B comparison store, with their ids. Not for the audio thread.
    pub fn stored(&self) -> impl Iterator<Item = (String, ParamHandle<'_>)> {
        handle::handles(self).filter(|(id, _)| !NEVER_STORED.contains(&id.as_str()))
    }

    /// The parameter called `id`. Not for the audio thread.
    pub fn handle(&self, id: &str) -> Option<ParamHandle<'_>> {
        handle::handles(self).find(|(known, _)| known == id).map(|(_, handle)| handle)
    }

    /// The values as the engine takes them. The audio thread may call it.
    pub fn controls(&self) -> Controls {
        let stems = self.stems();
        Controls {
            level: stems.map(|stem| gain(stem.level.value())),
            mute: stems.map(|stem| stem.mute.value()),
            solo: stems.map(|stem| stem.solo.value()),
            focus: self.focus.value(),
            sensitivity: stems.map(|stem| stem.sensitivity.value()),
            tap: match self.stem_tap.value() {
                StemTap::PreLevel => Tap::PreLevel,
                StemTap::PostLevel => Tap::PostLevel,
            },
            output_gain: gain(self.output_gain.value()),
            bypass: self.bypass.value(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_has_the_id_that_is_promised() {
        let params = UnbraidParams::default();
        let mut ids: Vec<String> = params.param_map().into_iter().map(|(id, _, _)| id).collect();
        ids.sort();
        let mut promised: Vec<String> = ["vocals", "drums", "bass", "other"]
            .iter()
            .flat_map(|stem| {
                ["level", "mute", "solo", "sensitivity"].map(|control| format!("{stem}_{control}"))
            })
            .chain(["focus", "mode", "stem_tap", "output_gain", "bypass"].map(String::from))
            .collect();
        promised.sort();
        assert_eq!(ids, promised);
    }

    #[test]
    fn zero_decibels_is_exactly_one_even_after_a_round_trip_through_the_host() {
        let params = UnbraidParams::default();
        let level = &params.vocals.level;
        // As VST3 carries it.
        let carried = f64::from(level.preview_normalized(0.0));
        ParamHandle::of(level).set(unbraid_formats::effect::single(carried));
        assert_eq!(gain(level.value()), 1.0);
        let output = &params.output_gain;
        assert_eq!(gain(output.preview_plain(output.preview_normalized(0.0))), 1.0);
    }

    #[test]
    fn the_bottom_of_a_level_is_exact_silence() {
        let params = UnbraidParams::default();
        assert_eq!(gain(params.bass.level.preview_plain(0.0)), 0.0);
        assert_eq!(gain(SILENCE_DB), 0.0);
        assert!(gain(SILENCE_DB + LEVEL_STEP_DB) > 0.0);
    }

    #[test]
    fn ranges_are_as_promised() {
        let params = UnbraidParams::default();
        assert_eq!(params.vocals.level.preview_plain(1.0), 12.0);
        assert_eq!(params.output_gain.preview_plain(0.0), -24.0);
        assert_eq!(params.output_gain.preview_plain(1.0), 12.0);
        assert_eq!(params.focus.preview_plain(0.5), 0.5);
        let sensitivity = &params.drums.sensitivity;
        assert_eq!([0.0, 0.5, 1.0].map(|value| sensitivity.preview_plain(value)), [-0.5, 0.0, 0.5]);
        assert_eq!(
            params.controls().stem_focus(),
            [0.5; STEMS],
            "exactly, as before there were sensitivities"
        );
    }
}
