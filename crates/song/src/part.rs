//! A file with another header.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::ops::Range;

use symphonia::core::io::MediaSource;

use crate::cast;

/// A header of our own and then a part of a file.
pub struct Part {
    head: Cursor<Vec<u8>>,
    file: File,
    start: u64,
    length: u64,
    at: u64,
}

impl Part {
    /// These bytes, and then those of a part of `file`.
    pub fn new(head: Vec<u8>, file: File, bytes: Range<u64>) -> Self {
        let length = bytes.end - bytes.start;
        Self { head: Cursor::new(head), file, start: bytes.start, length, at: 0 }
    }

    fn head_length(&self) -> u64 {
        self.head.get_ref().len() as u64
    }
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let head = self.head_length();
        let count = if self.at < head {
            self.head.set_position(self.at);
            self.head.read(buffer)?
        } else {
            let at = self.at - head;
            let left = cast::size(self.length.saturating_sub(at));
            let room = buffer.len().min(left);
            self.file.seek(SeekFrom::Start(self.start + at))?;
            self.file.read(&mut buffer[..room])?
        };
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Part {
    fn seek(&mut self, place: SeekFrom) -> io::Result<u64> {
        let (base, offset) = match place {
            SeekFrom::Start(at) => (at, 0),
            SeekFrom::Current(offset) => (self.at, offset),
            SeekFrom::End(offset) => (self.head_length() + self.length, offset),
        };
        self.at = base.checked_add_signed(offset).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

impl MediaSource for Part {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.head_length() + self.length)
    }
}
