//! What an MP4 tells of the samples before and behind the song: edit lists, which symphonia does not apply.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use super::Window;

/// Largest table that is read, in bytes.
const LARGEST: u64 = 1 << 16;

/// One entry of an edit list.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Edit {
    /// In units of the movie.
    length: u64,
    /// In units of the track; -1 for silence before it begins.
    start: i64,
}

/// What is found of a track.
#[derive(Debug, Default)]
struct Found {
    id: Option<u32>,
    /// Units a second.
    scale: Option<u32>,
    edits: Vec<Edit>,
}

/// The audible part of the track `id`, by its edit list. `frames` is all that it decodes to, if known.
pub fn window(file: &mut File, id: u32, rate: u32, frames: Option<u64>) -> io::Result<Option<Window>> {
    let whole = 0..file.metadata()?.len();
    let Some(movie) = find(file, whole, *b"moov")? else { return Ok(None) };
    let scale = match find(file, movie.clone(), *b"mvhd")? {
        Some(header) => timescale(file, header)?,
        None => None,
    };
    let mut rest = movie;
    while let Some(track) = find(file, rest.clone(), *b"trak")? {
        rest.start = track.end;
        let found = look(file, track)?;
        if found.id == Some(id) {
            return Ok(resolve(&found, scale, rate, frames));
        }
    }
    Ok(None)
}

/// The hidden tag of iTunes: what it put before the song, and how long the song is.
pub fn window_of_smpb(text: &str) -> Option<Window> {
    let fields: Vec<i64> =
        text.split_whitespace().map_while(|field| i64::from_str_radix(field, 16).ok()).collect();
    let &[_, delay, _, length, ..] = fields.as_slice() else { return None };
    (length > 0).then_some(Window { begin: delay, end: Some(delay + length), resume: None })
}

/// An edit list in samples.
fn resolve(found: &Found, movie: Option<u32>, rate: u32, frames: Option<u64>) -> Option<Window> {
    let scaled = |units: u64, scale: u32| {
        let samples = (u128::from(units) * u128::from(rate)).div_ceil(u128::from(scale.max(1)));
        i64::try_from(samples).unwrap_or(i64::MAX)
    };
    let track = found.scale?;
    let mut audible = found.edits.iter().filter(|edit| edit.start >= 0);
    let first = audible.next()?;
    let begin = scaled(first.start.unsigned_abs(), track);
    let all = frames.and_then(|frames| i64::try_from(frames).ok());
    let movie = movie.filter(|_| first.length > 0 && audible.next().is_none());
    let end = movie.map(|movie| {
        let told = begin + scaled(first.length, movie);
        // A movie counts in milliseconds as a rule: within those, the table of packets knows better.
        let grid = scaled(2, movie);
        all.filter(|all| movie < rate && (all - told).abs() <= grid || *all < told).unwrap_or(told)
    });
    Some(Window { begin, end: end.or(all), resume: None })
}

fn look(file: &mut File, track: Range<u64>) -> io::Result<Found> {
    let mut found = Found::default();
    if let Some(header) = find(file, track.clone(), *b"tkhd")? {
        let body = body(file, header)?;
        let at = if body.first() == Some(&1) { 20 } else { 12 };
        found.id = long(&body, at);
    }
    if let Some(media) = find(file, track.clone(), *b"mdia")?
        && let Some(header) = find(file, media, *b"mdhd")?
    {
        found.scale = timescale(file, header)?;
    }
    if let Some(edits) = find(file, track, *b"edts")?
        && let Some(list) = find(file, edits, *b"elst")?
    {
        found.edits = entries(&body(file, list)?);
    }
    Ok(found)
}

fn timescale(file: &mut File, header: Range<u64>) -> io::Result<Option<u32>> {
    let body = body(file, header)?;
    Ok(long(&body, if body.first() == Some(&1) { 20 } else { 12 }).filter(|&scale| scale > 0))
}

fn entries(body: &[u8]) -> Vec<Edit> {
    let wide = body.first() == Some(&1);
    let size = if wide { 20 } else { 12 };
    let count = long(body, 4).unwrap_or(0) as usize;
    let entry = |bytes: &[u8]| {
        let number = |at: usize| u64::from_be_bytes(bytes[at..at + 8].try_into().unwrap_or_default());
        if wide {
            return Edit { length: number(0), start: number(8).cast_signed() };
        }
        let start = long(bytes, 4).unwrap_or(0).cast_signed();
        Edit { length: u64::from(long(bytes, 0).unwrap_or(0)), start: i64::from(start) }
    };
    body.get(8..).unwrap_or_default().chunks_exact(size).take(count).map(entry).collect()
}

/// The body of the first box of a kind in a part of the file.
fn find(file: &mut File, mut within: Range<u64>, kind: [u8; 4]) -> io::Result<Option<Range<u64>>> {
    while within.start + 8 <= within.end {
        let mut head = [0; 16];
        file.seek(SeekFrom::Start(within.start))?;
        file.read_exact(&mut head[..8])?;
        let (mut length, mut size) = (u64::from(long(&head, 0).unwrap_or(0)), 8);
        if length == 1 && within.start + 16 <= within.end {
            file.read_exact(&mut head[8..])?;
            (length, size) = (u64::from_be_bytes(head[8..].try_into().unwrap_or_default()), 16);
        }
        let end = if length == 0 { within.end } else { within.start.saturating_add(length).min(within.end) };
        if end < within.start + size {
            return Ok(None);
        }
        if head[4..8] == kind {
            return Ok(Some(within.start + size..end));
        }
        within.start = end;
    }
    Ok(None)
}

fn body(file: &mut File, range: Range<u64>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    file.seek(SeekFrom::Start(range.start))?;
    file.take((range.end - range.start).min(LARGEST)).read_to_end(&mut body)?;
    Ok(body)
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_of_itunes_tells_delay_and_length() {
        let text = " 00000000 00000840 000001CA 00000000003F31F6 00000000 00000000";
        let window = Window { begin: 0x840, end: Some(0x840 + 0x3f_31f6), resume: None };
        assert_eq!(window_of_smpb(text), Some(window));
        assert_eq!(window_of_smpb("no numbers"), None);
    }

    #[test]
    fn an_edit_list_in_milliseconds_ends_where_the_packets_do() {
        let found =
            |length| Found { id: Some(1), scale: Some(44_100), edits: vec![Edit { length, start: 1024 }] };
        let window = |end| Some(Window { begin: 1024, end: Some(end), resume: None });
        assert_eq!(resolve(&found(3000), Some(1000), 44_100, Some(133_324)), window(133_324));
        assert_eq!(resolve(&found(3001), Some(1000), 44_100, Some(133_345)), window(133_345));
        assert_eq!(resolve(&found(2000), Some(1000), 44_100, Some(133_324)), window(1024 + 88_200));
    }
}
