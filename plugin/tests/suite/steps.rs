//! What the callback executes, instruction by instruction: the processor traps after each one, and the handler looks
//! at the next for what takes a lock.
//!
//! A lock that nobody else holds costs no system call and leaves no trace but one instruction: the atomic
//! compare-and-exchange that takes it. Mutexes of Rust, parking_lot and the C library, read-write locks and `Once`
//! all begin with it. What is not counted, because it cannot wait: counting references (`xadd`, `inc`, `dec`),
//! try-locks that turn away (`xchg`), and `AtomicRefCell`, which panics instead of waiting and is told by the value
//! that it stores.

use std::arch::asm;
use std::ffi::{c_int, c_void};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, RwLock};

use unbraid::params::Mode;

use super::hosts::{Clap, Host, Output, Vst3, modes, noise};

/// Locks that the framework takes in each callback: the channel by which a window hands over a whole state. Nobody
/// else takes it but a window that does so, and ours sets parameters one by one.
const FRAMEWORK: u64 = 1;

/// What was seen.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Steps {
    instructions: u64,
    locks: u64,
}

static INSTRUCTIONS: AtomicU64 = AtomicU64::new(0);
static LOCKS: AtomicU64 = AtomicU64::new(0);

/// The bit in the flags that makes the processor trap after every instruction.
const TRAP: u64 = 1 << 8;

/// Runs `work` step by step.
fn steps(work: impl FnOnce()) -> Steps {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap();
    INSTRUCTIONS.store(0, Ordering::Relaxed);
    LOCKS.store(0, Ordering::Relaxed);
    // SAFETY: the handler has the signature that `SA_SIGINFO` asks for and touches atomics alone.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_trap as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO;
        assert_eq!(libc::sigaction(libc::SIGTRAP, &action, std::ptr::null_mut()), 0);
    }
    // SAFETY: the flag changes nothing about what is computed; every trap goes to the handler above. The stack is as
    // it was after each line.
    unsafe { asm!("pushfq", "or qword ptr [rsp], {trap}", "popfq", trap = const TRAP) };
    work();
    // SAFETY: as above.
    unsafe { asm!("pushfq", "and qword ptr [rsp], {calm}", "popfq", calm = const !(TRAP as i32)) };
    Steps { instructions: INSTRUCTIONS.load(Ordering::Relaxed), locks: LOCKS.load(Ordering::Relaxed) }
}

unsafe extern "C" fn on_trap(_signal: c_int, _info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel hands over the interrupted thread's registers.
    let registers = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    INSTRUCTIONS.fetch_add(1, Ordering::Relaxed);
    // SAFETY: the thread is about to execute what the pointer leads to. 15 bytes are the longest instruction; the
    // code is never at the last bytes of a mapping, since sections are padded.
    let code = unsafe { &*(registers[libc::REG_RIP as usize] as *const [u8; 15]) };
    if takes_lock(code, |register| registers[ORDER[register] as usize] as u64) {
        LOCKS.fetch_add(1, Ordering::Relaxed);
    }
}

/// Where the kernel keeps the registers, in the order of their numbers in instructions.
const ORDER: [i32; 16] = [
    libc::REG_RAX,
    libc::REG_RCX,
    libc::REG_RDX,
    libc::REG_RBX,
    libc::REG_RSP,
    libc::REG_RBP,
    libc::REG_RSI,
    libc::REG_RDI,
    libc::REG_R8,
    libc::REG_R9,
    libc::REG_R10,
    libc::REG_R11,
    libc::REG_R12,
    libc::REG_R13,
    libc::REG_R14,
    libc::REG_R15,
];

/// Whether the instruction at the begin of `code` is an atomic compare-and-exchange that could be a lock's.
fn takes_lock(code: &[u8; 15], register: impl Fn(usize) -> u64) -> bool {
    /// What `AtomicRefCell` stores while it is borrowed mutably.
    const BORROWED: u64 = 1 << 63;
    let mut rest = &code[..];
    let mut locked = false;
    while let [
        prefix @ (0xf0 | 0x66 | 0x67 | 0xf2 | 0xf3 | 0x2e | 0x36 | 0x3e | 0x26 | 0x64 | 0x65),
        after @ ..,
    ] = rest
    {
        locked |= *prefix == 0xf0;
        rest = after;
    }
    let mut extension = 0;
    if let [rex @ 0x40..=0x4f, after @ ..] = rest {
        extension = *rex;
        rest = after;
    }
    match rest {
        [0x0f, 0xb0 | 0xb1, operands, ..] if locked => {
            let source = usize::from(operands >> 3 & 7 | (extension & 4) << 1);
            let wide = extension & 8 != 0;
            !(wide && register(source) == BORROWED)
        }
        // Compare-and-exchange of two words at once.
        [0x0f, 0xc7, operands, ..] => locked && operands >> 3 & 7 == 1,
        _ => false,
    }
}

#[test]
fn the_guard_against_locks_sees_planted_ones() {
    let mutex = Mutex::new(1);
    let lock = RwLock::new(1);
    let nothing = steps(|| ());
    let sum = steps(|| {
        black_box((0..1000).map(black_box).sum::<i32>());
    });
    assert!(sum.instructions > nothing.instructions + 1000, "{sum:?}");
    assert_eq!(sum.locks, 0);
    assert_eq!(steps(|| *mutex.lock().unwrap() += 1).locks, 1, "a mutex");
    assert_eq!(steps(|| drop(black_box(lock.read().unwrap()))).locks, 2, "a read lock, taken and given back");
    let counted = std::sync::Arc::new(1);
    assert_eq!(steps(|| drop(black_box(counted.clone()))).locks, 0, "counting references waits for nobody");
    let mut c = libc::PTHREAD_MUTEX_INITIALIZER;
    // SAFETY: the mutex is initialised and stays where it is.
    let of_c = steps(|| unsafe {
        libc::pthread_mutex_lock(&mut c);
        libc::pthread_mutex_unlock(&mut c);
    });
    assert!(of_c.locks >= 1, "a mutex of the C library: {of_c:?}");
}

/// One hop in small blocks: every stage of a frame, and whatever a callback does besides.
fn a_hop_takes_no_lock<H: Host>(mode: Mode) {
    const SMALL: usize = 128;
    const SETTLING: usize = 400 * SMALL;
    // Both modes' hops end within this.
    const STEPPED: usize = 1024;
    let mut host = H::active(mode, 44_100.0, SMALL);
    let input = noise(1, SETTLING + STEPPED);
    let mut output = Output::new(SETTLING + STEPPED);
    for at in (0..SETTLING).step_by(SMALL) {
        assert!(host.block(&input, &mut output, at..at + SMALL, &[]));
    }
    let seen = steps(|| {
        for at in (SETTLING..SETTLING + STEPPED).step_by(SMALL) {
            assert!(host.block(&input, &mut output, at..at + SMALL, &[]));
        }
    });
    assert!(seen.instructions > 1_000_000, "{}, {mode:?}: a hop is more work than this: {seen:?}", H::FORMAT);
    assert_eq!(seen.locks, FRAMEWORK * (STEPPED / SMALL) as u64, "{}, {mode:?}: {seen:?}", H::FORMAT);
}

#[test]
fn promise_6_process_takes_no_lock() {
    for &mode in modes() {
        a_hop_takes_no_lock::<Clap>(mode);
    }
    a_hop_takes_no_lock::<Vst3>(Mode::Studio);
}
