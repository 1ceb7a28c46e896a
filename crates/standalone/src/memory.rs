//! What is remembered of each song: its mix and how it is practised. The file is found by the song's content, so that a song
//! that was renamed or moved is known again.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use unbraid_plugin::player::Practice;

use crate::desk::Mix;
use crate::files;

/// What a song's file says about itself.
const FORMAT: &str = "unbraid-song/1";

/// What is remembered of a song.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Remembered {
    format: String,
    /// Title of the song, for people who look into the file.
    title: String,
    /// Levels, mutes and solos.
    pub mix: Mix,
    /// The loop is on.
    pub looping: bool,
    /// Passage, tempo, transposition, count-in.
    pub practice: Practice,
}

impl Remembered {
    /// The song called `title`, as it is now.
    pub fn new(title: String, mix: Mix, looping: bool, practice: Practice) -> Self {
        Self { format: FORMAT.into(), title, mix, looping, practice }
    }
}

/// The files of all songs, and which of them is open. Not for the audio thread.
pub struct Memory {
    folder: Option<PathBuf>,
    open: Mutex<Option<Open>>,
}

struct Open {
    file: PathBuf,
    /// As the file has it, or as the song was opened.
    kept: Remembered,
    /// What the file has is what is heard.
    settled: bool,
}

impl Memory {
    /// Files in `folder`; without one nothing is remembered.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, open: Mutex::default() }
    }

    fn open(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The song at `path` is opened, and is `fresh` if nothing is remembered of it. Returns what is. From here on nothing
    /// is kept until [`Memory::settle`].
    ///
    /// # Errors
    /// One line for people if what is remembered cannot be read.
    pub fn recall(&self, path: &Path, fresh: Remembered) -> Result<Option<Remembered>, String> {
        let mut open = self.open();
        *open = None;
        let Some(folder) = &self.folder else { return Ok(None) };
        // A song that could be decoded can be read.
        let Ok(name) = content(path) else { return Ok(None) };
        let file = folder.join(name).with_extension("json");
        let result = files::read::<Remembered>(&file);
        let found = result.as_ref().ok().cloned().flatten();
        *open = Some(Open { file, kept: found.clone().unwrap_or(fresh), settled: false });
        result.map(|_| found.map(|found| Remembered { practice: found.practice.in_range(), ..found }))
    }

    /// What was recalled is in effect.
    pub fn settle(&self) {
        if let Some(open) = &mut *self.open() {
            open.settled = true;
        }
    }

    /// What was recalled is in effect.
    #[cfg(test)]
    pub fn is_settled(&self) -> bool {
        self.open().as_ref().is_some_and(|open| open.settled)
    }

    /// Writes what `now` says of the open song, if that has changed.
    ///
    /// # Errors
    /// One line for people, once a change.
    pub fn keep(&self, now: impl FnOnce() -> Remembered) -> Result<(), String> {
        let mut open = self.open();
        let Some(open) = open.as_mut().filter(|open| open.settled) else { return Ok(()) };
        let now = now();
        if now == open.kept {
            return Ok(());
        }
        let result = files::write(&open.file, &now);
        open.kept = now;
        result
    }
}

/// Name of the file at `path` by its content.
fn content(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    io::copy(&mut File::open(path)?, &mut hash)?;
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn song(tempo: u8) -> Remembered {
        Remembered::new("Song".into(), Mix::default(), true, Practice { tempo, ..Practice::default() })
    }

    #[test]
    fn a_song_is_known_again_by_its_content_and_only_changes_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::new(Some(folder.path().join("songs")));
        let path = |name: &str, content: &str| {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            path
        };
        let (first, second) = (path("a.wav", "one"), path("b.wav", "two"));
        assert_eq!(memory.recall(&first, song(100)), Ok(None));
        memory.keep(|| panic!("it has not settled")).unwrap();
        memory.settle();
        memory.keep(|| song(100)).unwrap();
        assert!(!folder.path().join("songs").exists(), "nothing has changed");
        memory.keep(|| song(75)).unwrap();
        assert_eq!(memory.recall(&second, song(100)), Ok(None));
        memory.settle();
        memory.keep(|| song(120)).unwrap();
        let moved = folder.path().join("moved.wav");
        fs::rename(first, &moved).unwrap();
        assert_eq!(memory.recall(&moved, song(100)), Ok(Some(song(75))));
        assert_eq!(memory.recall(&second, song(100)), Ok(Some(song(120))));
    }

    #[test]
    fn a_damaged_memory_is_reported_and_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::new(Some(folder.path().join("songs")));
        let path = folder.path().join("a.wav");
        fs::write(&path, "one").unwrap();
        memory.recall(&path, song(100)).unwrap();
        memory.settle();
        memory.keep(|| song(75)).unwrap();
        let file = fs::read_dir(folder.path().join("songs")).unwrap().next().unwrap().unwrap().path();
        fs::write(&file, "{}").unwrap();
        let error = memory.recall(&path, song(100)).unwrap_err();
        assert!(error.contains("set aside"), "{error}");
        memory.settle();
        memory.keep(|| song(80)).unwrap();
        assert_eq!(memory.recall(&path, song(100)), Ok(Some(song(80))));
    }

    #[test]
    fn what_is_out_of_range_in_a_file_is_brought_into_it() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::new(Some(folder.path().to_owned()));
        let path = folder.path().join("a.wav");
        fs::write(&path, "one").unwrap();
        memory.recall(&path, song(100)).unwrap();
        memory.settle();
        memory.keep(|| song(255)).unwrap();
        assert_eq!(memory.recall(&path, song(100)).unwrap().unwrap().practice.tempo, 150);
    }
}
