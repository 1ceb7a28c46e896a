//! The callback makes no system call and causes no page fault, also while the stems are recorded. Each check is first shown
//! to fail on a planted fault.

use std::hint::black_box;
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use unbraid_plugin::mode::Mode;

use super::cases::*;
use super::clap::process_with;
use super::hosts::clap::{Events, event};
use super::hosts::{Change, Clap, Host, Transport, modes};
use super::recording::recorded;

/// Callbacks before the checks begin: the first inferences on a thread fill tract's scratch.
const SETTLING: usize = 400;
/// Callbacks that are checked.
const CHECKED: usize = 4000;

/// Held by tests that change how a thread may run.
static ALONE: Mutex<()> = Mutex::new(());

/// From here on the kernel ends this thread at any system call but `exit`. (The simpler strict mode would forbid
/// reading the processor's clock, too, which is no system call.)
fn forbid_system_calls() {
    // Load the call's number; if it is that of `exit`, go on to the first answer, else to the second.
    let instruction =
        |code: u32, jt, jf, k| libc::sock_filter { code: u16::try_from(code).unwrap(), jt, jf, k };
    let mut program = [
        instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        instruction(
            libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K,
            0,
            1,
            u32::try_from(libc::SYS_exit).unwrap(),
        ),
        instruction(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
        instruction(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_KILL_THREAD),
    ];
    let program =
        libc::sock_fprog { len: u16::try_from(program.len()).unwrap(), filter: program.as_mut_ptr() };
    // SAFETY: the program is well-formed and read by the kernel within the call.
    unsafe {
        assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        assert_eq!(libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &program), 0);
    }
}

/// True if `work`, after `settle`, runs to its end on a thread that the kernel ends at its first system call.
///
/// A thread that was ended never says so; `limit` is how long one that is merely slow may take.
fn runs_without_system_calls<T>(
    settle: impl FnOnce() -> T + Send + 'static,
    work: impl FnOnce(&mut T) + Send + 'static,
    limit: Duration,
) -> bool {
    let [settled, done] = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
    let flags = (settled.clone(), done.clone());
    thread::spawn(move || {
        let mut state = settle();
        flags.0.store(true, Ordering::Release);
        forbid_system_calls();
        work(&mut state);
        flags.1.store(true, Ordering::Release);
        // SAFETY: ends this thread without unwinding; what it owns is leaked and never used again.
        unsafe { libc::syscall(libc::SYS_exit, 0) };
        unreachable!("the thread has ended");
    });
    let wait_for = |flag: &AtomicBool, limit| {
        let start = Instant::now();
        while !flag.load(Ordering::Acquire) && start.elapsed() < limit {
            thread::sleep(Duration::from_millis(10));
        }
        flag.load(Ordering::Acquire)
    };
    assert!(wait_for(&settled, Duration::from_secs(300)), "the work never settled");
    wait_for(&done, limit)
}

/// The transport in callback `at` of `block` samples: it plays, jumps now and then, and stands now and then.
fn transport(at: usize, block: usize) -> Transport {
    let position = i64::try_from(at % 100 * block).unwrap();
    Transport { playing: at % 500 < 480, position, rate: 44_100.0 }
}

/// An instance that has processed for a while, with its host's memory. It records to `folder`.
fn settled(mode: Mode, block: usize, folder: &Path) -> (Clap, Box<Memory>) {
    let host = Clap::active(mode, 44_100.0, block);
    host.recorder().arm(folder).unwrap();
    let mut memory = Memory::new();
    for at in 0..SETTLING {
        let event = event(transport(at, block));
        process_with(host.instance(), &mut memory, Case::All, block, ptr::null(), &event);
    }
    (host, memory)
}

#[test]
fn the_check_for_system_calls_sees_a_planted_one() {
    let _turn = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    // On a busy machine the thread that may go on can be long in coming; the one that is ended never comes.
    let (long, limit) = (Duration::from_secs(300), Duration::from_secs(3));
    assert!(runs_without_system_calls(|| 0, |sum| *sum = (0..1000).map(black_box).sum::<i32>(), long));
    assert!(!runs_without_system_calls(|| (), |()| thread::sleep(Duration::from_nanos(1)), limit));
}

#[test]
fn promise_6_process_makes_no_system_call() {
    let _turn = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for &mode in modes() {
        for (block, case) in [(64, Case::All), (BLOCK, Case::One)] {
            let automation = [0.25, 0.75].map(|value| {
                Events::new(&[
                    Change { at: 0, id: "vocals_level", value },
                    Change { at: 13, id: "focus", value },
                    Change { at: 13, id: "drums_mute", value: value.round() },
                ])
            });
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().to_owned();
            let (tell, told) = mpsc::channel();
            let done = runs_without_system_calls(
                move || {
                    let settled = settled(mode, block, &path);
                    tell.send(settled.0.recorder()).unwrap();
                    settled
                },
                move |(host, memory)| {
                    for at in 0..CHECKED {
                        // A host that automates, which the framework's own callback would tell the window by a call.
                        let (list, event) = (automation[at % 2].list(), event(transport(at, block)));
                        process_with(host.instance(), memory, case, block, &list, &event);
                    }
                },
                Duration::from_secs(300),
            );
            assert!(done, "{mode:?}, blocks of {block}: the kernel ended the thread at a system call");
            let recorder = told.recv().unwrap();
            let frames = (SETTLING + CHECKED) * block / 2;
            assert!(recorded(&recorder, folder.path()) > frames as u64, "recording was off");
        }
    }
}

/// Page faults of this thread so far that needed no disk.
fn page_faults() -> i64 {
    // SAFETY: the structure is plain old data, and the kernel fills it in.
    unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        assert_eq!(libc::getrusage(libc::RUSAGE_THREAD, &mut usage), 0);
        usage.ru_minflt
    }
}

/// Takes pages from the kernel, past the allocator that may have some in store, and writes to each.
fn touch_fresh_pages(pages: usize) {
    const PAGE: usize = 4096;
    // SAFETY: the mapping is new, ours, and this long; small pages are asked for, so that each is a fault of its own.
    unsafe {
        let (protection, flags) =
            (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        let memory = libc::mmap(std::ptr::null_mut(), pages * PAGE, protection, flags, -1, 0);
        assert_ne!(memory, libc::MAP_FAILED);
        libc::madvise(memory, pages * PAGE, libc::MADV_NOHUGEPAGE);
        for page in 0..pages {
            memory.cast::<u8>().add(page * PAGE).write_volatile(1);
        }
        libc::munmap(memory, pages * PAGE);
    }
}

#[test]
fn promise_6_process_causes_no_page_fault_in_the_steady_state() {
    let before = page_faults();
    touch_fresh_pages(500);
    assert!(page_faults() - before >= 500, "the check does not see 500 fresh pages");

    for &mode in modes() {
        let folder = tempfile::tempdir().unwrap();
        let (host, mut memory) = settled(mode, 64, folder.path());
        let before = page_faults();
        for at in 0..CHECKED {
            let event = event(transport(at, 64));
            process_with(host.instance(), &mut memory, Case::All, 64, ptr::null(), &event);
        }
        let faults = page_faults() - before;
        // The kernel itself may move or scan a page now and then; a leak or a growing pool gives one a frame.
        assert!(faults < 20, "{mode:?}: {faults} page faults in {CHECKED} callbacks");
    }
}
