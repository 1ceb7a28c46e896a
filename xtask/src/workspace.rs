//! Where things are.

use std::path::{Path, PathBuf};

use unbraid_separate::Mode;

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

/// The network that the workspace's plug-in builds in for a mode. Without the file, the plug-in has no such mode of its own.
pub fn network_file(mode: Mode) -> PathBuf {
    root().join(format!("models/{}.onnx", mode.text().to_lowercase()))
}

pub use unbraid_separate::shown;
