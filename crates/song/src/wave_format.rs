//! The format chunk of a WAV.

/// What a format chunk says.
#[derive(Debug, Clone, PartialEq)]
pub struct Format {
    /// Kind of samples: 1 integers, 2 and 17 ADPCM, 3 floats, 6 and 7 A-law and µ-law, 85 MP3.
    pub tag: u16,
    pub channels: u16,
    /// Sample rate in Hz.
    pub rate: u32,
    /// Bytes a block: one sample of every channel, or a block of ADPCM.
    pub block: u64,
    /// Bits a sample as stored.
    pub bits: u16,
    /// Where the channels sit, as a WAV counts them; 0 if it does not say.
    pub mask: u32,
    /// What follows the first 16 bytes, of ADPCM.
    rest: Vec<u8>,
}

const INTEGER: u16 = 1;
const MS_ADPCM: u16 = 2;
const FLOAT: u16 = 3;
const A_LAW: u16 = 6;
const MU_LAW: u16 = 7;
const IMA_ADPCM: u16 = 17;
const MP3: u16 = 85;
const EXTENSIBLE: u16 = 0xfffe;

impl Format {
    /// Reads the body of a format chunk. Nothing if it makes no sense.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let short = |at: usize| Some(u16::from_le_bytes(body.get(at..at + 2)?.try_into().ok()?));
        let long = |at: usize| Some(u32::from_le_bytes(body.get(at..at + 4)?.try_into().ok()?));
        let (mut tag, channels, rate) = (short(0)?, short(2)?, long(4)?);
        let (block, bits) = (short(12)?, short(14)?);
        let mut mask = 0;
        if tag == EXTENSIBLE {
            mask = long(20)?;
            tag = short(24)?;
        }
        if channels == 0 || rate == 0 {
            return None;
        }
        let plain = matches!(tag, INTEGER | FLOAT | A_LAW | MU_LAW);
        // Bits that are no whole bytes lie at the upper end of whole ones.
        let bits = if plain { bits.next_multiple_of(8) } else { bits };
        let block = match tag {
            _ if plain => u64::from(bits / 8) * u64::from(channels),
            // Frames of any length follow each other.
            MP3 => 1,
            _ => u64::from(block),
        };
        let rest = body.get(16..).unwrap_or_default().to_vec();
        (block > 0).then_some(Self { tag, channels, rate, block, bits, mask, rest })
    }

    /// Samples a channel in a block, if that is known.
    pub fn frames_per_block(&self) -> Option<u64> {
        let channels = u64::from(self.channels);
        // A block of ADPCM begins with the state of each channel; the rest are 4 bits a sample.
        let after = |state: u64| Some(self.block.checked_sub(state * channels)? * 2 / channels);
        match self.tag {
            INTEGER | FLOAT | A_LAW | MU_LAW => Some(1),
            MS_ADPCM => Some(after(7)? + 2),
            IMA_ADPCM => Some(after(4)? + 1),
            _ => None,
        }
    }

    /// The samples are MP3.
    pub fn is_mp3(&self) -> bool {
        self.tag == MP3
    }

    /// The header of a WAV with `length` bytes of samples; nothing for samples that stand for themselves.
    pub fn header(&self, length: u64) -> Vec<u8> {
        if self.is_mp3() {
            return Vec::new();
        }
        let mut format = Vec::new();
        format.extend(self.tag.to_le_bytes());
        format.extend(self.channels.to_le_bytes());
        format.extend(self.rate.to_le_bytes());
        let bytes = u64::from(self.rate) * self.block;
        format.extend(u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes());
        format.extend(u16::try_from(self.block).unwrap_or(u16::MAX).to_le_bytes());
        format.extend(self.bits.to_le_bytes());
        match self.tag {
            A_LAW | MU_LAW => format.extend([0, 0]),
            MS_ADPCM | IMA_ADPCM => format.extend(&self.rest),
            _ => {}
        }
        let mut header = b"RIFF\xff\xff\xff\xffWAVEfmt ".to_vec();
        header.extend(u32::try_from(format.len()).unwrap_or(0).to_le_bytes());
        header.extend(&format);
        if format.len() % 2 == 1 {
            header.push(0);
        }
        header.extend(b"data");
        // The greatest number says that the samples go on to the end.
        header.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
        header
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(tag: u16, channels: u16, bits: u16, block: u16) -> Vec<u8> {
        let mut body = Vec::new();
        for short in [tag, channels] {
            body.extend(short.to_le_bytes());
        }
        for long in [48_000u32, 0] {
            body.extend(long.to_le_bytes());
        }
        for short in [block, bits] {
            body.extend(short.to_le_bytes());
        }
        body
    }

    #[test]
    fn twenty_bits_are_read_as_the_twenty_four_that_hold_them() {
        let format = Format::parse(&body(1, 2, 20, 6)).unwrap();
        assert_eq!((format.bits, format.block), (24, 6));
    }

    #[test]
    fn a_format_without_channels_or_rate_is_refused() {
        assert_eq!(Format::parse(&body(1, 0, 16, 4)), None);
        assert_eq!(Format::parse(&[1, 0, 2, 0]), None);
        assert_eq!(Format::parse(&body(1, 2, 0, 4)), None);
    }

    #[test]
    fn blocks_of_adpcm_hold_two_samples_a_byte_behind_their_state() {
        assert_eq!(Format::parse(&body(2, 2, 4, 1024)).unwrap().frames_per_block(), Some(1012));
        assert_eq!(Format::parse(&body(17, 1, 4, 1024)).unwrap().frames_per_block(), Some(2041));
    }
}
