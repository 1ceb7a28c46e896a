//! Reading songs, which messages call by their path as the user sees it.

use std::path::Path;

use anyhow::Result;

use crate::workspace;

pub use unbraid_song::Song;

/// Reads a song: see [`unbraid_song::read`].
pub fn read(path: &Path) -> Result<Song> {
    unbraid_song::read(path, &workspace::shown(path))
}
