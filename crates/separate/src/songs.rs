//! Which songs a command line means, and where each one's files go.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::workspace;

/// Endings of files that a folder is searched for; what the decoder reads.
const ENDINGS: [&str; 4] = ["wav", "flac", "mp3", "ogg"];

/// One song to take apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its file.
    pub song: PathBuf,
    /// The folder for what is written.
    pub out: PathBuf,
}

/// One song for each file, and for each folder all songs in it and below, in the order of their names.
///
/// Every song has a folder of its own under `out`: its path inside the named folder without the ending, with the ending
/// where two would share it (`a.wav`, `a.mp3`), numbered where that is not enough.
///
/// # Errors
/// When a folder cannot be read or holds no song. A file is not looked at here: one that is missing or bad is that song's
/// error, and the others are rendered all the same.
pub fn jobs(arguments: &[PathBuf], out: &Path) -> Result<Vec<Job>> {
    let mut songs: Vec<(PathBuf, PathBuf)> = Vec::new();
    for argument in arguments {
        if argument.is_dir() {
            let found = below(argument)?;
            if found.is_empty() {
                bail!("{} holds no {} file", workspace::shown(argument), ENDINGS.join(", "));
            }
            for song in found {
                let inside = song.strip_prefix(argument).unwrap_or(&song).to_owned();
                songs.push((song, inside));
            }
        } else {
            let name = argument.file_name().context("a song must be a file")?;
            songs.push((argument.clone(), PathBuf::from(name)));
        }
    }
    // The same file twice, by itself and in its folder, is one song.
    let mut seen = Vec::new();
    songs.retain(|(song, _)| {
        let real = song.canonicalize().unwrap_or_else(|_| song.clone());
        let new = !seen.contains(&real);
        seen.push(real);
        new
    });

    let mut wanted: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for (_, inside) in &songs {
        *wanted.entry(inside.with_extension("")).or_default() += 1;
    }
    let mut taken = Vec::new();
    let mut jobs = Vec::new();
    for (song, inside) in songs {
        let plain = inside.with_extension("");
        let name = if wanted[&plain] > 1 { inside.clone() } else { plain };
        let mut folder = name.clone();
        for number in 2.. {
            if !taken.contains(&folder) {
                break;
            }
            let numbered = format!("{} ({number})", name.file_name().unwrap_or_default().to_string_lossy());
            folder = name.with_file_name(numbered);
        }
        taken.push(folder.clone());
        jobs.push(Job { song, out: out.join(folder) });
    }
    Ok(jobs)
}

/// All songs in a folder and below, sorted by path. What begins with a dot is left out, as elsewhere.
fn below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot read {}", workspace::shown(folder)))?;
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let path = entry.path();
        // A link to a folder is not followed: it may lead back here.
        if entry.file_type()?.is_dir() {
            found.extend(below(&path)?);
        } else if path.is_file() && is_song(&path) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn is_song(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, b"").unwrap();
    }

    #[test]
    fn every_song_has_a_folder_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for file in ["b.flac", "a.wav", "a.MP3", "sub/a.ogg", "cover.png", ".hidden.wav", "sub/.git/x.wav"] {
            touch(&root.join(file));
        }
        touch(&root.join("elsewhere/b.wav"));
        let songs = [root.join("sub"), root.to_owned(), root.join("elsewhere/b.wav")];
        let jobs = jobs(&songs, Path::new("out")).unwrap();
        let names: Vec<_> = jobs
            .iter()
            .map(|job| (job.song.strip_prefix(root).unwrap().to_str().unwrap(), job.out.to_str().unwrap()))
            .collect();
        assert_eq!(
            names,
            [
                ("sub/a.ogg", "out/a.ogg"),
                ("a.MP3", "out/a.MP3"),
                ("a.wav", "out/a.wav"),
                ("b.flac", "out/b"),
                ("elsewhere/b.wav", "out/elsewhere/b"),
            ]
        );
    }

    #[test]
    fn the_same_name_from_two_places_is_numbered() {
        let songs = [PathBuf::from("one/a.wav"), PathBuf::from("two/a.wav")];
        let jobs = jobs(&songs, Path::new("out")).unwrap();
        let folders: Vec<_> = jobs.iter().map(|job| job.out.to_str().unwrap()).collect();
        assert_eq!(folders, ["out/a.wav", "out/a.wav (2)"]);
    }

    #[test]
    fn a_folder_without_songs_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        touch(&folder.path().join("letter.txt"));
        let error = jobs(&[folder.path().to_owned()], Path::new("out")).unwrap_err().to_string();
        assert!(error.contains("holds no wav, flac, mp3, ogg file"), "{error}");
    }
}
