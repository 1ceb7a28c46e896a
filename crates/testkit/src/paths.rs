//! Where the repository and its built things are.

use std::path::{Path, PathBuf};

/// The repository's root folder.
#[must_use]
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A file of the repository.
///
/// # Panics
/// If it is missing.
#[must_use]
pub fn repository_file(path: &str) -> PathBuf {
    let file = repository().join(path);
    assert!(file.exists(), "{path} is missing from the repository");
    file
}

/// Cargo's folder for built things; `CARGO_TARGET_DIR` as cargo reads it.
#[must_use]
pub fn target_folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| repository().join("target"), |folder| repository().join(folder))
}
