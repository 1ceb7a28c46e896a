//! What remains of the library when a host lets go of it. Alone in its program: other tests would hold the library.
#![cfg(target_os = "linux")]

use std::fs;

use unbraid_tests::{bundled_clap, loaded_host};

fn mapped() -> bool {
    let maps = fs::read_to_string("/proc/self/maps").expect("a process can read what is mapped into it");
    maps.lines().any(|line| line.contains("unbraid.clap") && line.contains("r-xp"))
}

/// Threads of the window system's layer may outlive a window by a moment; see `crates/bundle/build.rs`.
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
