//! A file's bytes, a page at a time.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use crate::cast;

/// Bytes a page.
const PAGE: usize = 1 << 16;

/// A part of a file, of which one page is in memory.
pub struct Pages {
    file: File,
    /// The part of the file that is looked at.
    bytes: Range<u64>,
    page: Vec<u8>,
    /// Where the page begins.
    start: u64,
}

impl Pages {
    pub fn new(file: File, bytes: Range<u64>) -> Self {
        Self { file, start: bytes.start, bytes, page: Vec::new() }
    }

    /// Byte behind the last.
    pub fn end(&self) -> u64 {
        self.bytes.end
    }

    /// `count` bytes from `at` on, fewer at the end.
    pub fn get(&mut self, at: u64, count: usize) -> io::Result<&[u8]> {
        let left = usize::try_from(self.bytes.end.saturating_sub(at)).unwrap_or(usize::MAX);
        let count = count.min(left);
        let held = self.start..self.start + self.page.len() as u64;
        if count > 0 && !(held.contains(&at) && at + count as u64 <= held.end) {
            self.page.resize(PAGE.max(count).min(left), 0);
            self.file.seek(SeekFrom::Start(at))?;
            self.file.read_exact(&mut self.page)?;
            self.start = at;
        }
        let offset = if count == 0 { 0 } else { cast::size(at - self.start) };
        Ok(&self.page[offset..offset + count])
    }

    /// Some bytes from `at` on: all of the page at hand, if they are in it. Fewer than four only at the end.
    fn some(&mut self, at: u64) -> io::Result<&[u8]> {
        let held = (self.start + self.page.len() as u64).saturating_sub(at);
        let inside = at >= self.start && held >= 4;
        self.get(at, if inside { cast::size(held) } else { PAGE })
    }

    /// The first place from `at` on and before `limit` where a frame's first eleven bits stand.
    pub fn find_sync(&mut self, mut at: u64, limit: u64) -> io::Result<Option<u64>> {
        while at < limit {
            let bytes = self.some(at)?;
            if bytes.len() < 4 {
                return Ok(None);
            }
            let found = bytes.windows(2).position(|pair| pair[0] == 0xff && pair[1] & 0xe0 == 0xe0);
            match found {
                Some(offset) => {
                    let place = at + offset as u64;
                    return Ok((place < limit).then_some(place));
                }
                None => at += bytes.len() as u64 - 1,
            }
        }
        Ok(None)
    }

    /// Nothing but tags and zeros follows from `at` on.
    pub fn is_end(&mut self, at: u64) -> io::Result<bool> {
        let behind = self.behind_tags(at)?;
        Ok(behind != at || behind >= self.end())
    }

    /// The first byte from `at` on that is no tag.
    pub fn behind_tags(&mut self, mut at: u64) -> io::Result<u64> {
        loop {
            let length = tag_length(self.get(at, 32)?);
            if length == 0 {
                return Ok(at.min(self.end()));
            }
            at += length;
        }
    }
}

/// Length of the tag that begins with these bytes, or 0.
fn tag_length(bytes: &[u8]) -> u64 {
    match bytes {
        [b'I', b'D', b'3', version, _, flags, a, b, c, d, ..]
            if *version < 0xff && [a, b, c, d].iter().all(|x| **x < 0x80) =>
        {
            let size = [a, b, c, d].iter().fold(0, |size, &&byte| size << 7 | u64::from(byte));
            size + if flags & 0x10 != 0 { 20 } else { 10 }
        }
        [b'T', b'A', b'G', ..] => 128,
        [b'A', b'P', b'E', b'T', b'A', b'G', b'E', b'X', rest @ ..] if rest.len() >= 16 => {
            let number = |at: usize| u32::from_le_bytes([rest[at], rest[at + 1], rest[at + 2], rest[at + 3]]);
            // Of a header, the size is that of what follows; a footer stands alone.
            let is_header = number(12) & 1 << 29 != 0;
            32 + if is_header { u64::from(number(4)) } else { 0 }
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lengths_of_tags_are_known() {
        assert_eq!(tag_length(b"ID3\x03\x00\x00\x00\x00\x02\x01 and on"), 10 + 257);
        assert_eq!(tag_length(b"ID3\x04\x00\x10\x00\x00\x00\x01 and on"), 20 + 1);
        assert_eq!(tag_length(b"TAGtitle"), 128);
        assert_eq!(tag_length(b"\xff\xfb\x90\x00"), 0);
    }
}
