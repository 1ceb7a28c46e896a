//! Presets: settings with a name, from the factory or from files of the user's.
//!
//! A file is JSON that people can read and write:
//! `{"format": "unbraid-preset/1", "parameters": {"vocals_level": "-3.0 dB", "drums_mute": "muted"}}`. Parameters that are
//! not named keep their defaults; mode and bypass never belong to a preset.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use nice_plug::params::Params;
use nice_plug::params::internals::ParamPtr;
use serde::{Deserialize, Serialize};

use crate::params::UnbraidParams;

/// What a preset file says about itself.
const FORMAT: &str = "unbraid-preset/1";

/// What a preset file's name ends with.
pub const EXTENSION: &str = "json";

/// Parameters that no preset touches: a change of mode restarts the plug-in, and the host owns bypass.
const NEVER: [&str; 2] = ["mode", "bypass"];

/// Longest name of a preset in characters.
const LONGEST_NAME: usize = 80;

/// Largest preset file that is read, in bytes.
const LARGEST_FILE: u64 = 64 << 10;

/// A preset that ships with the plug-in.
pub struct Factory {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
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

/// Parameters a factory preset does not touch.
const ROUTING: &str = "stem_tap";

/// Parameters to set and the normalized values to set them to.
pub type Settings = Vec<(ParamPtr, f32)>;

/// A preset file's contents.
#[derive(Serialize, Deserialize)]
struct File {
    format: String,
    parameters: BTreeMap<String, String>,
}

impl Factory {
    /// What the preset sets.
    pub fn settings(&self, params: &UnbraidParams) -> Settings {
        let read = |id: &str, param: ParamPtr| {
            let text = self.values.iter().find(|(name, _)| *name == id).map(|(_, text)| *text);
            // SAFETY: the pointer comes from `params`, which is borrowed.
            unsafe {
                text.and_then(|text| param.string_to_normalized_value(text))
                    .unwrap_or_else(|| param.default_normalized_value())
            }
        };
        stored(params).filter(|(id, _)| id != ROUTING).map(|(id, param)| (param, read(&id, param))).collect()
    }
}

/// The parameters that presets store.
fn stored(params: &UnbraidParams) -> impl Iterator<Item = (String, ParamPtr)> {
    let map = params.param_map();
    map.into_iter().filter(|(id, _, _)| !NEVER.contains(&id.as_str())).map(|(id, param, _)| (id, param))
}

/// The settings as they are, as the text of a preset file.
pub fn write(params: &UnbraidParams) -> String {
    // SAFETY: the pointers come from `params`, which is borrowed.
    let text = |param: ParamPtr| unsafe {
        param.normalized_value_to_string(param.unmodulated_normalized_value(), true)
    };
    let parameters = stored(params).map(|(id, param)| (id, text(param))).collect();
    let file = File { format: FORMAT.into(), parameters };
    serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
}

/// Reads the text of a preset file.
///
/// # Errors
/// One line that says what is wrong and what is needed.
pub fn read(text: &str, params: &UnbraidParams) -> Result<Settings, String> {
    let file: File = serde_json::from_str(text).map_err(|error| format!("not a preset ({error})"))?;
    if file.format != FORMAT {
        return Err(format!("format `{}`, need `{FORMAT}`", file.format));
    }
    let known: BTreeMap<String, ParamPtr> = stored(params).collect();
    if let Some(id) = file.parameters.keys().find(|id| !known.contains_key(*id)) {
        return Err(format!("parameter `{id}` is not known to this version"));
    }
    let value = |id: &str, param: ParamPtr| {
        // SAFETY: the pointer comes from `params`, which is borrowed.
        unsafe {
            match file.parameters.get(id) {
                None => Ok((param, param.default_normalized_value())),
                Some(text) => match param.string_to_normalized_value(text) {
                    Some(value) => Ok((param, value)),
                    None => Err(format!("parameter `{id}` cannot be `{text}`")),
                },
            }
        }
    };
    known.iter().map(|(id, param)| value(id, *param)).collect()
}

/// Reads the preset file at `path`.
///
/// # Errors
/// One line that names the file.
pub fn load(path: &Path, params: &UnbraidParams) -> Result<Settings, String> {
    let name = label(path);
    let size = fs::metadata(path).map_err(|error| format!("Preset {name} cannot be read: {error}"))?.len();
    if size > LARGEST_FILE {
        return Err(format!("Preset {name}: {size} bytes are too many, need at most {LARGEST_FILE}"));
    }
    let text = fs::read_to_string(path).map_err(|error| format!("Preset {name} cannot be read: {error}"))?;
    read(&text, params).map_err(|reason| format!("Preset {name}: {reason}"))
}

/// Writes the settings as they are to `path`.
///
/// # Errors
/// One line that names the file.
pub fn save(path: &Path, params: &UnbraidParams) -> Result<(), String> {
    let failed = |error| format!("Preset {} cannot be saved: {error}", label(path));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, write(params)).map_err(failed)
}

fn label(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// The folder with the user's presets.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder at `path`, which is made when the first preset is saved.
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The folder in the platform's place for configuration, or `None` if the platform has none.
    pub fn of_user() -> Option<Self> {
        Some(Self::new(dirs::config_dir()?.join("unbraid").join("presets")))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The presets' names, sorted. A folder that is not there has none.
    pub fn names(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(&self.path) else { return Vec::new() };
        let mut names: Vec<String> = entries
            .filter_map(|entry| {
                let path = entry.ok()?.path();
                let is_preset = path.extension().is_some_and(|extension| extension == EXTENSION);
                is_preset.then(|| path.file_stem().map(|name| name.to_string_lossy().into_owned()))?
            })
            .collect();
        names.sort_by_key(|name| name.to_lowercase());
        names
    }

    /// Where the preset called `name` is or would be.
    ///
    /// # Errors
    /// One line if no file can be called that on every platform.
    pub fn file(&self, name: &str) -> Result<PathBuf, String> {
        let name = name.trim();
        let forbidden = |c: char| c.is_control() || "/\\:*?\"<>|".contains(c);
        if name.is_empty() {
            Err("A preset needs a name.".into())
        } else if name.chars().count() > LONGEST_NAME {
            Err(format!("A preset's name has at most {LONGEST_NAME} characters."))
        } else if let Some(c) = name.chars().find(|&c| forbidden(c)) {
            Err(format!("A preset's name cannot contain {c:?}."))
        } else if name.starts_with('.') || name.ends_with('.') {
            Err("A preset's name cannot begin or end with a dot.".into())
        } else {
            Ok(self.path.join(format!("{name}.{EXTENSION}")))
        }
    }

    /// Copies the preset file at `from` into the folder, under a name that is free, and gives the name back.
    ///
    /// # Errors
    /// One line if it is no preset or cannot be copied.
    pub fn import(&self, from: &Path, params: &UnbraidParams) -> Result<String, String> {
        load(from, params)?;
        let stem = from.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let candidates = std::iter::once(stem.clone()).chain((2..1000).map(|n| format!("{stem} {n}")));
        for name in candidates {
            let to = self.file(&name)?;
            if !to.exists() {
                fs::create_dir_all(&self.path)
                    .and_then(|()| fs::copy(from, &to))
                    .map_err(|error| format!("Preset {} cannot be imported: {error}", label(from)))?;
                return Ok(name);
            }
        }
        Err(format!("Preset {stem}: too many of the same name."))
    }

    /// Removes the preset called `name`; one that is not there is no error.
    ///
    /// # Errors
    /// One line if the file stays.
    pub fn remove(&self, name: &str) -> Result<(), String> {
        match fs::remove_file(self.file(name)?) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(format!("Preset {name} cannot be removed: {error}"))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sets parameters as a host would.
    fn apply(settings: &Settings) {
        for (param, value) in settings {
            // SAFETY: the parameters are alive in the tests that call this, and nobody else is using them.
            unsafe { param._internal_set_normalized_value(*value) };
        }
    }

    fn folder(test: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("unbraid-presets-{}-{test}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Folder::new(path)
    }

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
        assert_eq!(controls.tap, unbraid_engine::realtime::Tap::PostLevel);
    }

    #[test]
    fn what_is_written_is_read_back_to_the_same_values() {
        let params = UnbraidParams::default();
        let odd = r#"{"format": "unbraid-preset/1", "parameters":
            {"vocals_level": "-3.25 dB", "drums_level": "-inf dB", "bass_mute": "muted", "other_solo": "solo",
             "focus": "12.5 %", "stem_tap": "Post-level", "output_gain": "-6"}}"#;
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
            read(&text, &params).err().unwrap_or_default()
        };
        assert!(read("hello", &params).unwrap_err().contains("not a preset"));
        let other = read(r#"{"format": "unbraid-preset/2", "parameters": {}}"#, &params).unwrap_err();
        assert!(other.contains("unbraid-preset/2") && other.contains("unbraid-preset/1"));
        assert!(with(r#"{"vocals_volume": "3"}"#).contains("`vocals_volume`"));
        assert!(with(r#"{"bypass": "on"}"#).contains("`bypass`"), "presets never bypass");
        let bad = with(r#"{"vocals_level": "abc"}"#);
        assert!(bad.contains("`vocals_level`") && bad.contains("`abc`"));
    }

    #[test]
    fn the_users_folder_saves_lists_imports_and_removes() {
        let (folder, params) = (folder("all"), UnbraidParams::default());
        assert!(folder.names().is_empty());
        save(&folder.file("My mix").unwrap(), &params).unwrap();
        save(&folder.file("another").unwrap(), &params).unwrap();
        assert_eq!(folder.names(), ["another", "My mix"]);
        let elsewhere = folder.path().join("elsewhere");
        save(&elsewhere.join("My mix.json"), &params).unwrap();
        assert_eq!(folder.import(&elsewhere.join("My mix.json"), &params).unwrap(), "My mix 2");
        fs::write(elsewhere.join("broken.json"), "{").unwrap();
        let refused = folder.import(&elsewhere.join("broken.json"), &params).unwrap_err();
        assert!(refused.contains("broken.json"), "{refused}");
        assert_eq!(folder.names(), ["another", "My mix", "My mix 2"]);
        folder.remove("My mix").unwrap();
        folder.remove("My mix").unwrap();
        assert_eq!(folder.names(), ["another", "My mix 2"]);
        assert!(load(&folder.file("My mix").unwrap(), &params).unwrap_err().contains("My mix.json"));
        fs::remove_dir_all(folder.path()).unwrap();
    }

    #[test]
    fn names_that_no_file_can_have_are_refused() {
        let folder = folder("names");
        for name in ["", "  ", "a/b", "..", ".hidden", "a\\b", "what?", &"x".repeat(81)] {
            assert!(folder.file(name).is_err(), "{name:?}");
        }
        assert_eq!(folder.file(" Übung 1 ").unwrap().file_name().unwrap(), "Übung 1.json");
    }
}
