//! The Info frame that opens an MP3 file: how many frames follow, and how many samples at both ends are the encoder's.
//! Decoders leave those out, so that the file is as long as what was encoded, and in line with it.
//!
//! Layout: the "Mp3 Info Tag" specification, revision 1, and its description by its author G. Bouvigne
//! (<http://gabriel.mp3-tech.org/mp3infotag.html>).

use anyhow::{Context, Result, ensure};
use crc::{CRC_16_ARC, Crc};

const CRC: Crc<u16> = Crc::<u16>::new(&CRC_16_ARC);

/// Bit rates in kbit/s by their index, from 1, of layer III at 32 kHz and above.
const HIGH: [u32; 14] = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];

/// The same below 32 kHz.
const LOW: [u32; 14] = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

/// Which encoder this is: the first four letters tell decoders that delay and padding follow.
const ENCODER: &[u8; 9] = b"LAMEshine";

/// From `Info` to the tag's own checksum.
const TAG: usize = 4 + 4 + 4 + 4 + 100 + 4 + 36;

/// The Info frame of a file.
pub struct InfoTag {
    /// The frame, as far as it is the same for every length: head and silence.
    frame: Vec<u8>,
    /// Where the tag begins in it.
    at: usize,
    /// Bytes of the frames that follow.
    bytes: u64,
    checksum: u16,
    bitrate: u32,
}

impl InfoTag {
    /// Made to look like the file's first frame of sound.
    pub fn beside(first: &[u8], rate: u32, bitrate: u32) -> Result<Self> {
        ensure!(first.len() > 4 && first[0] == 0xff, "the MP3 encoder gave no frame");
        let low = rate < 32_000;
        // Head, then the side information of two channels.
        let at = 4 + if low { 17 } else { 32 };
        let size = |kbps: u32| ((if low { 72_000 } else { 144_000 }) * kbps / rate) as usize;
        // At low rates the tag does not fit in a frame of the file's own size.
        let rates = if low { LOW } else { HIGH };
        let index = rates.iter().position(|&kbps| kbps >= bitrate && size(kbps) >= at + TAG);
        let index = index.context("no MP3 frame holds the Info tag")?;
        let mut frame = vec![0; size(rates[index])];
        frame[..4].copy_from_slice(&first[..4]);
        // The rate's index, without padding.
        frame[2] = (u8::try_from(index + 1)? << 4) | (first[2] & 0x0c);
        Ok(Self { frame, at, bytes: 0, checksum: 0, bitrate })
    }

    /// Counts a frame of sound.
    pub fn add(&mut self, frame: &[u8]) {
        self.bytes += frame.len() as u64;
        // The checksum goes on where it stopped; the algorithm's start and end change nothing.
        let mut digest = CRC.digest_with_initial(self.checksum.reverse_bits());
        digest.update(frame);
        self.checksum = digest.finalize();
    }

    /// The whole frame, for so many frames of sound and samples at both ends.
    pub fn bytes(&self, frames: u64, delay: u64, padding: u64) -> Vec<u8> {
        let total = self.bytes + self.frame.len() as u64;
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes();
        let mut tag = b"Info".to_vec();
        // Frames, bytes, table of contents and quality are there.
        tag.extend(15u32.to_be_bytes());
        tag.extend(small(frames));
        tag.extend(small(total));
        // At a constant bit rate, each per cent of the time is as much of the file.
        tag.extend((0..100u16).map(|percent| u8::try_from(percent * 256 / 100).unwrap_or(u8::MAX)));
        tag.extend(50u32.to_be_bytes());
        tag.extend(ENCODER);
        // Revision 0, constant bit rate.
        tag.push(1);
        // Low-pass, peak, gains, flags: not known.
        tag.extend([0; 1 + 4 + 2 + 2 + 1]);
        tag.push(u8::try_from(self.bitrate).unwrap_or(u8::MAX));
        let (delay, padding) = (delay.min(4095) as u32, padding.min(4095) as u32);
        tag.extend(&(delay << 12 | padding).to_be_bytes()[1..]);
        // Miscellaneous, gain, preset.
        tag.extend([0; 1 + 1 + 2]);
        tag.extend(small(total));
        tag.extend(self.checksum.to_be_bytes());
        let mut frame = self.frame.clone();
        let end = self.at + tag.len();
        frame[self.at..end].copy_from_slice(&tag);
        let checksum = CRC.checksum(&frame[..end]);
        frame[end..end + 2].copy_from_slice(&checksum.to_be_bytes());
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_has_the_size_that_its_head_says_and_its_own_checksum() {
        for (rate, bitrate, head) in [
            (44_100, 320, [0xff, 0xfb, 0xe2, 0x40]),
            (44_100, 32, [0xff, 0xfb, 0x10, 0x40]),
            (22_050, 8, [0xff, 0xf3, 0x10, 0x40]),
        ] {
            let tag = InfoTag::beside(&[&head[..], &[0; 10]].concat(), rate, bitrate).unwrap();
            let frame = tag.bytes(100, 768, 1000);
            let index = usize::from(frame[2] >> 4) - 1;
            let (table, samples) = if rate < 32_000 { (LOW, 72_000) } else { (HIGH, 144_000) };
            assert_eq!(frame.len(), (samples * table[index] / rate) as usize, "{rate} {bitrate}");
            let at = frame.windows(4).position(|bytes| bytes == b"Info").unwrap();
            // "LAME" to the delay: 9 letters, and 12 bytes between.
            let encoder = at + 4 + 4 + 4 + 4 + 100 + 4;
            assert_eq!(&frame[encoder..encoder + 4], b"LAME");
            let delays = &frame[encoder + 21..encoder + 24];
            assert_eq!(u32::from_be_bytes([0, delays[0], delays[1], delays[2]]), 768 << 12 | 1000);
            let end = at + TAG - 2;
            assert_eq!(CRC.checksum(&frame[..end]).to_be_bytes(), frame[end..end + 2]);
        }
    }

    #[test]
    fn the_checksum_of_the_sound_is_that_of_all_frames_together() {
        let mut tag = InfoTag::beside(&[0xff, 0xfb, 0xe2, 0x40, 0], 44_100, 320).unwrap();
        tag.add(b"12345");
        tag.add(b"6789");
        // The check value of CRC-16/ARC.
        assert_eq!(tag.checksum, 0xbb3d);
        assert_eq!(tag.bytes, 9);
    }
}
