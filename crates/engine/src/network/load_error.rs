//! Why a network file was refused.

/// A refused network file. The message names the file, what was found and what is needed, in one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {kind}")]
pub struct LoadError {
    /// The file's label.
    pub file: String,
    /// What is wrong with it.
    pub kind: LoadErrorKind,
}

/// What is wrong with a network file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadErrorKind {
    /// No ONNX model at all: another kind of file, or one that was cut off. Holds the parser's message.
    #[error("not an ONNX model or truncated ({0}); need a complete .onnx file")]
    NotOnnx(String),
    /// A metadata key that is missing or has a value the engine cannot work with.
    #[error("metadata key `{key}`: found {found}, need {needed}")]
    Key {
        /// The key in `metadata_props`.
        key: &'static str,
        /// The file's value.
        found: String,
        /// Acceptable values.
        needed: String,
    },
    /// An input or output of the graph that is missing or has another shape than the contract asks for.
    #[error("tensor `{tensor}`: found {found}, need {needed}")]
    Tensor {
        /// The tensor's name in the graph.
        tensor: String,
        /// The graph's tensor.
        found: String,
        /// The contract's tensor.
        needed: String,
    },
    /// A graph of the right shape that cannot be prepared or run. Holds the runtime's message.
    #[error("the graph does not run ({0}); need a graph of operators that tract supports")]
    Graph(String),
}

impl LoadErrorKind {
    /// The error for the file labelled `file`.
    pub(super) fn of(self, file: &str) -> LoadError {
        LoadError { file: file.to_owned(), kind: self }
    }

    pub(super) fn tensor(tensor: &str, found: &str, needed: &str) -> Self {
        Self::Tensor { tensor: tensor.to_owned(), found: found.to_owned(), needed: needed.to_owned() }
    }
}
