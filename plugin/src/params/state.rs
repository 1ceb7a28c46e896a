//! Repair of saved states: from other versions, edited by hand, damaged.

use nice_plug::plugin::{ParamValue, PluginState};

use super::UnbraidParams;
use super::handle::handles;

/// Brings every number back into its parameter's range, and gives numbers that the state lacks their defaults: a state
/// of a version without sensitivities sounds as it did. The framework accepts whatever a state holds: +100 dB would be
/// audible, and a choice that does not exist is a panic of its. It skips what it does not know.
pub fn sanitize(state: &mut PluginState) {
    let params = UnbraidParams::default();
    for (id, parameter) in handles(&params) {
        match state.params.get_mut(&id) {
            Some(ParamValue::F32(value)) if parameter.is_float() => {
                *value = if value.is_nan() {
                    parameter.default_plain_value()
                } else {
                    value.clamp(parameter.to_plain(0.0), parameter.to_plain(1.0))
                };
            }
            Some(ParamValue::I32(choice)) if parameter.is_choice() => {
                let last = parameter.steps().and_then(|steps| i32::try_from(steps).ok()).unwrap_or(0);
                *choice = (*choice).clamp(0, last);
            }
            None if parameter.is_float() => {
                state.params.insert(id, ParamValue::F32(parameter.default_plain_value()));
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
        for (saved, sanitized) in [(-5, 0), (0, 0), (1, 1), (2, 1), (i32::MAX, 1)] {
            let mut state = PluginState {
                version: String::new(),
                params: [("mode".to_owned(), ParamValue::I32(saved))].into(),
                fields: Default::default(),
            };
            sanitize(&mut state);
            assert!(
                matches!(state.params["mode"], ParamValue::I32(choice) if choice == sanitized),
                "{saved}"
            );
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
                ("unknown", 1e9),
            ]
            .map(|(id, value)| (id.to_owned(), ParamValue::F32(value)))
            .into(),
            fields: Default::default(),
        };
        sanitize(&mut state);
        let value = |id: &str| match state.params[id] {
            ParamValue::F32(value) => value,
            _ => panic!("{id} is no longer a number"),
        };
        assert_eq!(value("vocals_level"), 12.0);
        assert_eq!(value("drums_level"), super::super::gain::SILENCE_DB);
        assert_eq!(value("bass_level"), 0.0);
        assert_eq!(value("other_level"), -7.5);
        assert_eq!(value("focus"), 0.0);
        assert_eq!(value("output_gain"), 12.0);
        assert_eq!(value("unknown"), 1e9);
        assert_eq!(value("bass_sensitivity"), 0.0, "what the state lacks is at its default");
        assert!(!state.params.contains_key("bass_mute"), "switches stay as they are");
    }
}
