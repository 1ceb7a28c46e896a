//! Errors between the host and the plug-in.

use std::path::PathBuf;

/// An error of the host, with the thing that failed and, where there is one, the remedy.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file is missing, is no library or has no CLAP entry.
    #[error("cannot load {path}: {reason}")]
    Load {
        /// The bundle's path.
        path: PathBuf,
        /// The loader's reason.
        reason: String,
    },
    /// The bundle has no plug-in, or the plug-in refused to be made.
    #[error("the bundle has no plug-in to make: {0}")]
    Instantiate(String),
    /// The plug-in lacks a CLAP extension that this host needs.
    #[error("the plug-in has no CLAP extension `{0}`")]
    MissingExtension(&'static str),
    /// No parameter has this id.
    #[error("the plug-in has no parameter `{id}`; it has {known}")]
    UnknownParameter {
        /// The name that was given.
        id: String,
        /// The names of the parameters that exist.
        known: String,
    },
    /// No layout of ports has this name.
    #[error("the plug-in has no layout `{name}`; it has {known}")]
    UnknownLayout {
        /// The name that was given.
        name: String,
        /// The layouts that exist.
        known: String,
    },
    /// The plug-in did not understand the text of a value.
    #[error("the parameter `{id}` does not take `{text}`")]
    BadValue {
        /// The parameter.
        id: String,
        /// The text that was refused.
        text: String,
    },
    /// Activation was refused.
    #[error("the plug-in refuses {rate} Hz with blocks of up to {max_block} samples: {reason}")]
    Activate {
        /// Sample rate in Hz.
        rate: f64,
        /// Largest block in samples.
        max_block: u32,
        /// The plug-in's reason.
        reason: String,
    },
    /// Audio was streamed before activation.
    #[error("the plug-in is not active: call `activate` first")]
    NotActive,
    /// The plug-in must be inactive for this.
    #[error("the plug-in is active: call `deactivate` first")]
    Active,
    /// The plug-in's `process` failed.
    #[error("the plug-in failed at sample {at}: {reason}")]
    Process {
        /// First sample of the block in question.
        at: u64,
        /// The plug-in's reason.
        reason: String,
    },
    /// The state could not be saved or loaded.
    #[error("the plug-in refuses its state: {0}")]
    State(String),
    /// The caller's audio or blocks have the wrong shape.
    #[error("{0}")]
    Shape(String),
}
