//! The header of a frame of MPEG audio.

use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3};

/// The header of a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Header {
    /// 1 for MPEG-1, 2 for MPEG-2, 3 for MPEG-2.5.
    version: u32,
    pub layer: u32,
    /// Sample rate in Hz.
    pub rate: u32,
    pub channels: u16,
    /// Length of the frame with its header, in bytes.
    pub bytes: usize,
    /// Samples a channel that it decodes to.
    pub frames: u32,
    checked: bool,
}

/// Kilobits a second by version and layer, from index 1 on.
const RATES: [[u32; 14]; 5] = [
    [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

impl Header {
    /// Reads the first four bytes of a frame. Nothing if they are none.
    pub fn parse(word: u32) -> Option<Self> {
        let bits = |from: u32, count: u32| word >> from & ((1 << count) - 1);
        if bits(21, 11) != 0x7ff {
            return None;
        }
        let version = [3, 0, 2, 1][bits(19, 2) as usize];
        let layer = 4 - bits(17, 2);
        let (index, rate, padding) = (bits(12, 4) as usize, bits(10, 2) as usize, bits(9, 1));
        // Index 0 is a rate that the frame does not tell, which hardly any encoder writes.
        if version == 0 || layer == 4 || index == 0 || index == 15 || rate == 3 {
            return None;
        }
        let row = match (version, layer) {
            (1, layer) => layer as usize - 1,
            (_, 1) => 3,
            _ => 4,
        };
        let kilobits = RATES[row][index - 1];
        let rate = [44_100, 48_000, 32_000][rate] >> (version - 1);
        let slots = match (version, layer) {
            (_, 1) => (12_000 * kilobits / rate + padding) * 4,
            (2 | 3, 3) => 72_000 * kilobits / rate + padding,
            _ => 144_000 * kilobits / rate + padding,
        };
        Some(Self {
            version,
            layer,
            rate,
            channels: if bits(6, 2) == 3 { 1 } else { 2 },
            bytes: slots as usize,
            frames: match (version, layer) {
                (_, 1) => 384,
                (2 | 3, 3) => 576,
                _ => 1152,
            },
            checked: bits(16, 1) == 0,
        })
    }

    /// Both belong to one stream.
    pub fn is_like(&self, other: &Self) -> bool {
        let key = |header: &Self| (header.version, header.layer, header.rate, header.channels);
        key(self) == key(other)
    }

    /// What decodes it.
    pub fn codec(&self) -> AudioCodecId {
        [CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3][self.layer as usize - 1]
    }

    /// First byte of what follows header and check sum.
    pub fn body(&self) -> usize {
        if self.checked { 6 } else { 4 }
    }

    /// Bytes of side information, of layer 3.
    pub fn side(&self) -> usize {
        match (self.version, self.channels) {
            (1, 2) => 32,
            (1, _) | (_, 2) => 17,
            _ => 9,
        }
    }

    /// Bytes of the frame that later frames may lean on.
    pub fn main_data(&self) -> usize {
        if self.layer == 3 { self.bytes.saturating_sub(self.body() + self.side()) } else { 0 }
    }

    /// Bytes of earlier frames that this frame leans on.
    pub fn leans_on(&self, frame: &[u8]) -> usize {
        match frame.get(self.body()..self.body() + 2) {
            Some(&[first, second]) if self.layer == 3 => {
                let bits = usize::from(u16::from_be_bytes([first, second]));
                if self.version == 1 { bits >> 7 } else { bits >> 8 }
            }
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_follow_the_standard() {
        let mp3 = Header::parse(0xfffb_9064).unwrap();
        assert_eq!((mp3.layer, mp3.rate, mp3.channels, mp3.bytes, mp3.frames), (3, 44_100, 2, 417, 1152));
        let low = Header::parse(0xfff3_48c4).unwrap();
        assert_eq!((low.layer, low.rate, low.channels, low.frames), (3, 16_000, 1, 576));
        assert_eq!(low.bytes, 72 * 32_000 / 16_000);
        let mp2 = Header::parse(0xfffd_a004).unwrap();
        assert_eq!((mp2.layer, mp2.bytes, mp2.frames), (2, 144 * 192_000 / 44_100, 1152));
        let mp1 = Header::parse(0xffff_5004).unwrap();
        assert_eq!((mp1.layer, mp1.bytes, mp1.frames), (1, 12 * 160_000 / 44_100 * 4, 384));
    }

    #[test]
    fn what_is_no_header_is_refused() {
        for word in [0, 0xffff_ffff, 0xffe0_0000, 0xfffb_f064, 0xfffb_9c64, 0xfffb_0064, 0x4944_3303] {
            assert_eq!(Header::parse(word), None, "{word:08x}");
        }
    }
}
