//! Locks that the callback takes: a trap lies on every instruction that could take one.
//!
//! A free lock costs no system call and leaves no trace but one instruction: the atomic
//! compare-and-exchange that takes it. Mutexes of Rust, parking_lot and the C library, read-write locks and `Once`
//! all begin with it. What is not counted, because it cannot wait: counting references (`xadd`, `inc`, `dec`),
//! try-locks that turn away (`xchg`), and what is told by the value that it stores: `AtomicRefCell`, which panics
//! instead of waiting, and looking whether a reference is the only one.
//!
//! Each test runs [`alone`], in a process of its own: the C library starts and ends threads with all signals blocked, and
//! takes locks meanwhile; a trap there ends the process, on any thread.

use std::cell::Cell;
use std::env;
use std::ffi::{c_int, c_void};
use std::hint::black_box;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, RwLock};

use unbraid_plugin::mode::Mode;
use unbraid_plugin::networks;

use super::hosts::{
    Change, Clap, Host, Output, Transport, Vst3, callback, float, in_callback, modes, stereo_noise,
};
use super::recording::recorded;

/// Locks of the inference runtime in a frame: none, but for one that each pooling operator takes, which looks up a switch
/// among values that are written once, before the first network is loaded.
fn of_the_network(mode: Mode) -> usize {
    let operators = networks::built_in(mode).unwrap().operators();
    operators.iter().filter(|name| name.contains("Pool")).count()
}

/// The byte that makes an instruction atomic, and the one that traps.
const LOCK: u8 = 0xf0;
const TRAP: u8 = 0xcc;

/// The bit in the flags that makes the processor trap after the next instruction.
const STEP: i64 = 1 << 8;

/// Addresses of all traps, sorted; found before the first trap is laid, when none is missing.
static SITES: OnceLock<Vec<usize>> = OnceLock::new();
/// True while traps lie.
static LAID: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// This thread's count of locks, if it counts, and the trap that it has lifted for one instruction.
    static COUNTS: Cell<bool> = const { Cell::new(false) };
    static TAKEN: Cell<usize> = const { Cell::new(0) };
    /// Addresses of the locks and their counts, to find them by; the last entry is for all others.
    static PLACES: [Cell<(usize, usize)>; 8] = const { [const { Cell::new((0, 0)) }; 8] };
    static LIFTED: Cell<usize> = const { Cell::new(0) };
}

/// Runs `test`, which is the test `name` of this module, in a new process in which no other test starts or ends a thread.
fn alone(name: &str, test: impl FnOnce()) {
    const THERE: &str = "UNBRAID_LOCKS_ALONE";
    if env::var_os(THERE).is_some() {
        return test();
    }
    let process = Command::new(env::current_exe().unwrap())
        .args(["--exact", &format!("locks::{name}"), "--nocapture"])
        .env(THERE, "1")
        .output()
        .unwrap();
    let told = [process.stdout, process.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    // Without the number, a test that has got another name would not run and still succeed.
    assert!(
        process.status.success() && told[0].contains("test result: ok. 1 passed"),
        "{}\n{}",
        process.status,
        told.concat()
    );
}

/// How many locks this thread takes in the [`callback`]s of `work`.
fn locks(work: impl FnOnce()) -> usize {
    let sites = SITES.get_or_init(sites);
    assert!(sites.len() > 100, "a program has more locks than {}", sites.len());
    // SAFETY: the handler has the signature that `SA_SIGINFO` asks for and touches atomics, thread-local cells and
    // traps alone. It stays for threads that are inside it when the traps are gone.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_trap as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO;
        assert_eq!(libc::sigaction(libc::SIGTRAP, &action, std::ptr::null_mut()), 0);
    }
    TAKEN.set(0);
    PLACES.with(|places| places.iter().for_each(|place| place.set((0, 0))));
    LAID.store(true, Ordering::Relaxed);
    lay(sites, TRAP);
    COUNTS.set(true);
    work();
    COUNTS.set(false);
    LAID.store(false, Ordering::Relaxed);
    lay(sites, LOCK);
    TAKEN.get()
}

/// Parts of this process's memory that hold code, from the kernel's list.
fn code() -> Vec<(usize, usize)> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let own = env::current_exe().unwrap();
    let ours = |line: &&str| {
        // Writable from the second time on.
        (line.contains(" r-xp ") || line.contains(" rwxp "))
            && (line.ends_with(own.to_str().unwrap()) || line.contains("/libc.so"))
    };
    let range = |line: &str| {
        let (from, to) = line.split_once(' ')?.0.split_once('-')?;
        Some((usize::from_str_radix(from, 16).ok()?, usize::from_str_radix(to, 16).ok()?))
    };
    maps.lines().filter(ours).filter_map(range).collect()
}

/// Where the bytes of an atomic compare-and-exchange lie in this program and the C library. (The same bytes inside
/// another instruction would be taken for one, and change what it does: hence results are compared, too.)
fn sites() -> Vec<usize> {
    let mut sites = Vec::new();
    for (from, to) in code() {
        // SAFETY: mapped and readable, as the kernel says, and never unmapped.
        let bytes = unsafe { std::slice::from_raw_parts(from as *const u8, to - from) };
        for (at, window) in bytes.windows(4).enumerate() {
            let exchange =
                matches!(window, [LOCK, 0x0f, 0xb0 | 0xb1, _] | [LOCK, 0x40..=0x4f, 0x0f, 0xb0 | 0xb1]);
            if exchange {
                sites.push(from + at);
            }
        }
    }
    sites
}

/// Writes `byte` at all sites.
fn lay(sites: &[usize], byte: u8) {
    for (from, to) in code() {
        // SAFETY: the range is mapped code of this process; it stays executable.
        let allowed = unsafe {
            libc::mprotect(
                from as *mut c_void,
                to - from,
                libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC,
            )
        };
        assert_eq!(allowed, 0, "this system does not let a process change its own code");
    }
    for &site in sites {
        set(site, byte);
    }
}

/// Writes one byte of code.
fn set(site: usize, byte: u8) {
    // SAFETY: a site lies in code that `lay` made writable. Processors see a change of one byte whole.
    unsafe { std::ptr::write_volatile(site as *mut u8, byte) };
}

unsafe extern "C" fn on_trap(_signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel hands over the interrupted thread's registers, and why it was interrupted.
    let (registers, stepped) = unsafe {
        (&mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs, (*info).si_code == libc::TRAP_TRACE)
    };
    if stepped {
        // The instruction under the trap has run.
        let laid = LAID.load(Ordering::Relaxed);
        set(LIFTED.get(), if laid { TRAP } else { LOCK });
        registers[libc::REG_EFL as usize] &= !STEP;
        return;
    }
    let site = usize::try_from(registers[libc::REG_RIP as usize].cast_unsigned()).unwrap_or(0) - 1;
    if SITES.get().is_none_or(|sites| sites.binary_search(&site).is_err()) {
        // Not a trap of ours: let it act as it would without us.
        // SAFETY: resets the signal, which comes again at the same place.
        unsafe { libc::signal(libc::SIGTRAP, libc::SIG_DFL) };
        return;
    }
    // SAFETY: the thread was about to execute what lies here. 15 bytes are the longest instruction; the code is never
    // at the last bytes of a mapping, since sections are padded.
    let mut instruction = unsafe { *(site as *const [u8; 15]) };
    instruction[0] = LOCK;
    if COUNTS.get()
        && in_callback()
        && takes_lock(&instruction, |register| {
            registers[usize::try_from(ORDER[register]).unwrap_or(0)].cast_unsigned()
        })
    {
        TAKEN.set(TAKEN.get() + 1);
        PLACES.with(|places| {
            let place = places.iter().find(|place| matches!(place.get(), (0, _)) || place.get().0 == site);
            let place = place.unwrap_or(&places[places.len() - 1]);
            place.set((site, place.get().1 + 1));
        });
    }
    set(site, LOCK);
    LIFTED.set(site);
    registers[libc::REG_RIP as usize] = (site as u64).cast_signed();
    registers[libc::REG_EFL as usize] |= STEP;
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

/// True if the instruction at the start of `code` is an atomic compare-and-exchange that could be a lock's.
///
/// Locks are told by what they store. The byte of parking_lot's is always one's; the 32 bits of the standard library's and
/// of C's go from 0 to 1, a reader's up by one, a writer's from 0 to all readers at once. (The levels for the window are
/// numbers in floating point, raised by compare-and-exchange: 32 bits of another kind.) On whole words the standard
/// library looks whether it holds the only reference, from one to none or to all at once; no lock counts like that.
fn takes_lock(code: &[u8; 15], register: impl Fn(usize) -> u64) -> bool {
    const ACCUMULATOR: usize = 0;
    /// Stored by `AtomicRefCell` while it is borrowed mutably.
    const BORROWED: u64 = 1 << 63;
    const READERS: u64 = 1024;
    const WRITER: u64 = (1 << 30) - 1;
    let (extension, opcode, operands) = match code {
        [LOCK, rex @ 0x40..=0x4f, 0x0f, opcode @ (0xb0 | 0xb1), operands, ..] => (*rex, *opcode, *operands),
        [LOCK, 0x0f, opcode @ (0xb0 | 0xb1), operands, ..] => (0, *opcode, *operands),
        _ => return false,
    };
    let expected = register(ACCUMULATOR);
    let stored = register(usize::from(operands >> 3 & 7 | (extension & 4) << 1));
    if opcode == 0xb0 {
        return true;
    }
    if extension & 8 != 0 {
        let only_reference = expected == 1 && matches!(stored, 0 | u64::MAX);
        return !only_reference && stored != BORROWED;
    }
    let (expected, stored) = (expected & 0xffff_ffff, stored & 0xffff_ffff);
    (expected < READERS && stored == expected + 1) || (expected == 0 && stored == WRITER)
}

#[test]
fn the_check_for_locks_sees_planted_ones() {
    alone("the_check_for_locks_sees_planted_ones", planted_locks_are_seen);
}

fn planted_locks_are_seen() {
    let locks = |work: &mut dyn FnMut()| locks(|| callback(work));
    let mutex = Mutex::new(1);
    let lock = RwLock::new(1);
    assert_eq!(locks(&mut || assert_eq!((0..1000).map(black_box).sum::<i32>(), 499_500)), 0);
    assert_eq!(locks(&mut || *mutex.lock().unwrap() += 1), 1, "a mutex");
    assert_eq!(locks(&mut || drop(black_box(lock.read().unwrap()))), 1, "a read lock");
    assert_eq!(locks(&mut || *lock.write().unwrap() += 1), 1, "a write lock");
    let level = AtomicU32::new(0.5f32.to_bits());
    let raise = |bits: u32| Some(black_box(f32::from_bits(bits)).max(0.75).to_bits());
    let mut raised = || _ = level.fetch_update(Ordering::Relaxed, Ordering::Relaxed, raise);
    assert_eq!(locks(&mut raised), 0, "a level that is raised");
    let counted = std::sync::Arc::new(1);
    assert_eq!(locks(&mut || drop(black_box(counted.clone()))), 0, "counting references never waits");
    let mut only = counted;
    assert_eq!(locks(&mut || *std::sync::Arc::get_mut(&mut only).unwrap() = 2), 0, "the only reference");
    let mut c = libc::PTHREAD_MUTEX_INITIALIZER;
    // SAFETY: the mutex is initialised and stays where it is.
    let of_c = locks(&mut || unsafe {
        libc::pthread_mutex_lock(&mut c);
        libc::pthread_mutex_unlock(&mut c);
    });
    assert!(of_c >= 1, "a mutex of the C library");
    assert_eq!(self::locks(|| drop(mutex.lock().unwrap())), 0, "what the host does around the callback");
}

/// Some hops in small blocks, automated and recorded while the transport jumps and stands: every stage of a frame, and
/// whatever a callback does besides.
fn callbacks_take_no_lock<H: Host>(mode: Mode) {
    const SMALL: usize = 128;
    const SETTLING: usize = 400 * SMALL;
    const CHECKED: usize = 96 * SMALL;
    let mut host = H::active(mode, 44_100.0, SMALL);
    let input = stereo_noise(1, SETTLING + CHECKED);
    let folder = tempfile::tempdir().unwrap();
    host.recorder().arm(folder.path()).unwrap();
    let mut run = |checked: bool| {
        let mut output = Output::new(SETTLING + CHECKED);
        host.reset();
        let mut play = |from: usize, to: usize| {
            for at in (from..to).step_by(SMALL) {
                let changes = [("vocals_level", 0), ("focus", 13), ("bass_level", 13)]
                    .map(|(id, sample)| Change { at: sample, id, value: 0.3 + 0.4 * float(at / SMALL % 2) });
                let (block, rate) = (at / SMALL, 44_100.0);
                if block % 40 == 0 {
                    let position = i64::try_from(block % 3 * 1000).unwrap();
                    host.set_transport(Some(Transport { playing: block % 160 > 0, position, rate }));
                }
                assert!(host.block(&input, &mut output, at..at + SMALL, &changes));
            }
        };
        play(0, SETTLING);
        let mut taken = 0;
        if checked {
            taken = locks(|| play(SETTLING, SETTLING + CHECKED));
        } else {
            play(SETTLING, SETTLING + CHECKED);
        }
        (taken, output)
    };
    // Twice, so that the run that is compared begins with the values that automation has left, as the checked one does.
    run(false);
    let (_, expected) = run(false);
    let (taken, output) = run(true);
    assert!(output == expected, "{}, {mode:?}: the traps changed what is computed", H::FORMAT);
    let starts: Vec<usize> = code().into_iter().map(|(from, _)| from).collect();
    let places = PLACES.with(|places| places.each_ref().map(Cell::get));
    let told = format!("{}, {mode:?}: address and number {places:x?}, code from {starts:x?}", H::FORMAT);
    // Whole hops, in either mode.
    let hop = networks::built_in(mode).unwrap().contract().hop;
    assert_eq!((CHECKED % hop, SETTLING % hop), (0, 0));
    let known = of_the_network(mode) * CHECKED / hop;
    assert_eq!(taken, known, "locks taken and known; {told}");
    let planted = Mutex::new(0);
    let found = locks(|| (0..8).for_each(|_| callback(|| *planted.lock().unwrap() += 1)));
    assert_eq!(found, 8, "the traps lie in the wrong place; {told}");
    assert!(recorded(&host.recorder(), folder.path()) > (SETTLING + CHECKED) as u64, "recording was off");
}

#[test]
fn promise_6_process_takes_no_lock() {
    alone("promise_6_process_takes_no_lock", || {
        for &mode in modes() {
            callbacks_take_no_lock::<Clap>(mode);
            callbacks_take_no_lock::<Vst3>(mode);
        }
    });
}
