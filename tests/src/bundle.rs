//! The packed plug-in, loaded in our own host.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use unbraid_host::ClapHost;
use unbraid_testkit::target_folder;

/// Sample rate of the clip in Hz, and of hosts unless said otherwise.
pub const RATE: u32 = 44_100;

/// The packed CLAP plug-in.
///
/// # Panics
/// With what to do, when the bundle is missing or older than the built library: tests of an old bundle say nothing.
#[must_use]
pub fn bundled_clap() -> PathBuf {
    const REMEDY: &str =
        "run `cargo xtask bundle unbraid --release` first, or all tests with `cargo xtask test`";
    let bundle = target_folder().join("bundled/unbraid.clap");
    let Some(packed) = newest(&bundle) else { panic!("{} is missing: {REMEDY}", bundle.display()) };
    // The library lies beside or above the program that runs, also when both were built for another system than cargo's.
    let library = format!("{}unbraid{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let program = std::env::current_exe().expect("a program knows where it lies");
    let built = program.ancestors().skip(1).take(2).find_map(|folder| newest(&folder.join(&library)));
    assert!(built.is_none_or(|built| built <= packed), "{} is out of date: {REMEDY}", bundle.display());
    bundle
}

/// When a file was written; of a folder, which the bundle is on macOS, the newest file in it.
fn newest(path: &Path) -> Option<SystemTime> {
    if path.is_dir() {
        std::fs::read_dir(path).ok()?.filter_map(|entry| newest(&entry.ok()?.path())).max()
    } else {
        path.metadata().ok()?.modified().ok()
    }
}

/// The modes, by the text of the parameter.
pub const MODES: [&str; 2] = ["Studio", "Live"];

/// The bundled plug-in, loaded and activated in one of [`MODES`].
///
/// # Panics
/// When it does not load or refuses mode or rate.
#[must_use]
pub fn active_host_in(mode: &str, rate: u32, max_block: u32) -> ClapHost {
    let mut host = loaded_host_in(mode);
    host.activate(f64::from(rate), max_block).expect("the plug-in takes this rate and block");
    host
}

/// The bundled plug-in in one of [`MODES`], loaded, not active, and with its network prepared.
///
/// # Panics
/// When it does not load or refuses the mode.
#[must_use]
pub fn loaded_host_in(mode: &str) -> ClapHost {
    let mut host = ClapHost::load(&bundled_clap()).expect("the bundle loads");
    host.set_text("mode", mode).expect("the plug-in has this mode");
    with_network(&mut host);
    host
}

/// The bundled plug-in, loaded and activated.
///
/// # Panics
/// When it does not load or refuses the rate.
#[must_use]
pub fn active_host(rate: u32, max_block: u32) -> ClapHost {
    let mut host = loaded_host();
    host.activate(f64::from(rate), max_block).expect("the plug-in takes this rate and block");
    host
}

/// The bundled plug-in, loaded, not active, and with its network prepared.
///
/// # Panics
/// When it does not load.
#[must_use]
pub fn loaded_host() -> ClapHost {
    let mut host = ClapHost::load(&bundled_clap()).expect("the bundle loads");
    with_network(&mut host);
    host
}

/// Has an inactive plug-in prepare the network of its mode: real-time activation waits two seconds for it at most, which
/// may be too little on a busy machine, and offline activation as long as it takes.
///
/// # Panics
/// When the plug-in refuses.
pub fn with_network(host: &mut ClapHost) {
    host.set_offline(true).expect("the plug-in renders offline");
    host.activate(f64::from(RATE), 512).expect("the plug-in takes the usual settings");
    host.deactivate();
    host.set_offline(false).expect("the plug-in plays in real time");
}
