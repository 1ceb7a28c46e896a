//! An allocator that counts what a thread asks of the system's allocator.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;

thread_local! {
    static REQUESTS: Cell<u64> = const { Cell::new(0) };
}

/// Counts every request of the calling thread, frees included, and passes it on. Put it behind the allocator under test:
/// `PoolAllocator::new(CountingAllocator(System))`.
pub struct CountingAllocator<A>(pub A);

fn count() {
    REQUESTS.set(REQUESTS.get() + 1);
}

// SAFETY: every call is passed on unchanged to an allocator that keeps the contract.
unsafe impl<A: GlobalAlloc> GlobalAlloc for CountingAllocator<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: passed on.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count();
        // SAFETY: passed on.
        unsafe { self.0.dealloc(block, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: passed on.
        unsafe { self.0.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count();
        // SAFETY: passed on.
        unsafe { self.0.realloc(block, layout, new_size) }
    }
}

/// Requests of this thread during `work`. 0 where no [`CountingAllocator`] is installed: show first that it counts.
pub fn system_requests(work: impl FnOnce()) -> u64 {
    let before = REQUESTS.get();
    work();
    REQUESTS.get() - before
}
