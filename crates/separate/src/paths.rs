//! Paths in messages.

use std::path::Path;

/// A path as the user would write it: relative to the current folder where that is shorter.
pub fn shown(path: &Path) -> String {
    let short = std::env::current_dir()
        .ok()
        .and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned))
        .filter(|short| !short.as_os_str().is_empty());
    short.unwrap_or_else(|| path.to_owned()).display().to_string()
}
