//! Counts what a thread asks of the system's allocator, whoever asks: this program, the plug-in it has loaded, or
//! the C library beneath both.
//!
//! On Linux with glibc, a program's own `malloc` takes the place of the library's for everything in the process, and
//! glibc offers its own under other names. So the functions here count and pass on. Elsewhere nothing is counted.

/// Requests (frees included) of the calling thread so far, or `None` where they cannot be counted.
#[must_use]
pub fn system_requests() -> Option<u64> {
    counting::requests()
}

#[cfg(all(target_os = "linux", target_env = "gnu", not(miri)))]
mod counting {
    use std::cell::Cell;
    use std::ffi::{c_int, c_void};
    use std::ptr;

    thread_local! {
        /// `const` and without a destructor: an allocator may use it at any time of a thread's life.
        static REQUESTS: Cell<u64> = const { Cell::new(0) };
    }

    unsafe extern "C" {
        fn __libc_malloc(size: usize) -> *mut c_void;
        fn __libc_calloc(count: usize, size: usize) -> *mut c_void;
        fn __libc_realloc(block: *mut c_void, size: usize) -> *mut c_void;
        fn __libc_memalign(alignment: usize, size: usize) -> *mut c_void;
        fn __libc_free(block: *mut c_void);
    }

    pub fn requests() -> Option<u64> {
        Some(REQUESTS.get())
    }

    fn count() {
        REQUESTS.set(REQUESTS.get() + 1);
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn malloc(size: usize) -> *mut c_void {
        count();
        // SAFETY: passed on.
        unsafe { __libc_malloc(size) }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn calloc(number: usize, size: usize) -> *mut c_void {
        count();
        // SAFETY: passed on.
        unsafe { __libc_calloc(number, size) }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn realloc(block: *mut c_void, size: usize) -> *mut c_void {
        count();
        // SAFETY: passed on.
        unsafe { __libc_realloc(block, size) }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn aligned_alloc(alignment: usize, size: usize) -> *mut c_void {
        count();
        // SAFETY: passed on; `memalign` takes every alignment that `aligned_alloc` takes.
        unsafe { __libc_memalign(alignment, size) }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memalign(alignment: usize, size: usize) -> *mut c_void {
        count();
        // SAFETY: passed on.
        unsafe { __libc_memalign(alignment, size) }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn posix_memalign(out: *mut *mut c_void, alignment: usize, size: usize) -> c_int {
        const EINVAL: c_int = 22;
        const ENOMEM: c_int = 12;
        count();
        if !alignment.is_power_of_two() || !alignment.is_multiple_of(size_of::<*mut c_void>()) {
            return EINVAL;
        }
        // SAFETY: passed on; the caller's `out` is good for one pointer.
        unsafe {
            let block = __libc_memalign(alignment, size);
            if block.is_null() {
                return ENOMEM;
            }
            ptr::write(out, block);
        }
        0
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn free(block: *mut c_void) {
        // Freeing nothing asks for nothing.
        if !block.is_null() {
            count();
        }
        // SAFETY: passed on.
        unsafe { __libc_free(block) }
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu", not(miri))))]
mod counting {
    pub fn requests() -> Option<u64> {
        None
    }
}
