//! Saved states as they may come: from other versions, by hand, damaged.

use nice_plug::plugin::ParamValue;
use nice_plug::prelude::*;

use super::UnbraidParams;

/// Brings every number back into its parameter's range: the framework takes over whatever a state holds, so that
/// +100 dB would be heard, and a choice that does not exist would end the host. What else a state holds that this version
/// does not know, the framework passes over.
pub fn sanitize(state: &mut PluginState) {
    let params = UnbraidParams::default();
    for (id, parameter, _) in params.param_map() {
        match (state.params.get_mut(&id), parameter) {
            (Some(ParamValue::F32(value)), ParamPtr::FloatParam(parameter)) => {
                // SAFETY: the pointer leads into `params`, which is alive.
                let parameter = unsafe { &*parameter };
                let (lowest, highest) = (parameter.preview_plain(0.0), parameter.preview_plain(1.0));
                *value = if value.is_nan() {
                    parameter.default_plain_value()
                } else {
                    value.clamp(lowest, highest)
                };
            }
            (Some(ParamValue::I32(choice)), ParamPtr::EnumParam(_)) => {
                // SAFETY: the pointer leads into `params`, which is alive.
                let last = unsafe { parameter.step_count() }.unwrap_or(0);
                *choice = (*choice).clamp(0, i32::try_from(last).unwrap_or(i32::MAX));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_that_do_not_exist_become_ones_that_do() {
        for (saved, healed) in [(-5, 0), (0, 0), (1, 1), (2, 1), (i32::MAX, 1)] {
            let mut state = PluginState {
                version: String::new(),
                params: [("mode".to_owned(), ParamValue::I32(saved))].into(),
                fields: Default::default(),
            };
            sanitize(&mut state);
            assert!(matches!(state.params["mode"], ParamValue::I32(choice) if choice == healed), "{saved}");
        }
    }

    #[test]
    fn numbers_come_back_into_range_and_others_stay() {
        let mut state = PluginState {
            version: "99.0.0".into(),
            params: [
                ("vocals_level", 100.0),
                ("drums_level", f32::NEG_INFINITY),
                ("bass_level", f32::NAN),
                ("other_level", -7.5),
                ("focus", -3.0),
                ("output_gain", f32::INFINITY),
                ("unheard_of", 1e9),
            ]
            .map(|(id, value)| (id.to_owned(), ParamValue::F32(value)))
            .into(),
            fields: Default::default(),
        };
        sanitize(&mut state);
        let value = |id: &str| match state.params[id] {
            ParamValue::F32(value) => value,
            _ => panic!("{id} is no number any more"),
        };
        assert_eq!(value("vocals_level"), 12.0);
        assert_eq!(value("drums_level"), super::super::SILENCE_DB);
        assert_eq!(value("bass_level"), 0.0);
        assert_eq!(value("other_level"), -7.5);
        assert_eq!(value("focus"), 0.0);
        assert_eq!(value("output_gain"), 12.0);
        assert_eq!(value("unheard_of"), 1e9);
    }
}
