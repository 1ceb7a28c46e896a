//! The folder for recordings, remembered with the project.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// A folder that was chosen, or the user's folder for music.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordingFolder(Option<String>);

impl RecordingFolder {
    /// The folder. A path that is not absolute, as in a damaged project, is none.
    pub fn path(&self) -> PathBuf {
        let chosen = self.0.as_ref().map(PathBuf::from).filter(|path| path.is_absolute());
        let usual = || {
            let music = dirs::audio_dir().or_else(dirs::home_dir);
            music.unwrap_or_else(std::env::temp_dir).join("Unbraid")
        };
        chosen.unwrap_or_else(usual)
    }

    /// Chooses `folder`. Returns whether it can be remembered: its name has to be text.
    pub fn choose(&mut self, folder: &Path) -> bool {
        let text = folder.to_str().map(str::to_owned);
        let known = text.is_some();
        if known {
            self.0 = text;
        }
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_survives_the_project_and_a_damaged_one_is_the_usual() {
        let mut folder = RecordingFolder::default();
        let usual = folder.path();
        assert!(usual.is_absolute() && usual.ends_with("Unbraid"), "{}", usual.display());
        let chosen = std::env::temp_dir().join("takes");
        assert!(folder.choose(&chosen));
        let text = serde_json::to_string(&folder).unwrap();
        assert_eq!(serde_json::from_str::<RecordingFolder>(&text).unwrap().path(), chosen);
        assert_eq!(serde_json::from_str::<RecordingFolder>("\"takes\"").unwrap().path(), usual);
        assert_eq!(serde_json::from_str::<RecordingFolder>("null").unwrap(), RecordingFolder::default());
    }
}
