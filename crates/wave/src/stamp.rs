//! The `bext` chunk of Broadcast Wave: where in its song a file begins.

use time::OffsetDateTime;

/// Bytes of the chunk's fixed fields.
const FIXED: usize = 602;

/// Time stamp of a file.
#[derive(Debug, Clone, Copy)]
pub struct Stamp<'a> {
    /// What the file holds; 256 bytes of ASCII at most are kept.
    pub description: &'a str,
    /// The program that made it; 32 bytes.
    pub originator: &'a str,
    /// When it was made, in UTC.
    pub made: OffsetDateTime,
    /// The first sample's place, in samples since the song's start.
    pub reference: u64,
}

/// The first `length` bytes of a text, in ASCII, filled up with zeros.
fn field(text: &str, length: usize) -> impl Iterator<Item = u8> {
    let ascii = text.chars().map(|letter| if letter.is_ascii() { letter as u8 } else { b'?' });
    ascii.take(length).chain(std::iter::repeat(0)).take(length)
}

impl Stamp<'_> {
    /// The chunk, with its name and size.
    pub fn chunk(&self) -> Vec<u8> {
        const VERSION: u16 = 1;
        let made = self.made;
        let date = format!("{:04}-{:02}-{:02}", made.year(), u8::from(made.month()), made.day());
        let time = format!("{:02}:{:02}:{:02}", made.hour(), made.minute(), made.second());
        let mut chunk = b"bext\0\0\0\0".to_vec();
        chunk.extend(field(self.description, 256));
        chunk.extend(field(self.originator, 32));
        // No reference of the originator's.
        chunk.extend([0; 32]);
        chunk.extend(field(&date, 10));
        chunk.extend(field(&time, 8));
        chunk.extend(self.reference.to_le_bytes());
        chunk.extend(VERSION.to_le_bytes());
        // No UMID, nothing reserved, no history of codings.
        chunk.resize(8 + FIXED, 0);
        chunk[4..8].copy_from_slice(&const { FIXED.to_le_bytes() }[..4]);
        chunk
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chunk_has_its_fields_where_readers_look_for_them() {
        let made = OffsetDateTime::from_unix_timestamp(1_700_000_000).unwrap();
        let stamp = Stamp { description: "Vocals é", originator: "Unbraid", made, reference: 0x1_2345_6789 };
        let chunk = stamp.chunk();
        assert_eq!(chunk.len(), 610);
        assert_eq!(&chunk[..8], b"bext\x5a\x02\0\0");
        assert_eq!(&chunk[8..17], b"Vocals ?\0");
        assert_eq!(&chunk[264..272], b"Unbraid\0");
        assert_eq!(&chunk[328..346], b"2023-11-1422:13:20");
        assert_eq!(chunk[346..354], 0x1_2345_6789u64.to_le_bytes());
        assert_eq!(chunk[354..356], [1, 0]);
    }
}
