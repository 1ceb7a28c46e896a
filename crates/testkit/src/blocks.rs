//! How a host cuts time into blocks.

use std::ops::Range;

use crate::random::Random;

/// A host's block sizes.
#[derive(Debug, Clone, Copy)]
pub enum Blocks {
    /// Every block has this many samples; must not be 0.
    Fixed(usize),
    /// Seed, and the largest of random sizes from 0 on.
    Random(u64, usize),
}

impl Blocks {
    /// The largest block, which the host announces.
    #[must_use]
    pub fn largest(self) -> usize {
        match self {
            Blocks::Fixed(size) | Blocks::Random(_, size) => size,
        }
    }

    /// The blocks of `length` samples, which end at each of the ascending `splits` too: hosts split blocks where a
    /// parameter changes.
    #[must_use]
    pub fn cut(self, length: usize, splits: &[usize]) -> Vec<Range<usize>> {
        let mut random = Random::new(match self {
            Blocks::Random(seed, _) => seed,
            Blocks::Fixed(_) => 0,
        });
        let mut at = 0;
        let mut blocks = Vec::new();
        while at < length {
            let size = match self {
                Blocks::Fixed(size) => size,
                Blocks::Random(_, largest) => random.below(largest + 1),
            };
            let split = splits.iter().copied().find(|&split| split > at).unwrap_or(length);
            let end = length.min(at + size).min(split);
            blocks.push(at..end);
            at = end;
        }
        blocks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cover_the_length_without_gaps_and_end_at_splits() {
        for blocks in [Blocks::Fixed(7), Blocks::Random(3, 20)] {
            let cut = blocks.cut(100, &[10, 55]);
            assert_eq!((cut[0].start, cut.last().unwrap().end), (0, 100));
            assert!(cut.windows(2).all(|pair| pair[0].end == pair[1].start));
            for split in [10, 55] {
                assert!(cut.iter().any(|block| block.end == split), "{blocks:?} at {split}");
            }
            assert!(cut.iter().all(|block| block.len() <= blocks.largest()));
        }
    }
}
