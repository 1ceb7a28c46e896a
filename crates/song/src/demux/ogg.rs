//! What Ogg tells of songs that follow each other in one file.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// Bytes of the longest page.
const PAGE: u64 = 65_307;

/// Bytes of a page's header before its table.
const HEADER: usize = 27;

/// The last page belongs to another stream than those that begin the file.
pub fn is_chained(file: &mut File) -> io::Result<bool> {
    let length = file.metadata()?.len();
    let first = streams(file)?;
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(length.saturating_sub(2 * PAGE)))?;
    file.take(2 * PAGE).read_to_end(&mut tail)?;
    let page = |at: usize| tail[at..].starts_with(b"OggS\0").then(|| serial(&tail[at..])).flatten();
    let last = (0..tail.len()).rev().find_map(page);
    Ok(last.is_some_and(|last| !first.contains(&last)))
}

/// The streams whose first pages begin the file.
fn streams(file: &mut File) -> io::Result<Vec<u32>> {
    let (mut found, mut at) = (Vec::new(), 0);
    loop {
        let mut page = [0; HEADER + 255];
        file.seek(SeekFrom::Start(at))?;
        let count = file.read(&mut page)?;
        let begins = page.starts_with(b"OggS\0") && page[5] & 2 != 0;
        let Some(serial) = serial(&page[..count]).filter(|_| begins) else { return Ok(found) };
        found.push(serial);
        let segments = usize::from(page[HEADER - 1]);
        let body: u64 = page[HEADER..HEADER + segments].iter().map(|&length| u64::from(length)).sum();
        at += (HEADER + segments) as u64 + body;
    }
}

fn serial(page: &[u8]) -> Option<u32> {
    page.get(14..18).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes)
}
