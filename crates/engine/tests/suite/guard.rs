//! The allocation guard: counts what a thread asks of the system's allocator.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;

thread_local! {
    static REQUESTS: Cell<u64> = const { Cell::new(0) };
}

/// An allocator that counts every request of the calling thread and passes it on.
pub struct Counting<A>(pub A);

fn count() {
    REQUESTS.set(REQUESTS.get() + 1);
}

// SAFETY: every call is passed on unchanged to an allocator that keeps the contract.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Counting<A> {
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

/// How often this thread turned to the system's allocator (frees included) during `work`.
pub fn system_requests(work: impl FnOnce()) -> u64 {
    let before = REQUESTS.get();
    work();
    REQUESTS.get() - before
}

#[test]
fn the_guard_sees_a_planted_allocation() {
    let requests = system_requests(|| drop(std::hint::black_box(Vec::<u8>::with_capacity(64))));
    assert_eq!(requests, 2, "one request and one free");
    assert_eq!(system_requests(|| ()), 0);
}
