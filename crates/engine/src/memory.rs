//! Memory for inference on the audio thread: preallocated pools behind a global allocator.
//!
//! tract allocates some hundred times a frame and offers no hook. So a program that runs the engine makes
//! [`PoolAllocator`] its global allocator; while a [`Pool`] is entered, that thread's requests are served from
//! it in constant time without a lock or a system call, and all others go to the system as usual.
//!
//! Memory goes back to its pool by address, on whichever thread and whenever it is freed. A pool is never unmapped or
//! initialised anew, because tract keeps some thread-local scratch beyond the life of an instance: when an
//! instance goes, its pool is parked as it is and handed to the next one.

mod allocator;
mod pool;

pub use allocator::PoolAllocator;
pub use pool::{POOL_BYTES, Pool, PoolCounters};
