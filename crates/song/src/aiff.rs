//! AIFF whose header does not say how long it is, or lies: of a recorder that died, or cut on the way.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

use crate::part::Part;

/// Largest chunk before the samples that is kept, in bytes.
const LARGEST: u64 = 1 << 20;

/// An AIFF whose sizes are wrong.
pub struct Aiff {
    /// `AIFF` or `AIFC`.
    kind: [u8; 4],
    /// The chunk that tells the format, with its name and size.
    common: Vec<u8>,
    /// First byte of the samples.
    start: u64,
    /// Byte behind the last whole sample.
    end: u64,
    /// Samples that the header promises and that are not there, in seconds.
    pub missing_seconds: f64,
}

impl Aiff {
    /// Looks at the chunks of `file`. Nothing if it is no AIFF, or one whose sizes are right.
    pub fn find(file: &mut File) -> io::Result<Option<Self>> {
        let length = file.metadata()?.len();
        let mut start = [0; 12];
        file.rewind()?;
        if file.read_exact(&mut start).is_err() || start[..4] != *b"FORM" {
            return Ok(None);
        }
        let kind = [start[8], start[9], start[10], start[11]];
        let outer = u64::from(u32::from_be_bytes([start[4], start[5], start[6], start[7]]));
        let (mut common, mut at) = (Vec::new(), 12);
        while let Some((id, size)) = chunk(file, at)? {
            match &id {
                b"COMM" if size < LARGEST => {
                    file.seek(SeekFrom::Start(at))?;
                    file.take(8 + size).read_to_end(&mut common)?;
                }
                b"SSND" => {
                    // Eight bytes of offset and block size come before the samples.
                    let there = length.saturating_sub(at + 16);
                    let told = size.saturating_sub(8);
                    let right =
                        told > 0 && told <= there && outer + 8 >= at + 8 + size && outer + 8 <= length + 1;
                    let this = (!right).then(|| Self::mend(kind, common, at + 16, there, told));
                    return Ok(this.flatten());
                }
                _ => {}
            }
            at = (at + 8).saturating_add(size).saturating_add(size % 2);
        }
        Ok(None)
    }

    fn mend(kind: [u8; 4], common: Vec<u8>, start: u64, there: u64, told: u64) -> Option<Self> {
        let short = |at: usize| {
            common.get(at..at + 2).map(|bytes| u64::from(u16::from_be_bytes([bytes[0], bytes[1]])))
        };
        let frame = short(8)? * short(14)?.div_ceil(8);
        let rate = extended(common.get(16..26)?);
        if frame == 0 || rate < 1.0 {
            return None;
        }
        let bytes = if told == 0 { there } else { told.min(there) } / frame * frame;
        let frames = u32::try_from(bytes / frame).unwrap_or(u32::MAX);
        let missing = crate::cast::float(told.saturating_sub(there) / frame) / rate;
        let mut common = common;
        common[10..14].copy_from_slice(&frames.to_be_bytes());
        Some(Self { kind, common, start, end: start + bytes, missing_seconds: missing })
    }

    /// The samples behind a header with right sizes.
    pub fn into_source(self, file: File) -> Box<dyn MediaSource> {
        let size = |bytes: u64| u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes();
        let samples = self.end - self.start;
        let mut head = b"FORM".to_vec();
        head.extend(size(4 + self.common.len() as u64 + 16 + samples));
        head.extend(self.kind);
        head.extend(&self.common);
        head.extend(b"SSND");
        head.extend(size(8 + samples));
        head.extend([0; 8]);
        Box::new(Part::new(head, file, self.start..self.end))
    }
}

/// Name and length of the chunk that begins at a byte.
fn chunk(file: &mut File, at: u64) -> io::Result<Option<([u8; 4], u64)>> {
    let mut head = [0; 8];
    file.seek(SeekFrom::Start(at))?;
    match file.read_exact(&mut head) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);
    Ok(Some(([head[0], head[1], head[2], head[3]], u64::from(length))))
}

/// A number of ten bytes, as AIFF has its sample rate.
fn extended(bytes: &[u8]) -> f64 {
    let exponent = i32::from(u16::from_be_bytes([bytes[0], bytes[1]]) & 0x7fff);
    let mantissa = bytes[2..].iter().fold(0u64, |number, &byte| number << 8 | u64::from(byte));
    crate::cast::float(mantissa) * 2f64.powi(exponent - 16_383 - 63)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sample_rates_of_ten_bytes_are_read() {
        assert!((extended(&[0x40, 0x0e, 0xac, 0x44, 0, 0, 0, 0, 0, 0]) - 44_100.0).abs() < 1e-6);
        assert!((extended(&[0x40, 0x0f, 0xbb, 0x80, 0, 0, 0, 0, 0, 0]) - 96_000.0).abs() < 1e-6);
    }
}
