//! The folder of the user's presets.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::error::PresetError;
use super::file::{EXTENSION, label, load};
use crate::params::UnbraidParams;

/// Longest name of a preset in characters.
const LONGEST_NAME: usize = 80;

/// The folder of the user's presets.
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

    /// The file of the preset called `name`, which may not exist.
    ///
    /// # Errors
    /// [`PresetError::Name`] if no file can be called that on every platform.
    pub fn file(&self, name: &str) -> Result<PathBuf, PresetError> {
        let name = name.trim();
        let forbidden = |c: char| c.is_control() || "/\\:*?\"<>|".contains(c);
        let refused = |what: String| Err(PresetError::Name(what));
        if name.is_empty() {
            refused("cannot be empty".into())
        } else if name.chars().count() > LONGEST_NAME {
            refused(format!("has at most {LONGEST_NAME} characters"))
        } else if let Some(c) = name.chars().find(|&c| forbidden(c)) {
            refused(format!("cannot contain {c:?}"))
        } else if name.starts_with('.') || name.ends_with('.') {
            refused("cannot begin or end with a dot".into())
        } else {
            Ok(self.path.join(format!("{name}.{EXTENSION}")))
        }
    }

    /// Copies the preset file at `from` into the folder, under a name that is free, and gives the name back.
    ///
    /// # Errors
    /// [`PresetError`] if it is no preset or cannot be copied.
    pub fn import(&self, from: &Path, params: &UnbraidParams) -> Result<String, PresetError> {
        load(from, params)?;
        let stem = from.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let candidates = std::iter::once(stem.clone()).chain((2..1000).map(|n| format!("{stem} {n}")));
        for name in candidates {
            let to = self.file(&name)?;
            if !to.exists() {
                fs::create_dir_all(&self.path).and_then(|()| fs::copy(from, &to)).map_err(|reason| {
                    PresetError::File { preset: label(from), action: "imported", reason }
                })?;
                return Ok(name);
            }
        }
        Err(PresetError::Taken(stem))
    }

    /// Removes the preset called `name`; one that is not there is no error.
    ///
    /// # Errors
    /// [`PresetError`] if the file stays.
    pub fn remove(&self, name: &str) -> Result<(), PresetError> {
        match fs::remove_file(self.file(name)?) {
            Err(reason) if reason.kind() != ErrorKind::NotFound => {
                Err(PresetError::File { preset: name.to_owned(), action: "removed", reason })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::file::save;

    fn folder(test: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("unbraid-presets-{}-{test}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Folder::new(path)
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
        let refused = folder.import(&elsewhere.join("broken.json"), &params).unwrap_err().to_string();
        assert!(refused.contains("broken.json"), "{refused}");
        assert_eq!(folder.names(), ["another", "My mix", "My mix 2"]);
        folder.remove("My mix").unwrap();
        folder.remove("My mix").unwrap();
        assert_eq!(folder.names(), ["another", "My mix 2"]);
        let missing = load(&folder.file("My mix").unwrap(), &params).unwrap_err().to_string();
        assert!(missing.contains("My mix.json"), "{missing}");
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
