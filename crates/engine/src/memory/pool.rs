//! The pools themselves: a fixed table of slots, each a two-level segregated fit heap of its own.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, UnsafeCell};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};

use rlsf::Tlsf;

/// Size of one pool. A network of the contract holds 0.4–0.6 MB at a time; a user's own may need more. (Under Miri, which
/// takes minutes for the pages of such a pool, a small one.)
pub const POOL_BYTES: usize = if cfg!(miri) { 64 << 10 } else { 4 << 20 };

/// Most pools that can exist in one process. Instances beyond that run from the system allocator, which
/// [`PoolCounters::overflows`] then counts.
const MAX_POOLS: usize = 256;

const PAGE: usize = 4096;

/// Smallest size and alignment given out: a returned block must hold a [`Returned`] header.
const MIN_BLOCK: usize = size_of::<Returned>();

/// Constant-time heap for blocks up to 16 MiB.
type Heap = Tlsf<'static, u32, u16, 20, 16>;

/// Use of a pool since it was taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PoolCounters {
    /// Requests served.
    pub served: u64,
    /// Requests passed on to the system because the pool was full (or there was none left to hand out).
    pub overflows: u64,
    /// Bytes in use now.
    pub in_use: usize,
    /// Most bytes ever in use.
    pub peak: usize,
}

/// Exclusive use of one pool. Dropping it parks the pool for the next taker, with whatever still lives in it.
pub struct Pool {
    slot: Option<&'static Slot>,
    /// Requests that found no pool at all.
    orphans: Cell<u64>,
}

impl Pool {
    /// Takes a parked pool, or makes one: 4 MiB, every page touched. Not for the audio thread.
    pub fn take() -> Self {
        Self { slot: Slot::take(), orphans: Cell::new(0) }
    }

    /// Runs `work` with this thread's requests served from the pool. Any thread, the audio thread included; nested runs
    /// of other pools are allowed.
    pub fn run<R>(&mut self, work: impl FnOnce() -> R) -> R {
        match self.slot {
            Some(slot) => slot.take_back_returned(),
            None => self.orphans.set(self.orphans.get() + 1),
        }
        // Left at the end, by a panic in `work` as well. `self` is borrowed until then, so no other thread enters.
        let _scope = Scope { previous: CURRENT.replace(self.slot) };
        work()
    }

    /// What the pool was asked for since it was taken.
    pub fn counters(&self) -> PoolCounters {
        let mut counters = self.slot.map(Slot::counters).unwrap_or_default();
        counters.overflows += self.orphans.get();
        counters
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if let Some(slot) = self.slot {
            slot.taken.store(false, Ordering::Release);
        }
    }
}

/// While it lives, this thread allocates from a pool. Never leaves [`Pool::run`].
struct Scope {
    previous: Option<&'static Slot>,
}

impl Drop for Scope {
    fn drop(&mut self) {
        CURRENT.set(self.previous);
    }
}

thread_local! {
    /// The pool this thread has entered. `const` and without a destructor, so that an allocator may use it.
    static CURRENT: Cell<Option<&'static Slot>> = const { Cell::new(None) };
}

/// The pool this thread has entered, if any.
pub(super) fn current() -> Option<&'static Slot> {
    CURRENT.get()
}

/// A block that was freed while its pool was not entered: it waits in its pool's list, in its own memory.
struct Returned {
    next: *mut Returned,
    /// The layout it was allocated with: size and alignment's exponent, see [`pack`].
    layout: usize,
}

/// A layout in one word: the size above six bits for the exponent of the alignment.
fn pack(layout: Layout) -> usize {
    layout.size() << 6 | layout.align().ilog2() as usize
}

/// Size and alignment out of a packed layout.
fn unpack(layout: usize) -> (usize, usize) {
    (layout >> 6, 1 << (layout & 63))
}

/// One pool: its memory, its heap, and the list of blocks that others returned.
pub(super) struct Slot {
    start: usize,
    heap: UnsafeCell<Heap>,
    returned: AtomicPtr<Returned>,
    taken: AtomicBool,
    served: AtomicU64,
    overflows: AtomicU64,
    in_use: AtomicUsize,
    peak: AtomicUsize,
}

// SAFETY: `heap` is touched only by the thread whose `CURRENT` is this slot, and `Pool::run` on the one
// `Pool` that took the slot, which it borrows exclusively, is the only way there; all other fields are atomic or never change.
unsafe impl Sync for Slot {}
// SAFETY: nothing in a slot belongs to one thread.
unsafe impl Send for Slot {}

static SLOTS: [AtomicPtr<Slot>; MAX_POOLS] = [const { AtomicPtr::new(ptr::null_mut()) }; MAX_POOLS];
/// Slots made so far; entries below it may still be null for a moment.
static MADE: AtomicUsize = AtomicUsize::new(0);
/// Bounds of all pools, so that most frees are told apart by two comparisons.
static LOWEST: AtomicUsize = AtomicUsize::new(usize::MAX);
static HIGHEST: AtomicUsize = AtomicUsize::new(0);

impl Slot {
    /// The slot whose memory holds `block`, if any. Any thread.
    pub(super) fn of(block: *mut u8) -> Option<&'static Self> {
        let address = block.addr();
        if address < LOWEST.load(Ordering::Acquire) || address >= HIGHEST.load(Ordering::Acquire) {
            return None;
        }
        all().find(|slot| (slot.start..slot.start + POOL_BYTES).contains(&address))
    }

    fn take() -> Option<&'static Self> {
        let free = |slot: &&'static Self| {
            slot.taken.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok()
        };
        let slot = all().find(free).or_else(Self::make)?;
        slot.served.store(0, Ordering::Relaxed);
        slot.overflows.store(0, Ordering::Relaxed);
        slot.peak.store(slot.in_use.load(Ordering::Relaxed), Ordering::Relaxed);
        Some(slot)
    }

    /// Makes a new slot, already taken.
    fn make() -> Option<&'static Self> {
        let at = MADE.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |made| {
            (made < MAX_POOLS).then_some(made + 1)
        });
        let at = at.ok()?;
        let layout = Layout::from_size_align(POOL_BYTES, PAGE).ok()?;
        // SAFETY: the layout has a size above zero. The memory is never given back.
        let memory = NonNull::new(unsafe { System.alloc(layout) })?;
        // SAFETY: the block is ours and holds `POOL_BYTES`. Touching every page here keeps page faults off
        // the audio thread.
        unsafe { ptr::write_bytes(memory.as_ptr(), 0, POOL_BYTES) };
        let mut heap = Heap::new();
        // SAFETY: the memory is exclusively the heap's from now on and lives as long as the process.
        unsafe { heap.insert_free_block_ptr(NonNull::slice_from_raw_parts(memory, POOL_BYTES)) };
        let start = memory.as_ptr().addr();
        let slot: &'static Self = Box::leak(Box::new(Self {
            start,
            heap: UnsafeCell::new(heap),
            returned: AtomicPtr::new(ptr::null_mut()),
            taken: AtomicBool::new(true),
            served: AtomicU64::new(0),
            overflows: AtomicU64::new(0),
            in_use: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
        }));
        SLOTS[at].store(ptr::from_ref(slot).cast_mut(), Ordering::Release);
        LOWEST.fetch_min(start, Ordering::AcqRel);
        HIGHEST.fetch_max(start + POOL_BYTES, Ordering::AcqRel);
        Some(slot)
    }

    /// Takes a block from the heap, or `None` if it is full.
    ///
    /// # Safety
    /// Only for the thread that has entered this slot.
    pub(super) unsafe fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        let layout = padded(layout);
        // SAFETY: this thread has entered the slot, so no other thread touches the heap.
        let block = unsafe { (*self.heap.get()).allocate(layout) };
        if block.is_some() {
            bump(&self.served);
            let in_use = self.in_use.load(Ordering::Relaxed) + layout.size();
            self.in_use.store(in_use, Ordering::Relaxed);
            if in_use > self.peak.load(Ordering::Relaxed) {
                self.peak.store(in_use, Ordering::Relaxed);
            }
        } else {
            bump(&self.overflows);
        }
        block
    }

    /// Gives a block back: at once if this thread has entered the slot, else by way of its list.
    ///
    /// # Safety
    /// The block must have come from `allocate` of this slot with `layout`, and is not used again.
    pub(super) unsafe fn release(&'static self, block: *mut u8, layout: Layout) {
        let layout = padded(layout);
        if current().is_some_and(|entered| ptr::eq(entered, self)) {
            // SAFETY: this thread has entered the slot; the block and its alignment are those of `allocate`.
            unsafe { (*self.heap.get()).deallocate(NonNull::new_unchecked(block), layout.align()) };
            self.in_use.store(self.in_use.load(Ordering::Relaxed) - layout.size(), Ordering::Relaxed);
            return;
        }
        let block = block.cast::<Returned>();
        let mut next = self.returned.load(Ordering::Relaxed);
        loop {
            // SAFETY: the block is free, at least `MIN_BLOCK` long, and aligned for a `Returned`.
            unsafe { block.write(Returned { next, layout: pack(layout) }) };
            match self.returned.compare_exchange_weak(next, block, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(newer) => next = newer,
            }
        }
    }

    /// Puts blocks that others returned back into the heap. Only for the thread that holds the slot's `Pool`.
    fn take_back_returned(&self) {
        if self.returned.load(Ordering::Relaxed).is_null() {
            return;
        }
        let mut block = self.returned.swap(ptr::null_mut(), Ordering::Acquire);
        while let Some(found) = NonNull::new(block) {
            // SAFETY: `release` wrote this header and gave the block up.
            let Returned { next, layout } = unsafe { found.read() };
            let (size, align) = unpack(layout);
            // SAFETY: the caller holds the only `Pool` of this slot, mutably, so no other thread touches the
            // heap; the block came from it with this alignment.
            unsafe { (*self.heap.get()).deallocate(found.cast(), align) };
            self.in_use.store(self.in_use.load(Ordering::Relaxed) - size, Ordering::Relaxed);
            block = next;
        }
    }

    fn counters(&self) -> PoolCounters {
        PoolCounters {
            served: self.served.load(Ordering::Relaxed),
            overflows: self.overflows.load(Ordering::Relaxed),
            in_use: self.in_use.load(Ordering::Relaxed),
            peak: self.peak.load(Ordering::Relaxed),
        }
    }
}

fn all() -> impl Iterator<Item = &'static Slot> {
    let made = MADE.load(Ordering::Acquire).min(MAX_POOLS);
    // SAFETY: a pointer in the table is null or leads to a leaked slot, which lives as long as the process.
    SLOTS[..made].iter().filter_map(|slot| unsafe { slot.load(Ordering::Acquire).as_ref() })
}

fn padded(layout: Layout) -> Layout {
    let size = layout.size().max(MIN_BLOCK);
    let align = layout.align().max(align_of::<Returned>());
    // SAFETY: the alignment is a power of two, and raising a valid layout to 16 bytes cannot overflow.
    unsafe { Layout::from_size_align_unchecked(size, align) }
}

/// Adds one to a counter that only one thread at a time writes.
fn bump(counter: &AtomicU64) {
    counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
}
