//! Where things are.

use std::path::{Path, PathBuf};

/// The workspace's root folder. `cargo run` says where this package lies; a binary started directly goes by where it
/// was built.
pub fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned);
    match package.parent() {
        // Started from another package's tests, the variable names that package: still a folder of the workspace.
        Some(parent) if parent.join("xtask").is_dir() => parent.to_owned(),
        _ => own.unwrap_or(package),
    }
}

/// Cargo's folder for built things. Honours `CARGO_TARGET_DIR`, as cargo itself does.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |folder| root().join(folder))
}

/// The clip that `render` takes apart when no song is named.
pub fn demo_clip() -> PathBuf {
    root().join("tests/clips/francium.flac")
}

/// A path as the user would write it: relative to the current folder where that is shorter.
pub fn shown(path: &Path) -> String {
    let short = std::env::current_dir()
        .ok()
        .and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned))
        .filter(|short| !short.as_os_str().is_empty());
    short.unwrap_or_else(|| path.to_owned()).display().to_string()
}
