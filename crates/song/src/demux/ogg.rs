//! The pages of an Ogg, looked through ahead: which are lost, and whether other songs follow.
//!
//! symphonia puts a page behind a lost one where the lost one was, and what follows where it belongs.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use symphonia::core::checksum::Crc32;
use symphonia::core::io::Monitor;

/// Bytes of a page's header before its table.
const HEADER: usize = 27;

/// Where pages are lost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    /// Where the last page before ends, in samples.
    pub before: i64,
    /// Where the first page behind ends.
    pub after: i64,
    /// Packets that end in that page and are whole.
    pub packets: usize,
}

/// What the pages tell.
#[derive(Debug, Default, PartialEq)]
pub struct Pages {
    pub gaps: HashMap<u32, VecDeque<Gap>>,
    /// Songs that follow each other.
    pub chained: bool,
}

/// A stream so far.
#[derive(Default)]
struct Stream {
    sequence: u32,
    end: Option<i64>,
    broken: bool,
}

/// Looks through the pages of `file`.
pub fn pages(file: &mut File) -> io::Result<Pages> {
    file.seek(SeekFrom::Start(0))?;
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let (mut found, mut streams, mut data) = (Pages::default(), HashMap::new(), false);
    while let Some(page) = next_page(&mut reader)? {
        let first = page[5] & 2 != 0;
        // Another song begins behind the samples of the first.
        found.chained |= first && data;
        data |= !first;
        look(&page, first, &mut streams, &mut found);
    }
    Ok(found)
}

fn look(page: &[u8], first: bool, streams: &mut HashMap<u32, Stream>, found: &mut Pages) {
    let number = |at: usize| u32::from_le_bytes(page[at..at + 4].try_into().unwrap_or_default());
    let end = i64::from_le_bytes(page[6..14].try_into().unwrap_or_default());
    let (serial, sequence) = (number(14), number(18));
    let table = &page[HEADER..HEADER + usize::from(page[HEADER - 1])];
    let mut packets = table.iter().filter(|&&length| length < 255).count();
    if first {
        streams.insert(serial, Stream { sequence, ..Stream::default() });
        return;
    }
    let stream = streams.entry(serial).or_default();
    stream.broken |= sequence != stream.sequence.wrapping_add(1);
    stream.sequence = sequence;
    if stream.broken && page[5] & 1 != 0 {
        // The rest of a packet whose beginning is lost.
        packets = packets.saturating_sub(1);
    }
    if packets == 0 || end < 0 {
        return;
    }
    if let (true, Some(before)) = (stream.broken, stream.end) {
        found.gaps.entry(serial).or_default().push_back(Gap { before, after: end, packets });
    }
    (stream.broken, stream.end) = (false, Some(end));
}

/// The next page whose check sum is right.
fn next_page(reader: &mut BufReader<&mut File>) -> io::Result<Option<Vec<u8>>> {
    loop {
        let mut page = vec![0; HEADER];
        if !filled(reader, &mut page[..4])? {
            return Ok(None);
        }
        while page[..4] != *b"OggS" {
            page.copy_within(1..4, 0);
            if !filled(reader, &mut page[3..4])? {
                return Ok(None);
            }
        }
        let start = reader.stream_position()?;
        if !filled(reader, &mut page[4..])? {
            return Ok(None);
        }
        let table = HEADER + usize::from(page[HEADER - 1]);
        page.resize(table, 0);
        if !filled(reader, &mut page[HEADER..])? {
            return Ok(None);
        }
        let body: usize = page[HEADER..].iter().map(|&length| usize::from(length)).sum();
        page.resize(table + body, 0);
        if filled(reader, &mut page[table..])? && is_right(&page) {
            return Ok(Some(page));
        }
        reader.seek(SeekFrom::Start(start))?;
    }
}

/// Fills `bytes`, or tells that the file ends before.
fn filled(reader: &mut impl Read, bytes: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(bytes) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn is_right(page: &[u8]) -> bool {
    let mut sum = Crc32::new(0);
    sum.process_buf_bytes(&page[..22]);
    sum.process_buf_bytes(&[0; 4]);
    sum.process_buf_bytes(&page[26..]);
    page[22..26] == sum.crc().to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(kind: u8, end: i64, sequence: u32, table: &[u8]) -> Vec<u8> {
        let mut page = b"OggS\0".to_vec();
        page.push(kind);
        page.extend(end.to_le_bytes());
        page.extend(7u32.to_le_bytes());
        page.extend(sequence.to_le_bytes());
        page.extend([0; 4]);
        page.push(u8::try_from(table.len()).unwrap());
        page.extend(table);
        page
    }

    fn found(pages: &[Vec<u8>]) -> Pages {
        let (mut streams, mut found) = (HashMap::new(), Pages::default());
        for page in pages {
            look(page, page[5] & 2 != 0, &mut streams, &mut found);
        }
        found
    }

    #[test]
    fn a_lost_page_is_found_and_the_rest_of_its_packet_is_not_counted() {
        let whole = [page(2, 0, 0, &[30]), page(0, 100, 1, &[9, 9]), page(1, 200, 2, &[9, 9, 9, 255])];
        assert_eq!(found(&whole), Pages::default());
        let lost = [page(2, 0, 0, &[30]), page(0, 100, 1, &[9, 9]), page(1, 300, 3, &[9, 9, 9, 255])];
        assert_eq!(found(&lost).gaps[&7], [Gap { before: 100, after: 300, packets: 2 }]);
    }
}
