//! What encoders write in the place of the first frame: the headers `Xing`, `Info` and `VBRI`.

use super::header::Header;

/// What an encoder tells of its song.
#[derive(Debug, PartialEq)]
pub struct Info {
    /// Frames that follow.
    pub frames: Option<u32>,
    /// Bytes of the song, with this frame.
    pub bytes: Option<u32>,
    /// Samples that the encoder put before and behind the song.
    pub delay: Option<(u32, u32)>,
}

impl Info {
    /// Reads a frame of layer 3. Nothing if it is an ordinary one.
    pub fn parse(frame: &[u8], header: &Header) -> Option<Self> {
        if header.layer != 3 {
            return None;
        }
        let silent =
            |end: usize| frame.get(header.body()..end).is_some_and(|side| side.iter().all(|&byte| byte == 0));
        // The check sum is not counted in, though it may be there.
        let place = 4 + header.side();
        let rest = frame.get(place..)?;
        if (rest.starts_with(b"Xing") || rest.starts_with(b"Info")) && silent(place) {
            return Some(Self::xing(&rest[4..]));
        }
        let rest = frame.get(36..)?;
        (rest.starts_with(b"VBRI") && silent(36)).then(|| Self {
            frames: long(rest, 14),
            bytes: long(rest, 10),
            delay: None,
        })
    }

    fn xing(rest: &[u8]) -> Self {
        let flags = long(rest, 0).unwrap_or(0);
        let mut at = 4;
        let mut field = |flag: u32, length: usize| {
            let there = flags & flag != 0;
            at += if there { length } else { 0 };
            there.then(|| at - length)
        };
        let frames = field(1, 4).and_then(|at| long(rest, at));
        let bytes = field(2, 4).and_then(|at| long(rest, at));
        field(4, 100);
        field(8, 4);
        Self { frames, bytes, delay: rest.get(at..).and_then(lame) }
    }
}

/// The delays of LAME's tag, which ffmpeg writes too.
fn lame(tag: &[u8]) -> Option<(u32, u32)> {
    let known = [b"LAME", b"Lavf", b"Lavc"].iter().any(|name| tag.starts_with(*name));
    let &[a, b, c] = tag.get(21..24)? else { return None };
    let both = u32::from_be_bytes([0, a, b, c]);
    known.then_some((both >> 12, both & 0xfff))
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes)
}
