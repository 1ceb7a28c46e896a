//! Which songs a command line means, and where each one's files go.

mod naming;
mod walk;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};

use crate::paths::shown;
use crate::report::REPORT;

pub use walk::LeftOut;

/// Identity of a file, whatever its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum FileId {
    /// Device and number.
    #[cfg(unix)]
    Inode(u64, u64),
    /// The path without links.
    #[cfg(not(unix))]
    Path(PathBuf),
}

impl FileId {
    /// Of a file that is there.
    fn of(path: &Path) -> Option<Self> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            path.metadata().ok().map(|meta| Self::Inode(meta.dev(), meta.ino()))
        }
        #[cfg(not(unix))]
        {
            path.canonicalize().ok().map(Self::Path)
        }
    }
}

/// One song to take apart.
#[derive(Debug, Clone)]
pub struct Job {
    /// The file to read.
    pub file: PathBuf,
    /// Its name in messages.
    pub name: String,
    /// Its whole path without links; nothing for what was piped in.
    pub path: Option<PathBuf>,
    /// The folder for what is written.
    pub out: PathBuf,
    /// All songs of the run.
    inputs: Arc<HashSet<FileId>>,
}

impl Job {
    /// The file's name without its ending.
    pub fn title(&self) -> String {
        Path::new(&self.name).file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// A path leads to one of the songs.
    pub fn is_input(&self, path: &Path) -> bool {
        FileId::of(path).is_some_and(|file| self.inputs.contains(&file))
    }

    /// Makes sure that no written file replaces a song, this one or another of the run.
    ///
    /// # Errors
    /// One line that names the song that would be lost.
    pub fn check_outputs(&self, names: &[String]) -> Result<()> {
        for name in names.iter().map(String::as_str).chain([REPORT]) {
            let path = self.out.join(name);
            if self.is_input(&path) {
                bail!(
                    "the stems of {} would replace the song {}: choose another --out",
                    self.name,
                    shown(&path)
                );
            }
        }
        Ok(())
    }
}

/// All songs, and what there was beside them.
#[derive(Debug, Default)]
pub struct Found {
    /// The songs, sorted by where their files go.
    pub jobs: Vec<Job>,
    /// Folders that could not be read: what and why.
    pub unreadable: Vec<(String, String)>,
    /// Contents of folders beside songs.
    pub left_out: LeftOut,
}

impl Found {
    /// Adds what was piped in and lies in this file now.
    pub fn piped(&mut self, file: &Path, out: &Path) {
        let name = "standard input".to_owned();
        let out = out.join("stdin");
        let inputs = self.jobs.first().map_or_else(Arc::default, |job| job.inputs.clone());
        self.jobs.push(Job { file: file.to_owned(), name, path: None, out, inputs });
    }
}

/// One song for each file, and for each folder all songs in it and below.
///
/// Every song has a folder of its own under `out`: its path inside the named folder without the ending. Where two would
/// share it, both keep their endings (`a.wav`, `a.mp3`), and where that is not enough, they begin with as many of the folders
/// above as tell them apart. The order of arguments does not matter.
///
/// # Errors
/// When there is no song at all. A folder without songs is told in [`Found::unreadable`]. A file is not looked at here: one that is missing or bad is that song's
/// error, and the others are rendered all the same.
pub fn find(arguments: &[PathBuf], out: &Path) -> Result<Found> {
    let mut walk = walk::Walk::new(out);
    for argument in arguments {
        if argument.is_dir() {
            let before = (walk.songs.len(), walk.unreadable.len());
            walk.folder(argument);
            if before == (walk.songs.len(), walk.unreadable.len()) {
                let reason = format!("holds no songs{}", walk.left_out.in_parentheses());
                walk.unreadable.push((shown(argument), reason));
            }
        } else {
            walk.file(argument).with_context(|| shown(argument))?;
        }
    }
    // Nothing to do at all is no run with failures, but a command line that means nothing.
    if let (true, Some((folder, reason))) = (walk.songs.is_empty(), walk.unreadable.first()) {
        bail!("{folder} {reason}");
    }
    let songs = walk.distinct();
    let inputs: HashSet<FileId> = songs.iter().filter_map(|song| FileId::of(&song.file)).collect();
    let inputs = Arc::new(inputs);
    let folders = naming::folders(&songs);
    let mut jobs: Vec<Job> = songs
        .into_iter()
        .zip(folders)
        .map(|(song, folder)| Job {
            name: shown(&song.file),
            path: song.real,
            out: out.join(folder),
            inputs: inputs.clone(),
            file: song.file,
        })
        .collect();
    jobs.sort_by(|one, other| one.out.cmp(&other.out));
    Ok(Found { jobs, unreadable: walk.unreadable, left_out: walk.left_out })
}

/// One song whose files go straight to `out`.
///
/// # Errors
/// When the path names no file.
pub fn single(song: &Path, out: &Path) -> Result<Job> {
    let mut found = find(&[song.to_owned()], out)?;
    let mut job = found.jobs.pop().context("no song")?;
    job.out = out.to_owned();
    Ok(job)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, b"").unwrap();
    }

    fn folders(root: &Path, arguments: &[&str]) -> Vec<(String, String)> {
        let arguments: Vec<_> = arguments.iter().map(|path| root.join(path)).collect();
        let found = find(&arguments, Path::new("out")).unwrap();
        let name = |job: &Job| job.file.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        found.jobs.iter().map(|job| (name(job), job.out.to_string_lossy().into_owned())).collect()
    }

    fn same(pairs: &[(&str, &str)], found: &[(String, String)]) {
        let found: Vec<_> = found.iter().map(|(song, out)| (song.as_str(), out.as_str())).collect();
        assert_eq!(found, pairs);
    }

    #[test]
    fn every_song_has_a_folder_of_its_own_whatever_the_order_of_arguments() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for file in ["b.flac", "a.wav", "a.MP3", "sub/a.ogg", "cover.png", ".hidden.wav", "sub/.git/x.wav"] {
            touch(&root.join(file));
        }
        touch(&root.join("elsewhere/b.wav"));
        let wanted = [
            ("a.MP3", "out/a.MP3"),
            ("a.wav", "out/a.wav"),
            ("b.flac", "out/b"),
            ("elsewhere/b.wav", "out/elsewhere/b"),
            ("sub/a.ogg", "out/sub/a"),
        ];
        same(&wanted, &folders(&root, &["sub", "", "elsewhere/b.wav"]));
        same(&wanted, &folders(&root, &["elsewhere/b.wav", "", "sub"]));
    }

    #[test]
    fn the_same_name_from_two_places_is_told_apart_by_the_places() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for file in ["x/one/a.wav", "x/two/a.wav", "y/two/A.wav"] {
            touch(&root.join(file));
        }
        let wanted = [
            ("x/one/a.wav", "out/one/a.wav"),
            ("x/two/a.wav", "out/x/two/a.wav"),
            ("y/two/A.wav", "out/y/two/A.wav"),
        ];
        same(&wanted, &folders(&root, &["x/one/a.wav", "x/two/a.wav", "y/two/A.wav"]));
        same(&wanted, &folders(&root, &["y/two/A.wav", "x/two/a.wav", "x/one/a.wav"]));
    }

    #[test]
    fn a_folder_leaves_out_its_own_output_and_counts_what_is_no_song() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for file in [
            "a.wav",
            "cover.jpg",
            "b.wma",
            "clip.mp4",
            "notes.txt",
            "more.JPG",
            "stems/a/vocals.wav",
            "out/a/x.wav",
        ] {
            touch(&root.join(file));
        }
        let report = r#"{"key": {"audio_sha256": "0"}, "song": {}, "files": {}}"#;
        std::fs::write(root.join("stems/a/report.json"), report).unwrap();
        touch(&root.join("theirs/b.wav"));
        std::fs::write(root.join("theirs/report.json"), "{\"of\": \"someone else\"}").unwrap();
        let found = find(std::slice::from_ref(&root), &root.join("out")).unwrap();
        let songs: Vec<_> = found.jobs.iter().map(|job| job.file.strip_prefix(&root).unwrap()).collect();
        assert_eq!(songs, [Path::new("a.wav"), Path::new("theirs/b.wav")]);
        let text = found.left_out.to_string();
        assert_eq!(text, "1 folder of stems, 2 .jpg, 1 .json, 1 .mp4 (video), 1 .txt, 1 .wma (not read)");
    }

    #[test]
    fn no_song_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        touch(&root.join("vocals.wav"));
        let job = single(&root.join("vocals.wav"), &root).unwrap();
        let error = job.check_outputs(&["vocals.wav".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("would replace the song") && error.contains("--out"), "{error}");
        assert!(job.check_outputs(&["drums.wav".to_owned()]).is_ok());
        // Another name of the same file, and another song of the run.
        std::fs::hard_link(root.join("vocals.wav"), root.join("bass.wav")).unwrap();
        assert!(job.check_outputs(&["bass.wav".to_owned()]).is_err());
    }

    #[test]
    fn a_folder_without_songs_is_an_error_that_names_it_and_what_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        touch(&folder.path().join("letter.txt"));
        let error = find(&[folder.path().to_owned()], Path::new("out")).unwrap_err().to_string();
        assert!(error.contains("holds no songs (left out: 1 .txt)"), "{error}");
        touch(&folder.path().join("songs/a.wav"));
        std::fs::create_dir(folder.path().join("empty")).unwrap();
        let both = ["songs", "empty"].map(|name| folder.path().join(name));
        let found = find(&both, Path::new("out")).unwrap();
        assert_eq!((found.jobs.len(), found.unreadable.len()), (1, 1), "the rest is done");
    }
}
