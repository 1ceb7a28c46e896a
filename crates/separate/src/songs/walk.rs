//! Looking for songs in folders.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use unbraid_song::{Kind, is_audio_name};

use crate::files::{PARTIAL, report_in};
use crate::paths::shown;

/// A song that was found.
#[derive(Debug)]
pub struct Song {
    /// Its file.
    pub file: PathBuf,
    /// Its whole path without links, if it has one.
    pub real: Option<PathBuf>,
    /// How many of the path's last parts name it: one for a file, more for one below a folder.
    pub depth: usize,
}

/// Contents of folders beside songs.
#[derive(Debug, Default)]
pub struct LeftOut {
    /// Folders that hold a report of ours, or what a killed run left.
    stems: usize,
    /// Files by their ending.
    kinds: BTreeMap<String, usize>,
}

impl LeftOut {
    /// There was nothing.
    pub fn is_empty(&self) -> bool {
        self.stems == 0 && self.kinds.is_empty()
    }

    /// For the end of a sentence.
    pub fn in_parentheses(&self) -> String {
        if self.is_empty() { String::new() } else { format!(" (left out: {self})") }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stems = match self.stems {
            0 => None,
            1 => Some("1 folder of stems".to_owned()),
            count => Some(format!("{count} folders of stems")),
        };
        let kinds = self.kinds.iter().map(|(kind, count)| format!("{count} {kind}"));
        let parts: Vec<String> = stems.into_iter().chain(kinds).collect();
        f.write_str(&parts.join(", "))
    }
}

/// A walk over what was named.
pub struct Walk {
    /// Where this run writes to.
    out: Option<PathBuf>,
    pub songs: Vec<Song>,
    pub unreadable: Vec<(String, String)>,
    pub left_out: LeftOut,
}

impl Walk {
    /// Leaves out what is written to `out`.
    pub fn new(out: &Path) -> Self {
        Self {
            out: out.canonicalize().ok(),
            songs: Vec::new(),
            unreadable: Vec::new(),
            left_out: LeftOut::default(),
        }
    }

    /// A file that was named.
    pub fn file(&mut self, file: &Path) -> Result<()> {
        file.file_name().context("a song must be a file")?;
        self.add(file.to_owned(), 1);
        Ok(())
    }

    fn add(&mut self, file: PathBuf, depth: usize) {
        let real = file.canonicalize().ok();
        self.songs.push(Song { file, real, depth });
    }

    /// A folder that was named.
    pub fn folder(&mut self, folder: &Path) {
        self.below(folder, 1);
    }

    fn below(&mut self, folder: &Path, depth: usize) {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.unreadable.push((shown(folder), error.to_string())),
        };
        if report_in(folder).is_some() || folder.join(PARTIAL).exists() {
            self.left_out.stems += 1;
            return;
        }
        let mut paths: Vec<PathBuf> = Vec::new();
        for entry in entries {
            match entry {
                // What begins with a dot is left out, as elsewhere.
                Ok(entry) if entry.file_name().to_string_lossy().starts_with('.') => {}
                Ok(entry) => paths.push(entry.path()),
                Err(error) => self.unreadable.push((shown(folder), error.to_string())),
            }
        }
        paths.sort();
        for path in paths {
            self.entry(path, depth);
        }
    }

    fn entry(&mut self, path: PathBuf, depth: usize) {
        // A link to a folder is not followed: it may lead back here.
        if path.is_dir() {
            let is_out = || self.out.is_some() && path.canonicalize().ok() == self.out;
            if !path.is_symlink() && !is_out() {
                self.below(&path, depth + 1);
            }
            return;
        }
        match is_audio_name(&path) {
            Kind::Audio => self.add(path, depth),
            Kind::OtherAudio => self.count(&path, " (not read)"),
            Kind::Video => self.count(&path, " (video)"),
            Kind::Other => self.count(&path, ""),
        }
    }

    fn count(&mut self, path: &Path, remark: &str) {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        let kind = ending.map_or_else(|| "without ending".to_owned(), |ending| format!(".{ending}{remark}"));
        *self.left_out.kinds.entry(kind).or_default() += 1;
    }

    /// The songs without repetition, in an order of their own: the same file twice, by itself and in its folder, is one
    /// song, named as the folder names it.
    pub fn distinct(&mut self) -> Vec<Song> {
        let mut songs = std::mem::take(&mut self.songs);
        songs.sort_by(|one, other| {
            let place = |song: &Song| song.real.clone().unwrap_or_else(|| song.file.clone());
            place(one).cmp(&place(other)).then(other.depth.cmp(&one.depth))
        });
        songs.dedup_by(|later, first| later.real.is_some() && later.real == first.real);
        songs
    }
}
