//! A folder for every song.

use std::collections::HashMap;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::walk::Song;

/// How a song's folder is named.
struct Name {
    /// All parts of the song's path that may be used, the last one first.
    parts: Vec<String>,
    /// How many of them are.
    depth: usize,
    /// With the file's ending.
    ending: bool,
    /// A number that no other path has, at last.
    number: Option<String>,
}

impl Name {
    fn of(song: &Song) -> Self {
        let path = song.real.as_ref().unwrap_or(&song.file);
        let normal = path.components().filter_map(|part| match part {
            std::path::Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            _ => None,
        });
        let mut parts: Vec<String> = normal.collect();
        parts.reverse();
        // Below a folder, the file is called as the folder calls it, whatever a link leads to.
        let inside: Vec<_> = song.file.components().rev().take(song.depth).collect();
        for (part, own) in parts.iter_mut().zip(&inside) {
            *part = own.as_os_str().to_string_lossy().into_owned();
        }
        Self { parts, depth: song.depth, ending: false, number: None }
    }

    fn folder(&self) -> PathBuf {
        let mut folder: PathBuf = self.parts[..self.depth.min(self.parts.len())].iter().rev().collect();
        if !self.ending {
            folder.set_extension("");
        }
        if let Some(number) = &self.number {
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            folder.set_file_name(format!("{name} ({number})"));
        }
        folder
    }

    /// Makes the name longer.
    fn lengthen(&mut self) {
        if !self.ending {
            self.ending = true;
        } else if self.depth < self.parts.len() {
            self.depth += 1;
        } else {
            let hash = Sha256::digest(self.parts.join("/").as_bytes());
            self.number = Some(hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect());
        }
    }
}

/// The folder of each song under the output. No two are the same, in capitals or not, since file systems differ in that.
pub fn folders(songs: &[Song]) -> Vec<PathBuf> {
    let mut names: Vec<Name> = songs.iter().map(Name::of).collect();
    loop {
        let mut holders: HashMap<String, Vec<usize>> = HashMap::new();
        for (song, name) in names.iter().enumerate() {
            holders.entry(name.folder().to_string_lossy().to_lowercase()).or_default().push(song);
        }
        let shared: Vec<usize> = holders.into_values().filter(|songs| songs.len() > 1).flatten().collect();
        let settled = shared.iter().all(|&song| names[song].number.is_some());
        if settled {
            return names.iter().map(Name::folder).collect();
        }
        for song in shared {
            names[song].lengthen();
        }
    }
}
