//! Samples as plain numbers in a file, for a second pass over them.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;

/// A file of two channels of numbers. It is gone when this is dropped.
pub struct Spool {
    file: BufWriter<File>,
    path: Gone,
}

/// A file that does not stay.
struct Gone(PathBuf);

impl Drop for Gone {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Samples of each channel that are read at once.
const BLOCK: usize = 8192;

/// Bytes of a sample of both channels.
const FRAME: usize = 8;

impl Spool {
    /// Makes an empty one.
    pub fn create(path: &Path) -> Result<Self> {
        let file = File::options().read(true).write(true).create(true).truncate(true).open(path)?;
        Ok(Self { file: BufWriter::new(file), path: Gone(path.to_owned()) })
    }

    /// Appends samples.
    pub fn write(&mut self, [left, right]: [&[f32]; 2]) -> Result<()> {
        for (left, right) in left.iter().zip(right) {
            self.file.write_all(&left.to_le_bytes())?;
            self.file.write_all(&right.to_le_bytes())?;
        }
        Ok(())
    }

    /// Back to the start, to read.
    pub fn rewind(self) -> Result<SpoolReader> {
        let mut file = self.file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.rewind()?;
        Ok(SpoolReader {
            file: BufReader::new(file),
            _path: self.path,
            bytes: vec![0; BLOCK * FRAME],
            audio: Default::default(),
        })
    }
}

/// The samples of a spool.
pub struct SpoolReader {
    file: BufReader<File>,
    _path: Gone,
    bytes: Vec<u8>,
    audio: [Vec<f32>; 2],
}

impl SpoolReader {
    /// The next samples of both channels.
    pub fn next(&mut self) -> Result<Option<[&mut [f32]; 2]>> {
        let mut filled = 0;
        while filled < self.bytes.len() {
            match self.file.read(&mut self.bytes[filled..])? {
                0 => break,
                count => filled += count,
            }
        }
        self.audio.iter_mut().for_each(Vec::clear);
        for frame in self.bytes[..filled].chunks_exact(FRAME) {
            let (left, right) = frame.split_at(FRAME / 2);
            for (channel, bytes) in self.audio.iter_mut().zip([left, right]) {
                channel.push(f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
            }
        }
        let [left, right] = &mut self.audio;
        Ok((!left.is_empty()).then_some([left.as_mut_slice(), right.as_mut_slice()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_comes_back_and_the_file_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spool");
        let left: Vec<f32> = (0..20_000u16).map(f32::from).collect();
        let right: Vec<f32> = left.iter().map(|sample| -sample).collect();
        let mut spool = Spool::create(&path).unwrap();
        for (left, right) in left.chunks(300).zip(right.chunks(300)) {
            spool.write([left, right]).unwrap();
        }
        let mut reader = spool.rewind().unwrap();
        let mut back = [Vec::new(), Vec::new()];
        while let Some(audio) = reader.next().unwrap() {
            back.iter_mut().zip(audio).for_each(|(back, audio)| back.extend_from_slice(audio));
        }
        assert!(back == [left, right]);
        assert!(path.exists());
        drop(reader);
        assert!(!path.exists());
    }
}
