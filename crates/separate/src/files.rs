//! Files that are there whole or not at all.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::paths::shown;
use crate::report::{REPORT, is_ours};

/// Where the files of a song lie until all of them are whole. Begins with a dot, so walks over folders pass it by.
pub const PARTIAL: &str = ".unbraid-partial";

/// The files of one song, on their way into its folder. Dropped without [`Partial::commit`], it leaves nothing behind.
pub struct Partial {
    folder: PathBuf,
    work: PathBuf,
    /// Held as long as this process writes there; the system lets go of it whatever happens to us.
    lock: Option<File>,
    /// Folders that were made for this song, the outermost first.
    made: Vec<PathBuf>,
}

impl Partial {
    /// Makes the song's folder and a place in it, and clears what a run that was killed left there.
    ///
    /// # Errors
    /// When a folder cannot be made, or when another process writes to this one.
    pub fn begin(folder: &Path) -> Result<Self> {
        let work = folder.join(PARTIAL);
        let made = missing(folder);
        let mut partial = Self { folder: folder.to_owned(), work, lock: None, made };
        let making = || format!("cannot make the folder {}", shown(folder));
        std::fs::create_dir_all(&partial.work).with_context(making)?;
        let lock = File::create(partial.work.join("lock")).with_context(making)?;
        match lock.try_lock() {
            Ok(()) => partial.lock = Some(lock),
            Err(TryLockError::WouldBlock) => {
                partial.made.clear();
                bail!(
                    "another process is writing to {}; wait for it, or choose another --out",
                    shown(folder)
                );
            }
            // A file system without locks: nobody else is as likely there as anywhere.
            Err(TryLockError::Error(_)) => partial.lock = Some(lock),
        }
        for entry in std::fs::read_dir(&partial.work).with_context(making)?.flatten() {
            if entry.file_name() != "lock" {
                std::fs::remove_file(entry.path()).with_context(making)?;
            }
        }
        Ok(partial)
    }

    /// Where to write the file that will have this name.
    pub fn path(&self, name: &str) -> PathBuf {
        self.work.join(name)
    }

    /// Size of a file that was written, in bytes.
    ///
    /// # Errors
    /// When it is not there.
    pub fn size(&self, name: &str) -> Result<u64> {
        let path = self.path(name);
        Ok(path.metadata().with_context(|| format!("cannot find {}", shown(&path)))?.len())
    }

    /// Puts the files and the report into the song's folder. Files that an earlier report lists, and nobody has changed
    /// since, are removed, unless `keep` says that one is a song of this run.
    ///
    /// # Errors
    /// When something cannot be moved.
    pub fn commit(self, names: &[String], keep: &dyn Fn(&Path) -> bool) -> Result<()> {
        let replacing = || format!("cannot replace what is in {}", shown(&self.folder));
        let earlier = listed(&self.folder);
        let report = self.folder.join(REPORT);
        // From here on, what lies there is no finished rendering until the new report is there.
        if report.exists() {
            std::fs::remove_file(&report).with_context(replacing)?;
        }
        for (name, bytes) in earlier {
            let path = self.folder.join(&name);
            let ours = path.metadata().is_ok_and(|file| file.is_file() && file.len() == bytes);
            if ours && !names.contains(&name) && !keep(&path) {
                std::fs::remove_file(&path).with_context(replacing)?;
            }
        }
        for name in names.iter().map(String::as_str).chain([REPORT]) {
            std::fs::rename(self.path(name), self.folder.join(name)).with_context(replacing)?;
        }
        Ok(())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // What belongs to another process stays.
        if self.lock.take().is_some() {
            let _ = std::fs::remove_dir_all(&self.work);
        }
        // Folders that hold something are not removed by this.
        for folder in self.made.iter().rev() {
            let _ = std::fs::remove_dir(folder);
        }
    }
}

/// The folders on the way to `folder`, itself included, that are not there.
fn missing(folder: &Path) -> Vec<PathBuf> {
    let mut missing: Vec<PathBuf> = folder
        .ancestors()
        .filter(|ancestor| !ancestor.as_os_str().is_empty())
        .take_while(|ancestor| !ancestor.exists())
        .map(Path::to_owned)
        .collect();
    missing.reverse();
    missing
}

/// Our report in a folder, if there is one.
pub fn report_in(folder: &Path) -> Option<Value> {
    let text = std::fs::read_to_string(folder.join(REPORT)).ok()?;
    serde_json::from_str(&text).ok().filter(is_ours)
}

/// Plain names and sizes of the files that a folder's report lists.
fn listed(folder: &Path) -> Vec<(String, u64)> {
    let Some(report) = report_in(folder) else { return Vec::new() };
    let files = report["files"].as_object().cloned().unwrap_or_default();
    files
        .into_iter()
        .filter_map(|(name, bytes)| Some((name, bytes.as_u64()?)))
        .filter(|(name, _)| Path::new(name).components().count() == 1 && !name.contains(['/', '\\']))
        .collect()
}

/// The disk is full, or takes no more of ours: no song after this one would fare better.
pub fn is_full(error: &anyhow::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| matches!(cause.kind(), StorageFull | QuotaExceeded | FileTooLarge))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn report(files: &str) -> String {
        format!("{{\"key\": {{\"audio_sha256\": \"a\"}}, \"song\": {{}}, \"files\": {files}}}")
    }

    #[test]
    fn what_is_not_committed_leaves_nothing_behind() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a/b");
        let partial = Partial::begin(&folder).unwrap();
        std::fs::write(partial.path("vocals.wav"), "half").unwrap();
        drop(partial);
        assert!(names(root.path()).is_empty());
        std::fs::create_dir(root.path().join("a")).unwrap();
        drop(Partial::begin(&folder).unwrap());
        assert_eq!(names(root.path()), ["a"], "a folder that was there stays");
    }

    #[test]
    fn an_earlier_rendering_goes_by_its_report_and_nothing_else_does() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path();
        std::fs::write(folder.join("letter.txt"), "mine").unwrap();
        std::fs::write(folder.join("mix.mp3"), "changed since").unwrap();
        std::fs::write(folder.join("vocals.mp3"), "old").unwrap();
        std::fs::write(folder.join("bass.wav"), "old").unwrap();
        std::fs::write(folder.join("other.mp3"), "now").unwrap();
        let listed = "{\"vocals.mp3\": 3, \"other.mp3\": 3, \"mix.mp3\": 3, \"bass.wav\": 3, \"../escape\": 3, \"gone.wav\": 1}";
        std::fs::write(folder.join(REPORT), report(listed)).unwrap();
        let escape = folder.parent().unwrap().join("escape");
        let partial = Partial::begin(folder).unwrap();
        std::fs::write(partial.path("bass.wav"), "new").unwrap();
        std::fs::write(partial.path(REPORT), report("{\"bass.wav\": 3}")).unwrap();
        partial.commit(&["bass.wav".to_owned()], &|path| path.ends_with("other.mp3")).unwrap();
        assert_eq!(names(folder), ["bass.wav", "letter.txt", "mix.mp3", "other.mp3", REPORT]);
        assert_eq!(std::fs::read_to_string(folder.join("bass.wav")).unwrap(), "new");
        assert!(!escape.exists());
    }

    #[test]
    fn what_a_killed_run_left_is_cleared_and_a_living_one_is_left_alone() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("song");
        std::fs::create_dir_all(folder.join(PARTIAL)).unwrap();
        std::fs::write(folder.join(PARTIAL).join("vocals.wav"), "half").unwrap();
        let partial = Partial::begin(&folder).unwrap();
        assert_eq!(names(&folder.join(PARTIAL)), ["lock"]);
        let refused = Partial::begin(&folder).map(drop).unwrap_err().to_string();
        assert!(refused.contains("another process"), "{refused}");
        assert!(partial.path("lock").exists());
    }

    #[test]
    fn a_full_disk_is_known_however_deep_it_is_told() {
        let full = anyhow::Error::from(io::Error::from(io::ErrorKind::StorageFull)).context("cannot write");
        assert!(is_full(&full.context("song")));
        assert!(!is_full(&anyhow::Error::from(io::Error::from(io::ErrorKind::NotFound))));
    }
}
