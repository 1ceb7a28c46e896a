//! Why a preset cannot be used.

use std::io;

/// One line that names the preset, what was found and what is needed.
#[derive(Debug, thiserror::Error)]
pub enum PresetError {
    /// The text is not JSON of the right shape.
    #[error("not a preset ({0})")]
    Syntax(#[from] serde_json::Error),
    /// Another format, or another version of it.
    #[error("format `{found}`, need `{needed}`")]
    Format {
        /// The file's format.
        found: String,
        /// The format of this version.
        needed: &'static str,
    },
    /// A parameter that does not exist, or that presets do not store.
    #[error("parameter `{0}` is not known to this version")]
    UnknownParameter(String),
    /// A text that the parameter cannot read.
    #[error("parameter `{parameter}` cannot be `{text}`")]
    Value {
        /// The parameter's id.
        parameter: String,
        /// Its value in the file.
        text: String,
    },
    /// Too large to be a preset.
    #[error("{bytes} bytes are too many, need at most {limit}")]
    Size {
        /// Size of the file.
        bytes: u64,
        /// Largest size that is read.
        limit: u64,
    },
    /// The contents of a file are refused.
    #[error("Preset {file}: {reason}")]
    In {
        /// The file's name.
        file: String,
        /// The fault.
        reason: Box<PresetError>,
    },
    /// A file cannot be read, saved, imported or removed.
    #[error("Preset {preset} cannot be {action}: {reason}")]
    File {
        /// The preset or the file's name.
        preset: String,
        /// The failed action, as a participle.
        action: &'static str,
        /// The system's error.
        reason: io::Error,
    },
    /// A name that is no file name on every platform.
    #[error("A preset's name {0}.")]
    Name(String),
    /// Every name that was tried is taken.
    #[error("Preset {0}: too many of the same name.")]
    Taken(String),
}
