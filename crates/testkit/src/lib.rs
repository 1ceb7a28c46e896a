//! What the tests of several packages need: seeded noise, differences between signals, a host's block sizes, paths of the
//! repository, and an allocator that counts. A dev-dependency only; nothing of it ships.

mod allocations;
mod blocks;
mod convert;
mod measure;
mod parameters;
mod paths;
mod random;

pub use allocations::{CountingAllocator, system_requests};
pub use blocks::Blocks;
pub use convert::{float, index, samples_of, seconds_of};
pub use measure::{INAUDIBLE, Stereo, delayed_error, energy};
pub use parameters::PARAMETERS;
pub use paths::{repository, repository_file, target_folder};
pub use random::{Random, noise, stereo_noise};
