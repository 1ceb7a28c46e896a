//! The built-in presets.

use super::file::Settings;
use crate::params::UnbraidParams;
use crate::params::handle::ParamHandle;

/// A built-in preset.
pub struct Factory {
    /// Its name.
    pub name: &'static str,
    /// Its purpose.
    pub hint: &'static str,
    values: &'static [(&'static str, &'static str)],
}

/// The factory presets. They set levels, mutes, solos, focus and output gain, and leave the stem tap, which is routing.
pub const FACTORY: [Factory; 8] = [
    Factory { name: "Neutral", hint: "Everything as it came in", values: &[] },
    Factory { name: "Karaoke", hint: "Without the singer", values: &[("vocals_mute", "on")] },
    Factory { name: "A cappella", hint: "The singer alone", values: &[("vocals_solo", "on")] },
    Factory { name: "Drumless practice", hint: "Play the drums yourself", values: &[("drums_mute", "on")] },
    Factory { name: "Bassless practice", hint: "Play the bass yourself", values: &[("bass_mute", "on")] },
    Factory { name: "Drums up", hint: "Drums 3 dB louder", values: &[("drums_level", "3 dB")] },
    Factory {
        name: "Vocal up 2 dB",
        hint: "A little more of the singer",
        values: &[("vocals_level", "2 dB")],
    },
    Factory {
        name: "Instrumental minus drums",
        hint: "Bass and other only",
        values: &[("vocals_mute", "on"), ("drums_mute", "on")],
    },
];

/// The parameter that factory presets leave alone.
const ROUTING: &str = "stem_tap";

impl Factory {
    /// The settings of the preset: everything that it does not name goes back to its default.
    pub fn settings<'a>(&self, params: &'a UnbraidParams) -> Settings<'a> {
        let value = |id: &str, param: ParamHandle<'_>| {
            let text = self.values.iter().find(|(name, _)| *name == id).map(|(_, text)| *text);
            text.and_then(|text| param.parse(text)).unwrap_or_else(|| param.default_value())
        };
        let touched = params.stored().filter(|(id, _)| id != ROUTING);
        touched.map(|(id, param)| (param, value(&id, param))).collect()
    }
}

#[cfg(test)]
mod tests {
    use unbraid_engine::engine::Tap;

    use super::*;
    use crate::presets::file::{apply, read};

    #[test]
    fn factory_presets_do_what_their_names_say() {
        let gains = |name: &str| {
            let params = UnbraidParams::default();
            let preset = FACTORY.iter().find(|preset| preset.name == name).unwrap();
            apply(&preset.settings(&params));
            params.controls().stem_gains()
        };
        let up = |decibels: f32| 10f32.powf(decibels / 20.0);
        assert_eq!(gains("Neutral"), [1.0; 4]);
        assert_eq!(gains("Karaoke"), [0.0, 1.0, 1.0, 1.0]);
        assert_eq!(gains("A cappella"), [1.0, 0.0, 0.0, 0.0]);
        assert_eq!(gains("Drumless practice"), [1.0, 0.0, 1.0, 1.0]);
        assert_eq!(gains("Bassless practice"), [1.0, 1.0, 0.0, 1.0]);
        assert!((gains("Drums up")[1] - up(3.0)).abs() < 1e-4);
        assert!((gains("Vocal up 2 dB")[0] - up(2.0)).abs() < 1e-4);
        assert_eq!(gains("Instrumental minus drums"), [0.0, 0.0, 1.0, 1.0]);
    }

    #[test]
    fn a_factory_preset_forgets_what_was_set_before_but_not_the_routing() {
        let params = UnbraidParams::default();
        let odd = r#"{"format": "unbraid-preset/1", "parameters":
            {"bass_level": "-inf", "focus": "80 %", "stem_tap": "Post-level", "other_solo": "solo"}}"#;
        apply(&read(odd, &params).unwrap());
        apply(&FACTORY[0].settings(&params));
        let controls = params.controls();
        assert_eq!(controls.stem_gains(), [1.0; 4]);
        assert_eq!(controls.focus, 0.5);
        assert_eq!(controls.tap, Tap::PostLevel);
    }
}
