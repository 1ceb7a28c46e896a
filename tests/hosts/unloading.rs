//! What remains of the library when a host lets go of it. Alone in its program: other tests would hold the library.
#![cfg(any(target_os = "linux", windows))]

use unbraid_tests::{bundled_clap, loaded_host};

/// Code of the library is in this process's memory.
#[cfg(target_os = "linux")]
fn mapped() -> bool {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("a process can read what is mapped into it");
    maps.lines().any(|line| line.contains("unbraid.clap") && line.contains("r-xp"))
}

#[cfg(windows)]
fn mapped() -> bool {
    libloading::os::windows::Library::open_already_loaded(bundled_clap()).is_ok()
}

/// Threads of the window system's layer may outlive a window by a moment; see `crates/bundle/build.rs`.
#[cfg(target_os = "linux")]
#[test]
fn the_code_stays_in_memory_when_the_last_host_lets_go_of_the_library() {
    assert!(!mapped(), "the library is loaded before there is a host");
    // In a thread that ends: destructors of its own values hold a library until they have run.
    let held = std::thread::spawn(|| {
        let host = loaded_host();
        // SAFETY: none of this library's functions is called; it is only asked for again, and let go of.
        let again = unsafe { libloading::Library::new(bundled_clap()) }.unwrap();
        drop(host);
        again
    });
    drop(held.join().unwrap());
    assert!(mapped(), "whatever still runs in the library has no code any more");
}

/// Windows are of the host's own thread there, and the threads that load networks are waited for.
#[cfg(windows)]
#[test]
fn the_library_goes_with_the_last_host_and_comes_again() {
    use unbraid_tests::{active_host, announced, noise, play};
    const BLOCK: usize = 512;
    for round in 0..3 {
        assert!(!mapped(), "round {round}: the library is loaded before there is a host");
        // Activated again while a network may still be loading, and dropped while active.
        let mut host = loaded_host();
        host.activate(48_000.0, announced(BLOCK)).unwrap();
        let mut other = active_host(44_100, announced(BLOCK));
        assert!(mapped());
        let ports = play(&mut other, &noise(20_000), BLOCK).ports;
        assert_eq!(ports.len(), 5);
    }
    assert!(!mapped(), "the library outlives its hosts");
}
