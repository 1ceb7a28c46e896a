//! Built files.

use std::path::PathBuf;

/// Contents of the archive beside documents.
pub struct Built {
    /// The packed CLAP plug-in: a file, or on macOS a folder.
    pub clap: PathBuf,
    /// The packed VST3 plug-in: a folder.
    pub vst3: PathBuf,
    /// The command `unbraid`.
    pub command: PathBuf,
    /// The standalone program.
    pub standalone: Option<PathBuf>,
}
