//! What the audio thread shares with the others without waiting for them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Longest that a thread with time waits for the audio thread to come out of a callback.
const TIMEOUT: Duration = Duration::from_millis(200);

/// Something that one thread at a time may use; a second one is turned away instead of waiting.
#[derive(Default)]
pub struct TryCell<T> {
    busy: AtomicBool,
    value: std::cell::UnsafeCell<T>,
}

// SAFETY: `try_with` hands the value to one thread at a time.
unsafe impl<T: Send> Sync for TryCell<T> {}

impl<T> TryCell<T> {
    /// Wraps `value`.
    pub fn new(value: T) -> Self {
        Self { busy: AtomicBool::new(false), value: value.into() }
    }

    /// Runs `work` on the value, or returns `None` if another thread is at it. Never waits.
    pub fn try_with<R>(&self, work: impl FnOnce(&mut T) -> R) -> Option<R> {
        if self.busy.swap(true, Ordering::Acquire) {
            return None;
        }
        let _busy = Busy(&self.busy);
        // SAFETY: `busy` was false, so no other thread has the value.
        Some(work(unsafe { &mut *self.value.get() }))
    }

    /// As [`TryCell::try_with`], but waits for a thread that is at it, as long as a host that breaks the rules may
    /// have it wait: `None` after 200 ms. Not for the audio thread.
    pub fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> Option<R> {
        let deadline = Instant::now() + TIMEOUT;
        while self.busy.load(Ordering::Relaxed) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
        self.try_with(work)
    }
}

/// Frees the cell when it is dropped, after a panic as well.
struct Busy<'a>(&'a AtomicBool);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    fn a_panic_frees_the_cell() {
        let cell = TryCell::new(1);
        let panics = || cell.try_with(|_| std::panic::resume_unwind(Box::new(())));
        assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
        assert_eq!(cell.try_with(|value| *value), Some(1));
    }

    #[test]
    fn a_second_thread_is_turned_away() {
        let try_cell = TryCell::new(1);
        let inner = try_cell.try_with(|value| {
            *value += 1;
            try_cell.try_with(|_| ()).is_none()
        });
        assert_eq!(inner, Some(true));
        assert_eq!(try_cell.try_with(|value| *value), Some(2));
    }

    #[test]
    fn who_has_time_waits_until_the_other_is_done_and_not_for_ever() {
        let try_cell = TryCell::new(1);
        thread::scope(|scope| {
            let (began, begins) = std::sync::mpsc::channel();
            let try_cell = &try_cell;
            scope.spawn(move || {
                try_cell.try_with(|value| {
                    began.send(()).unwrap();
                    thread::sleep(Duration::from_millis(20));
                    *value = 2;
                })
            });
            begins.recv().unwrap();
            // On a busy machine the other may take longer than the timeout, and only then is there no value.
            loop {
                let start = Instant::now();
                match try_cell.with(|value| *value) {
                    None => assert!(start.elapsed() >= TIMEOUT, "turned away at once"),
                    value => {
                        assert_eq!(value, Some(2));
                        break;
                    }
                }
            }
        });
        assert_eq!(try_cell.try_with(|_| try_cell.with(|_| ())), Some(None));
    }
}
