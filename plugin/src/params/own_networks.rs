//! The user's own network files, remembered with the project.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{PoisonError, RwLock};

use nice_plug::params::persist::PersistentField;
use serde::{Deserialize, Serialize};

use crate::mode::Mode;
use crate::networks::HAS_LIVE;

/// The file for each mode's network; `None` is the built-in one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Files {
    /// The file for mode Studio.
    pub studio: Option<PathBuf>,
    /// The file for mode Live.
    pub live: Option<PathBuf>,
}

impl Files {
    /// The file for `mode`.
    pub fn get(&self, mode: Mode) -> Option<&PathBuf> {
        match mode {
            Mode::Studio => self.studio.as_ref(),
            Mode::Live => self.live.as_ref(),
        }
    }
}

/// One instance's [`Files`], with a generation by which the audio thread notices a change.
#[derive(Default)]
pub struct OwnNetworks {
    files: RwLock<Files>,
    generation: AtomicU32,
    has_live: AtomicBool,
}

impl OwnNetworks {
    /// The file for `mode`, if it is not the built-in network. Not for the audio thread.
    pub fn file(&self, mode: Mode) -> Option<PathBuf> {
        self.files.read().unwrap_or_else(PoisonError::into_inner).get(mode).cloned()
    }

    /// Takes `file` for `mode` from the next activation on; `None` goes back to the built-in network.
    pub fn choose(&self, mode: Mode, file: Option<PathBuf>) {
        let mut files = self.files.read().unwrap_or_else(PoisonError::into_inner).clone();
        match mode {
            Mode::Studio => files.studio = file,
            Mode::Live => files.live = file,
        }
        self.set(files);
    }

    /// Changes whenever the files do. The audio thread may call it.
    pub fn generation(&self) -> u32 {
        self.generation.load(Ordering::Relaxed)
    }

    /// The mode that runs when `mode` is chosen: Studio where there is no Live network. The audio thread may call it.
    pub fn available(&self, mode: Mode) -> Mode {
        let live = HAS_LIVE || self.has_live.load(Ordering::Relaxed);
        if live { mode } else { Mode::Studio }
    }
}

impl PersistentField<'_, Files> for OwnNetworks {
    fn set(&self, files: Files) {
        let mut current = self.files.write().unwrap_or_else(PoisonError::into_inner);
        if *current != files {
            self.has_live.store(files.live.is_some(), Ordering::Relaxed);
            *current = files;
            self.generation.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&Files) -> R,
    {
        f(&self.files.read().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generation_changes_with_the_files_and_only_then() {
        let own = OwnNetworks::default();
        let start = own.generation();
        own.choose(Mode::Studio, None);
        assert_eq!(own.generation(), start, "nothing changed");
        own.choose(Mode::Studio, Some("a.onnx".into()));
        assert_eq!(own.generation(), start + 1);
        assert_eq!(own.file(Mode::Studio), Some("a.onnx".into()));
        assert_eq!(own.file(Mode::Live), None);
    }

    #[test]
    fn files_survive_the_project_and_unknown_keys() {
        let files = Files { studio: Some("/x/a.onnx".into()), live: None };
        let text = serde_json::to_string(&files).unwrap();
        assert_eq!(serde_json::from_str::<Files>(&text).unwrap(), files);
        assert_eq!(serde_json::from_str::<Files>(r#"{"later": 1}"#).unwrap(), Files::default());
    }

    #[test]
    fn live_is_available_with_a_network_for_it() {
        let own = OwnNetworks::default();
        assert_eq!(own.available(Mode::Live) == Mode::Live, HAS_LIVE);
        own.choose(Mode::Live, Some("live.onnx".into()));
        assert_eq!(own.available(Mode::Live), Mode::Live);
    }
}
