//! What Matroska tells of the samples before and behind the song, which symphonia keeps in whole milliseconds or not at all.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use crate::cast;

const SEGMENT: u32 = 0x1853_8067;
const INFO: u32 = 0x1549_a966;
const TITLE: u32 = 0x7ba9;
const TRACKS: u32 = 0x1654_ae6b;
const TRACK: u32 = 0xae;
const NUMBER: u32 = 0xd7;
const CODEC_DELAY: u32 = 0x56aa;
const CLUSTER: u32 = 0x1f43_b675;
const BLOCK_GROUP: u32 = 0xa0;
const DISCARD: u32 = 0x75a2;

/// Largest title that is read, in bytes.
const LARGEST: u64 = 1 << 12;

/// What a track has to lose, and the title.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Extra {
    /// Title of the file.
    pub title: Option<String>,
    /// Before the song, in nanoseconds.
    pub before: u64,
    /// In the last packet, in nanoseconds.
    pub behind: u64,
}

/// An element of the file.
struct Element {
    id: u32,
    body: Range<u64>,
}

/// What the track `number` has to lose, and the title.
pub fn extra(file: &mut File, number: u32) -> io::Result<Extra> {
    let whole = 0..file.metadata()?.len();
    let mut extra = Extra::default();
    let Some(segment) = child(file, whole, SEGMENT)? else { return Ok(extra) };
    if let Some(info) = child(file, segment.clone(), INFO)?
        && let Some(title) = child(file, info, TITLE)?
    {
        let mut text = String::new();
        file.seek(SeekFrom::Start(title.start))?;
        let read = file.take((title.end - title.start).min(LARGEST)).read_to_string(&mut text);
        extra.title = read.is_ok().then_some(text);
    }
    if let Some(tracks) = child(file, segment.clone(), TRACKS)? {
        let mut rest = tracks;
        while let Some(track) = child(file, rest.clone(), TRACK)? {
            rest.start = track.end;
            if value(file, track.clone(), NUMBER)? == Some(u64::from(number)) {
                extra.before = value(file, track, CODEC_DELAY)?.unwrap_or(0);
            }
        }
    }
    if let Some(cluster) = last(file, segment, CLUSTER)?
        && let Some(group) = last(file, cluster, BLOCK_GROUP)?
    {
        extra.behind = value(file, group, DISCARD)?.unwrap_or(0);
    }
    Ok(extra)
}

/// The element that begins at a byte.
fn element(file: &mut File, within: &Range<u64>) -> io::Result<Option<Element>> {
    let mut head = [0; 12];
    let room = cast::size(within.end.saturating_sub(within.start).min(12));
    if room < 2 {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(within.start))?;
    file.read_exact(&mut head[..room])?;
    let id_length = head[0].leading_zeros() as usize + 1;
    if id_length > 4 || id_length >= room {
        return Ok(None);
    }
    let id = head[..id_length].iter().fold(0, |id, &byte| id << 8 | u32::from(byte));
    let first = head[id_length];
    let length = first.leading_zeros() as usize + 1;
    if length > 8 || id_length + length > room {
        return Ok(None);
    }
    let mask = if length == 8 { 0 } else { 0xff >> length };
    let rest = &head[id_length + 1..id_length + length];
    let size = rest.iter().fold(u64::from(first) & mask, |size, &byte| size << 8 | u64::from(byte));
    let start = within.start + (id_length + length) as u64;
    // All ones: it goes on to the end of what holds it.
    let unknown = size == (1 << (7 * length)) - 1;
    let end = if unknown { within.end } else { start.saturating_add(size).min(within.end) };
    Ok(Some(Element { id, body: start..end }))
}

fn child(file: &mut File, mut within: Range<u64>, id: u32) -> io::Result<Option<Range<u64>>> {
    while let Some(found) = element(file, &within)? {
        if found.id == id {
            return Ok(Some(found.body));
        }
        within.start = found.body.end;
    }
    Ok(None)
}

fn last(file: &mut File, mut within: Range<u64>, id: u32) -> io::Result<Option<Range<u64>>> {
    let mut last = None;
    while let Some(found) = element(file, &within)? {
        within.start = found.body.end;
        if found.id == id {
            last = Some(found.body);
        }
    }
    Ok(last)
}

/// A whole number in an element.
fn value(file: &mut File, within: Range<u64>, id: u32) -> io::Result<Option<u64>> {
    let Some(body) = child(file, within, id)? else { return Ok(None) };
    let mut bytes = [0; 8];
    let length = cast::size((body.end - body.start).min(8));
    file.seek(SeekFrom::Start(body.start))?;
    file.read_exact(&mut bytes[8 - length..])?;
    Ok(Some(u64::from_be_bytes(bytes)))
}
