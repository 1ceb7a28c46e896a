//! The global allocator that sends an entered thread's requests to its pool.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr;

use super::pool::{Slot, current};

/// A global allocator that serves threads which have entered a [`super::Pool`] from that pool and all others
/// from `S`.
///
/// ```
/// use unbraid_engine::memory::PoolAllocator;
///
/// #[global_allocator]
/// static ALLOCATOR: PoolAllocator = PoolAllocator::system();
/// ```
pub struct PoolAllocator<S = System> {
    system: S,
}

impl PoolAllocator {
    /// Pools in front of the system's allocator.
    pub const fn system() -> Self {
        Self { system: System }
    }
}

impl<S> PoolAllocator<S> {
    /// Pools in front of another allocator, for instance one that counts in a test.
    pub const fn in_front_of(system: S) -> Self {
        Self { system }
    }
}

// SAFETY: every pointer handed out comes from `S` or from a pool slot, both of which give out blocks of at
// least the layout's size and alignment; and since slots are never unmapped, `Slot::of` tells the two apart
// for as long as the pointer lives, so that a block always goes back to where it came from.
unsafe impl<S: GlobalAlloc> GlobalAlloc for PoolAllocator<S> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if let Some(slot) = current() {
            // SAFETY: `current` is this thread's entered slot, which no other thread allocates from.
            if let Some(block) = unsafe { slot.allocate(layout) } {
                return block.as_ptr();
            }
        }
        // SAFETY: the caller's promise on `layout` is passed on.
        unsafe { self.system.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if let Some(slot) = current() {
            // SAFETY: as in `alloc`; the block holds `layout.size()` bytes.
            unsafe {
                if let Some(block) = slot.allocate(layout) {
                    ptr::write_bytes(block.as_ptr(), 0, layout.size());
                    return block.as_ptr();
                }
            }
        }
        // SAFETY: the caller's promise on `layout` is passed on.
        unsafe { self.system.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        match Slot::of(block) {
            // SAFETY: the address lies in the slot's memory, so `alloc` took the block from it.
            Some(slot) => unsafe { slot.release(block, layout) },
            // SAFETY: the address lies in no slot, so the block came from `S`.
            None => unsafe { self.system.dealloc(block, layout) },
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if Slot::of(block).is_none() && current().is_none() {
            // SAFETY: the block came from `S`, and no pool is entered that it should move to.
            return unsafe { self.system.realloc(block, layout, new_size) };
        }
        // SAFETY: the caller promises that `new_size`, rounded up to the alignment, does not overflow.
        let new_layout = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        // SAFETY: `new_layout` has a size above zero, as the caller promises for `new_size`.
        let moved = unsafe { self.alloc(new_layout) };
        if !moved.is_null() {
            // SAFETY: both blocks hold at least the smaller size and cannot overlap; the old one is not used
            // again.
            unsafe {
                ptr::copy_nonoverlapping(block, moved, layout.size().min(new_size));
                self.dealloc(block, layout);
            }
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::memory::pool::Pool;

    const ALLOCATOR: PoolAllocator = PoolAllocator::system();

    /// A block that moves between threads.
    struct Sent(*mut u8);

    // SAFETY: the block belongs to the thread that has the `Sent`.
    unsafe impl Send for Sent {}

    /// Uses the allocator directly instead of as the program's own, so that Miri can look at it.
    #[test]
    fn a_block_goes_back_to_where_it_came_from_on_any_thread() {
        let small = Layout::from_size_align(100, 8).unwrap();
        let large = Layout::from_size_align(5000, 8).unwrap();
        let mut pool = Pool::take();
        let before = pool.counters().in_use;
        // SAFETY: every block is used within its size, and freed once with the layout that it then has.
        unsafe {
            let [first, second, third] = pool.run(|| [0, 1, 2].map(|_| ALLOCATOR.alloc_zeroed(small)));
            let outside = ALLOCATOR.alloc(small);
            assert!([first, second, third].iter().all(|&block| Slot::of(block).is_some()));
            assert!(Slot::of(outside).is_none());
            first.write_bytes(7, small.size());

            let first = ALLOCATOR.realloc(first, small, large.size());
            assert!(Slot::of(first).is_none(), "grown outside the pool, it moves to the system");
            assert!((0..small.size()).all(|at| first.add(at).read() == 7));
            let first = pool.run(|| ALLOCATOR.realloc(first, large, small.size()));
            assert!(Slot::of(first).is_some(), "and back inside");
            assert!((0..small.size()).all(|at| first.add(at).read() == 7));

            pool.run(|| ALLOCATOR.dealloc(first, small));
            ALLOCATOR.dealloc(second, small);
            let third = Sent(third);
            thread::spawn(move || {
                let third = third;
                ALLOCATOR.dealloc(third.0, small);
            })
            .join()
            .unwrap();
            pool.run(|| ALLOCATOR.dealloc(outside, small));
        }
        pool.run(|| ()); // takes back what was freed outside
        assert_eq!(pool.counters().in_use, before);
    }
}
