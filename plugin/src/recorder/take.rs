//! The four files of one take.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use unbraid_engine::{CHANNELS, STEMS};
use unbraid_wave::{Head, Samples, Stamp, WaveWriter};

use super::session::WIDTH;

/// The stems' names in file names.
const NAMES: [&str; STEMS] = ["vocals", "drums", "bass", "other"];

/// Most takes of one name in one folder.
const MOST: u32 = 9_999;

/// Longest name that is kept, in characters, so that a file system takes it with what is added.
const LONGEST_NAME: usize = 80;

/// Frames between two moments at which the files are whole.
const SETTLED: u64 = 1 << 16;

/// Bytes of one frame of one stem.
const FRAME: usize = CHANNELS * size_of::<f32>();

/// Why a take ended early. One line for people.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// A file cannot be made.
    #[error("{path} cannot be made ({reason}): choose another folder for recordings", path = .0.display(), reason = told(.1))]
    Begin(PathBuf, io::Error),
    /// A file takes no more.
    #[error("recording stopped, {path} takes no more ({reason}); what was recorded before is kept", path = .0.display(), reason = told(.1))]
    Write(PathBuf, io::Error),
    /// All numbers are taken.
    #[error("{folder} has {MOST} takes of this name: choose another folder for recordings", folder = .0.display())]
    Full(PathBuf),
}

/// An error of the system in few words.
fn told(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "the disk is full".into(),
        ErrorKind::FileTooLarge => "no larger files are allowed there".into(),
        _ => error.to_string(),
    }
}

/// Where a take is recorded, and of what.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The folder, which is there.
    pub folder: &'a Path,
    /// First part of the files' names.
    pub name: &'a str,
    /// Sample rate in Hz.
    pub rate: u32,
    /// Place of the first sample in samples since the song's start, if it is known.
    pub start: Option<u64>,
}

/// Four files that are being written: 32-bit float WAV, whole at every [`SETTLED`] frames.
pub struct Take {
    files: [(PathBuf, WaveWriter<File>); STEMS],
    /// Bytes of each stem, on their way.
    bytes: [Vec<u8>; STEMS],
    frames: u64,
    settled: u64,
}

/// `text` as a part of a file's name on every system; `Unbraid` if nothing of it is left.
pub fn file_name(text: &str) -> String {
    let clean = |letter: char| match letter {
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
        control if control.is_control() => '_',
        other => other,
    };
    let name: String = text.chars().map(clean).take(LONGEST_NAME).collect();
    let name = name.trim_matches(|letter: char| letter == '.' || letter.is_whitespace());
    if name.is_empty() { "Unbraid".into() } else { name.into() }
}

/// The number of a take of this `name` and its new files; of the first number that has none.
fn new_files(folder: &Path, name: &str) -> Result<[(PathBuf, File); STEMS], TakeError> {
    for number in 1..=MOST {
        let paths = NAMES.map(|stem| folder.join(format!("{name} {number:03} {stem}.wav")));
        if paths.iter().any(|path| path.symlink_metadata().is_ok()) {
            continue;
        }
        let mut made = Vec::new();
        for path in &paths {
            match OpenOptions::new().write(true).create_new(true).open(path) {
                Ok(file) => made.push((path.clone(), file)),
                Err(error) => {
                    for (path, _) in &made {
                        // Empty, and ours.
                        let _ = std::fs::remove_file(path);
                    }
                    if error.kind() == ErrorKind::AlreadyExists {
                        // Another recorder was faster.
                        break;
                    }
                    return Err(TakeError::Begin(path.clone(), error));
                }
            }
        }
        if let Ok(files) = <[_; STEMS]>::try_from(made) {
            return Ok(files);
        }
    }
    Err(TakeError::Full(folder.to_owned()))
}

impl Take {
    /// Makes the files, under names that none has.
    ///
    /// # Errors
    /// [`TakeError`] if that is not possible.
    pub fn begin(place: &Place<'_>) -> Result<Self, TakeError> {
        let name = file_name(place.name);
        let mut started = Vec::new();
        for ((path, file), stem) in new_files(place.folder, &name)?.into_iter().zip(NAMES) {
            let stamp = Stamp {
                description: &format!("{stem} of {name}"),
                originator: concat!("Unbraid ", env!("CARGO_PKG_VERSION")),
                made: SystemTime::now().into(),
                reference: place.start.unwrap_or(0),
            };
            let (samples, chunks) = (Samples::Float, stamp.chunk());
            let head = Head { samples, rate: place.rate, expected: None, chunks: &chunks };
            match WaveWriter::begin(file, &head).and_then(|mut wave| wave.settle().map(|()| wave)) {
                Ok(wave) => started.push((path, wave)),
                Err(error) => return Err(TakeError::Begin(path, error)),
            }
        }
        let files = <[_; STEMS]>::try_from(started).map_err(|_| TakeError::Full(place.folder.to_owned()))?;
        Ok(Self { files, bytes: Default::default(), frames: 0, settled: 0 })
    }

    /// Frames so far.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// The files.
    pub fn paths(&self) -> [PathBuf; STEMS] {
        self.files.each_ref().map(|(path, _)| path.clone())
    }

    /// Appends whole frames of all stems, as they lie in the ring.
    ///
    /// # Errors
    /// [`TakeError::Write`] if a file takes no more; then all files end with the last frame that each of them has.
    pub fn write(&mut self, interleaved: &[f32]) -> Result<(), TakeError> {
        for bytes in &mut self.bytes {
            bytes.clear();
        }
        for frame in interleaved.chunks_exact(WIDTH) {
            for (bytes, samples) in self.bytes.iter_mut().zip(frame.chunks_exact(CHANNELS)) {
                samples.iter().for_each(|sample| bytes.extend(sample.to_le_bytes()));
            }
        }
        self.append(interleaved.len() / WIDTH)
    }

    /// Appends `frames` frames of silence.
    ///
    /// # Errors
    /// As [`Take::write`].
    pub fn write_silence(&mut self, frames: u64) -> Result<(), TakeError> {
        const PIECE: usize = 1 << 14;
        let mut left = frames;
        while left > 0 {
            let piece = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            for bytes in &mut self.bytes {
                bytes.clear();
                bytes.resize(piece * FRAME, 0);
            }
            self.append(piece)?;
            left -= piece as u64;
        }
        Ok(())
    }

    fn append(&mut self, frames: usize) -> Result<(), TakeError> {
        let due = self.frames + frames as u64 >= self.settled + SETTLED;
        let mut failed = None;
        for ((path, wave), bytes) in self.files.iter_mut().zip(&self.bytes) {
            let written = wave.write(bytes).and_then(|()| if due { wave.settle() } else { Ok(()) });
            if let Err(error) = written {
                failed = Some(TakeError::Write(path.clone(), error));
                break;
            }
        }
        if let Some(error) = failed {
            for (_, wave) in &mut self.files {
                // What was settled before stays readable if even this fails.
                let _ = wave.cut(self.frames);
            }
            return Err(error);
        }
        self.frames += frames as u64;
        if due {
            self.settled = self.frames;
        }
        Ok(())
    }

    /// Completes the files.
    ///
    /// # Errors
    /// [`TakeError::Write`] if a file could not be completed.
    pub fn finish(self) -> Result<(), TakeError> {
        for (path, wave) in self.files {
            wave.finish().map_err(|error| TakeError::Write(path, error))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(folder: &Path) -> Place<'_> {
        Place { folder, name: "A/B", rate: 48_000, start: Some(96_000) }
    }

    #[test]
    fn names_are_those_of_files_everywhere() {
        assert_eq!(file_name("AC/DC: \"Who?\""), "AC_DC_ _Who__");
        assert_eq!(file_name(" ..\u{7}. "), "_");
        assert_eq!(file_name(" ... "), "Unbraid");
        assert_eq!(file_name(&"ö".repeat(300)).chars().count(), LONGEST_NAME);
    }

    #[test]
    fn nothing_is_written_over_and_numbers_go_on() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("A_B 001 bass.wav"), "mine").unwrap();
        std::fs::write(folder.path().join("A_B 002 other.wav"), "mine").unwrap();
        let take = Take::begin(&place(folder.path())).unwrap();
        assert_eq!(take.paths()[1], folder.path().join("A_B 003 drums.wav"));
        let next = Take::begin(&place(folder.path())).unwrap();
        assert_eq!(next.paths()[0], folder.path().join("A_B 004 vocals.wav"));
        let names = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(names, 2 + 8, "nothing else is left");
    }

    #[test]
    fn files_have_the_frames_their_silence_and_their_place() {
        let folder = tempfile::tempdir().unwrap();
        let mut take = Take::begin(&place(folder.path())).unwrap();
        take.write(&[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, -1.0, -2.0, -3.0, -4.0, -5.0, -6.0, -7.0, -8.0])
            .unwrap();
        take.write_silence(20_000).unwrap();
        let paths = take.paths();
        take.finish().unwrap();
        let samples: Vec<f32> =
            hound::WavReader::open(&paths[2]).unwrap().samples().map(Result::unwrap).collect();
        assert_eq!(samples[..6], [0.5, 0.6, -5.0, -6.0, 0.0, 0.0]);
        assert_eq!(samples.len(), 2 * 20_002);
        let bytes = std::fs::read(&paths[2]).unwrap();
        let bext = bytes.windows(4).position(|name| name == b"bext").unwrap();
        assert_eq!(bytes[bext + 346..bext + 354], 96_000u64.to_le_bytes());
    }

    #[test]
    fn a_folder_that_takes_no_file_is_named_with_the_remedy() {
        let error = Take::begin(&place(Path::new("/nowhere/at all"))).err().unwrap().to_string();
        assert!(error.contains("/nowhere/at all") && error.contains("choose another folder"), "{error}");
    }
}
