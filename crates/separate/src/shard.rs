//! A part of a catalogue, told by the contents of its songs.

use std::fmt;
use std::str::FromStr;

/// The `index`th of `count` parts, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: u32,
    count: u32,
}

impl Shard {
    /// The song whose file has this SHA-256 (in hexadecimal digits) belongs to this part.
    pub fn holds(self, sha256: &str) -> bool {
        // 60 bits: far more than are needed for even parts of any catalogue.
        let prefix = u64::from_str_radix(&sha256[..15.min(sha256.len())], 16).unwrap_or(0);
        prefix % u64::from(self.count) == u64::from(self.index - 1)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is no part such as 3/16: the first number counts from 1 to the second");
        let (index, count) = text.split_once('/').ok_or_else(wrong)?;
        let number = |text: &str| text.trim().parse::<u32>().map_err(|_| wrong());
        let (index, count) = (number(index)?, number(count)?);
        if (1..=count).contains(&index) { Ok(Self { index, count }) } else { Err(wrong()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_song_belongs_to_exactly_one_part_and_parts_are_even() {
        let mut sizes = [0usize; 5];
        for song in 0..1000u64 {
            let hash = format!("{:016x}{:048x}", song.wrapping_mul(0x9e37_79b9_7f4a_7c15), 0);
            let parts: Vec<usize> = (1..=5usize)
                .filter(|index| format!("{index}/5").parse::<Shard>().unwrap().holds(&hash))
                .map(|index| index - 1)
                .collect();
            assert_eq!(parts.len(), 1, "{hash}");
            sizes[parts[0]] += 1;
        }
        assert!(sizes.iter().all(|size| (150..250).contains(size)), "{sizes:?}");
    }

    #[test]
    fn parts_that_do_not_exist_are_refused() {
        for text in ["0/4", "5/4", "3", "a/b", "1/0", ""] {
            assert!(text.parse::<Shard>().unwrap_err().contains("3/16"), "{text}");
        }
        assert_eq!("3/16".parse::<Shard>().unwrap().to_string(), "3/16");
    }
}
