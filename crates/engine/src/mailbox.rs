//! Hand-off of one value to a thread that must not wait: the newest wins, and nothing is freed by the taker.
//!
//! One atomic pointer with two meanings, told apart by its lowest bit: a published value that is not taken yet, or a
//! retired one that is not freed yet. Taking swaps the one for the other in a single step, so neither end ever finds the
//! slot blocked by the other: no lock, no loop, no queue that could run full.
//!
//! ```
//! use unbraid_engine::mailbox::Mailbox;
//!
//! let mut mailbox = Mailbox::new();
//! let publisher = mailbox.publisher();
//! let mut current = Box::new(vec![1.0f32]);
//!
//! publisher.publish(Box::new(vec![2.0])); // any thread but the audio thread
//! assert!(mailbox.take(&mut current)); // the audio thread
//! assert_eq!(*current, [2.0]);
//! assert!(!mailbox.take(&mut current), "nothing new");
//! assert_eq!(publisher.collect().as_deref(), Some(&vec![1.0]), "the retired value, to be freed here");
//! ```

use std::marker::PhantomData;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The taking end, for one audio thread at a time.
pub struct Mailbox<T: Send> {
    slot: Arc<Slot<T>>,
}

/// The publishing end. Cloning gives another handle on the same mailbox.
pub struct Publisher<T: Send> {
    slot: Arc<Slot<T>>,
}

/// Owner of the value its pointer leads to: a published value, a retired one (marked by [`RETIRED`]), or none (null).
struct Slot<T: Send> {
    pointer: AtomicPtr<T>,
    /// Owns values of `T`.
    _values: PhantomData<Box<T>>,
}

// SAFETY: the slot never lends a value, it only passes ownership on, for which `T: Send` is enough.
unsafe impl<T: Send> Sync for Slot<T> {}

/// Mark of a retired value in a pointer's lowest bit, which alignment leaves free.
const RETIRED: usize = 1;

impl<T: Send> Mailbox<T> {
    /// An empty mailbox. Allocates.
    pub fn new() -> Self {
        const { assert!(align_of::<T>() > RETIRED, "the lowest bit of a pointer to `T` must be free") };
        let pointer = AtomicPtr::new(ptr::null_mut());
        Self { slot: Arc::new(Slot { pointer, _values: PhantomData }) }
    }

    /// A handle by which values are published. Not for the audio thread to drop.
    pub fn publisher(&self) -> Publisher<T> {
        Publisher { slot: Arc::clone(&self.slot) }
    }

    /// Puts the newest published value in the place of `current`, which becomes the retired one. Returns `false`, with
    /// `current` as it was, if nothing was published since. For the audio thread: one or two atomic operations; never
    /// waits, allocates or frees.
    pub fn take(&mut self, current: &mut Box<T>) -> bool {
        if !self.is_published() {
            return false;
        }
        // SAFETY: `current` is not looked at before it is written, and nothing in between panics.
        let retired = Box::into_raw(unsafe { ptr::read(current) });
        // SAFETY: something is published, as was just seen.
        let published = unsafe { self.exchange(retired.map_addr(|address| address | RETIRED)) };
        // SAFETY: the value that was there belongs to the slot now.
        unsafe { ptr::write(current, published) };
        true
    }

    /// As [`Mailbox::take`], where there may be no value yet. For the audio thread.
    pub fn take_optional(&mut self, current: &mut Option<Box<T>>) -> bool {
        match current {
            Some(current) => self.take(current),
            None if self.is_published() => {
                // SAFETY: something is published, as was just seen.
                *current = Some(unsafe { self.exchange(ptr::null_mut()) });
                true
            }
            None => false,
        }
    }

    /// Leaves `retired` in the slot and takes the published value out.
    ///
    /// # Safety
    /// Something is published.
    unsafe fn exchange(&mut self, retired: *mut T) -> Box<T> {
        let published = self.slot.pointer.swap(retired, Ordering::AcqRel);
        // SAFETY: publishing replaces a published value by another and nothing else removes it but this end, which is
        // borrowed exclusively. So `published` came from `Box::into_raw`, and the swap made this its only owner.
        unsafe { Box::from_raw(published) }
    }

    fn is_published(&self) -> bool {
        let pointer = self.slot.pointer.load(Ordering::Relaxed);
        !pointer.is_null() && pointer.addr() & RETIRED == 0
    }
}

impl<T: Send> Default for Mailbox<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Send> Publisher<T> {
    /// Publishes `value` in the place of one that was not taken yet. Frees that one, or the retired one if it was
    /// not collected: not for the audio thread.
    pub fn publish(&self, value: Box<T>) {
        let before = self.slot.pointer.swap(Box::into_raw(value), Ordering::AcqRel);
        // SAFETY: the swap took the pointer out of the slot.
        drop(unsafe { owned(before) });
    }

    /// The retired value, once; `None` if something was published since. Without this, the next [`Publisher::publish`]
    /// frees it, or the last handle. Not for the audio thread.
    pub fn collect(&self) -> Option<Box<T>> {
        let pointer = self.slot.pointer.load(Ordering::Relaxed);
        if pointer.addr() & RETIRED == 0 {
            return None;
        }
        // Fails if something was published meanwhile, which frees the retired value.
        let taken = self.slot.pointer.compare_exchange(
            pointer,
            ptr::null_mut(),
            Ordering::Acquire,
            Ordering::Relaxed,
        );
        // SAFETY: the exchange took the pointer out of the slot.
        taken.ok().and_then(|pointer| unsafe { owned(pointer) })
    }
}

impl<T: Send> Clone for Publisher<T> {
    fn clone(&self) -> Self {
        Self { slot: Arc::clone(&self.slot) }
    }
}

impl<T: Send> Drop for Slot<T> {
    fn drop(&mut self) {
        // SAFETY: this is the last handle on the slot.
        drop(unsafe { owned(*self.pointer.get_mut()) });
    }
}

/// The value behind a slot's pointer, published or retired.
///
/// # Safety
/// The pointer was taken out of its slot, once.
unsafe fn owned<T>(pointer: *mut T) -> Option<Box<T>> {
    let pointer = pointer.map_addr(|address| address & !RETIRED);
    // SAFETY: a slot's pointer is null or came from a box, and its one taker owns it.
    (!pointer.is_null()).then(|| unsafe { Box::from_raw(pointer) })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::thread;

    use super::*;

    /// Counts the living, and those that were freed on the thread that may not.
    struct Counted<'a> {
        number: u64,
        living: &'a AtomicUsize,
    }

    impl<'a> Counted<'a> {
        fn new(number: u64, living: &'a AtomicUsize) -> Box<Self> {
            living.fetch_add(1, Ordering::Relaxed);
            Box::new(Self { number, living })
        }
    }

    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            assert!(thread::current().name() != Some("taker"), "freed by the taker");
            self.living.fetch_sub(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn the_newest_value_is_taken_and_the_others_are_freed() {
        let living = AtomicUsize::new(0);
        let mut mailbox = Mailbox::new();
        let publisher = mailbox.publisher();
        let mut current = Counted::new(0, &living);
        assert!(!mailbox.take(&mut current), "nothing was published");
        publisher.publish(Counted::new(1, &living));
        publisher.publish(Counted::new(2, &living));
        assert_eq!(living.load(Ordering::Relaxed), 2, "number 1 was never taken and is freed");
        assert!(mailbox.take(&mut current));
        assert_eq!(current.number, 2);
        assert_eq!(living.load(Ordering::Relaxed), 2, "number 0 is retired and not freed");
        publisher.publish(Counted::new(3, &living));
        assert_eq!(living.load(Ordering::Relaxed), 2, "publishing freed number 0");
        drop((mailbox, publisher, current));
        assert_eq!(living.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_retired_value_is_collected_once() {
        let mut mailbox = Mailbox::new();
        let publisher = mailbox.publisher();
        let mut current = None;
        assert!(!mailbox.take_optional(&mut current));
        publisher.publish(Box::new(1u64));
        assert!(publisher.collect().is_none(), "a value that waits is not a retired one");
        assert!(mailbox.take_optional(&mut current));
        assert!(publisher.collect().is_none(), "there was nothing before it");
        publisher.publish(Box::new(2));
        assert!(mailbox.take_optional(&mut current));
        assert_eq!((current.as_deref(), publisher.collect().as_deref()), (Some(&2), Some(&1)));
        assert!(publisher.collect().is_none());
    }

    #[test]
    fn many_publishers_and_one_taker_lose_nothing_but_what_was_replaced() {
        const PUBLISHERS: u64 = 4;
        const EACH: u64 = if cfg!(miri) { 50 } else { 20_000 };
        let living = AtomicUsize::new(0);
        thread::scope(|scope| {
            let mut mailbox = Mailbox::new();
            let mut last = Vec::new();
            for publisher in 0..PUBLISHERS {
                let (publishing, living) = (mailbox.publisher(), &living);
                last.push(scope.spawn(move || {
                    for number in 1..=EACH {
                        publishing.publish(Counted::new(number * PUBLISHERS + publisher, living));
                        if number % 3 == 0 {
                            drop(publishing.collect());
                        }
                    }
                }));
            }
            let collector = mailbox.publisher();
            let mut current = Counted::new(0, &living);
            let taker = thread::Builder::new().name("taker".into());
            let taker = taker.spawn_scoped(scope, move || {
                let mut newest = [0; PUBLISHERS as usize];
                let mut taken = 0u64;
                while !last.iter().all(thread::ScopedJoinHandle::is_finished) || mailbox.is_published() {
                    if mailbox.take(&mut current) {
                        taken += 1;
                        let number = current.number / PUBLISHERS;
                        let newest = &mut newest[(current.number % PUBLISHERS) as usize];
                        assert!(number > *newest, "a value was taken twice, or after a newer one");
                        *newest = number;
                    }
                }
                assert_eq!(newest.into_iter().max(), Some(EACH), "the last value of all was taken");
                (taken, mailbox, current)
            });
            let (taken, mailbox, current) = taker.unwrap().join().unwrap();
            assert!(taken > 0);
            drop(collector.collect());
            assert_eq!(living.load(Ordering::Relaxed), 1, "all but the current one are freed");
            drop((mailbox, current));
        });
        assert_eq!(living.load(Ordering::Relaxed), 0);
    }
}
