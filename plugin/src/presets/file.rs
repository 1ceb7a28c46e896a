//! Preset files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::PresetError;
use crate::params::UnbraidParams;
use crate::params::handle::ParamHandle;

/// The format that is written, and the only one that is read.
const FORMAT: &str = "unbraid-preset/1";

/// Extension of a preset file.
pub const EXTENSION: &str = "json";

/// Largest preset file that is read, in bytes.
const LARGEST_FILE: u64 = 64 << 10;

/// Parameters and the normalized values to set them to.
pub type Settings<'a> = Vec<(ParamHandle<'a>, f32)>;

/// Contents of a preset file.
#[derive(Serialize, Deserialize)]
struct File {
    format: String,
    parameters: BTreeMap<String, String>,
}

/// The current settings as the text of a preset file.
pub fn write(params: &UnbraidParams) -> String {
    // Builds that know no sensitivities refuse a preset with one, so those at 0 are left out.
    let needed = |(id, param): &(String, ParamHandle<'_>)| {
        !id.ends_with("_sensitivity") || param.value() != param.default_value()
    };
    let parameters =
        params.stored().filter(needed).map(|(id, param)| (id, param.text(param.value()))).collect();
    let file = File { format: FORMAT.into(), parameters };
    serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
}

/// Reads the text of a preset file.
///
/// # Errors
/// [`PresetError`] if it is no preset of this format or holds anything that this version does not know.
pub fn read<'a>(text: &str, params: &'a UnbraidParams) -> Result<Settings<'a>, PresetError> {
    let file: File = serde_json::from_str(text)?;
    if file.format != FORMAT {
        return Err(PresetError::Format { found: file.format, needed: FORMAT });
    }
    let known: BTreeMap<String, ParamHandle<'a>> = params.stored().collect();
    if let Some(id) = file.parameters.keys().find(|id| !known.contains_key(*id)) {
        return Err(PresetError::UnknownParameter(id.clone()));
    }
    let value = |id: &str, param: ParamHandle<'_>| match file.parameters.get(id) {
        None => Ok(param.default_value()),
        Some(text) => param
            .parse(text)
            .ok_or_else(|| PresetError::Value { parameter: id.to_owned(), text: text.clone() }),
    };
    known.iter().map(|(id, param)| Ok((*param, value(id, *param)?))).collect()
}

/// Reads the preset file at `path`.
///
/// # Errors
/// [`PresetError`] that names the file.
pub fn load<'a>(path: &Path, params: &'a UnbraidParams) -> Result<Settings<'a>, PresetError> {
    let unreadable = |reason| PresetError::File { preset: label(path), action: "read", reason };
    let refused = |reason| PresetError::In { file: label(path), reason: Box::new(reason) };
    let bytes = fs::metadata(path).map_err(unreadable)?.len();
    if bytes > LARGEST_FILE {
        return Err(refused(PresetError::Size { bytes, limit: LARGEST_FILE }));
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    read(&text, params).map_err(refused)
}

/// Writes the current settings to `path`, and makes its folder.
///
/// # Errors
/// [`PresetError`] that names the file.
pub fn save(path: &Path, params: &UnbraidParams) -> Result<(), PresetError> {
    let failed = |reason| PresetError::File { preset: label(path), action: "saved", reason };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, write(params)).map_err(failed)
}

/// The name by which messages call a file.
pub fn label(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// Sets parameters as a host would.
#[cfg(test)]
pub fn apply(settings: &Settings<'_>) {
    settings.iter().for_each(|(param, value)| param.set(*value));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::{SILENCE_DB, StemTap};

    #[test]
    fn what_is_written_is_read_back_to_the_same_values() {
        let params = UnbraidParams::default();
        let odd = r#"{"format": "unbraid-preset/1", "parameters":
            {"vocals_level": "-3.25 dB", "drums_level": "-inf dB", "bass_mute": "muted", "other_solo": "solo",
             "focus": "12.5 %", "drums_sensitivity": "+20 %", "stem_tap": "Post-level", "output_gain": "-6"}}"#;
        apply(&read(odd, &params).unwrap());
        let written = write(&params);
        let other = UnbraidParams::default();
        apply(&read(&written, &other).unwrap());
        assert_eq!(other.controls(), params.controls());
        assert_ne!(other.controls(), UnbraidParams::default().controls());
        assert!(!written.contains("bypass") && !written.contains("mode"));
    }

    #[test]
    fn a_file_that_is_no_preset_is_refused_with_what_is_wrong() {
        let params = UnbraidParams::default();
        let with = |parameters: &str| {
            let text = format!(r#"{{"format": "unbraid-preset/1", "parameters": {parameters}}}"#);
            read(&text, &params).unwrap_err().to_string()
        };
        assert!(read("hello", &params).unwrap_err().to_string().contains("not a preset"));
        let other =
            read(r#"{"format": "unbraid-preset/2", "parameters": {}}"#, &params).unwrap_err().to_string();
        assert!(other.contains("unbraid-preset/2") && other.contains("unbraid-preset/1"));
        assert!(with(r#"{"vocals_volume": "3"}"#).contains("`vocals_volume`"));
        assert!(with(r#"{"bypass": "on"}"#).contains("`bypass`"), "presets never bypass");
        let bad = with(r#"{"vocals_level": "abc"}"#);
        assert!(bad.contains("`vocals_level`") && bad.contains("`abc`"));
    }

    #[test]
    fn a_preset_of_version_0_1_0_still_loads() {
        // Written by 0.1.0 after a user set everything that presets store.
        let written = r#"{
  "format": "unbraid-preset/1",
  "parameters": {
    "bass_level": "-inf dB",
    "bass_mute": "audible",
    "bass_solo": "off",
    "drums_level": "3.25 dB",
    "drums_mute": "muted",
    "drums_solo": "off",
    "focus": "62.5 %",
    "other_level": "-12.0 dB",
    "other_mute": "audible",
    "other_solo": "solo",
    "output_gain": "-1.5 dB",
    "stem_tap": "Post-level",
    "vocals_level": "0.0 dB",
    "vocals_mute": "audible",
    "vocals_solo": "solo"
  }
}
"#;
        let params = UnbraidParams::default();
        apply(&read(written, &params).unwrap());
        let level = |stem: usize| params.stems()[stem].level.value();
        assert_eq!([0, 1, 2, 3].map(level), [0.0, 3.25, SILENCE_DB, -12.0]);
        assert_eq!(params.stems().map(|stem| stem.mute.value()), [false, true, false, false]);
        assert_eq!(params.stems().map(|stem| stem.solo.value()), [true, false, false, true]);
        assert_eq!((params.focus.value(), params.output_gain.value()), (0.625, -1.5));
        assert_eq!(params.stem_tap.value(), StemTap::PostLevel);
        assert_eq!(write(&params), written, "and is written the same");
    }
}
