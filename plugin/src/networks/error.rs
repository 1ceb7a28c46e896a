//! Why a network cannot be used.

use std::path::PathBuf;

use unbraid_engine::Fault;
use unbraid_engine::network::LoadError;

/// Why a network cannot be used: one line that names the file and the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// A file that is missing, too large, or closed to us.
    #[error("{name}: cannot be read ({reason}); need a network file at {}", path.display())]
    Unreadable {
        /// The file's name.
        name: String,
        /// The system's reason.
        reason: String,
        /// Where the file was looked for.
        path: PathBuf,
    },
    /// A file that contradicts the contract or does not run.
    #[error(transparent)]
    Refused(#[from] LoadError),
    /// A network that failed while it was warmed up.
    #[error(transparent)]
    Failed(#[from] Fault),
    /// A file that was replaced by one of other lengths while it was loaded.
    #[error("the network changed while it was loaded: restart the plug-in to use it")]
    Replaced,
    /// A loading thread that could not be started, or that ended early.
    #[error("the network was not loaded, because its thread ended early: try again")]
    Interrupted,
}
