//! Where a song comes from.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use crate::error::ErrorKind;

/// Where a song comes from.
pub enum Input {
    /// A file, or anything else with a path, such as a named pipe.
    File(PathBuf),
    /// What is piped into the program.
    Stdin,
    /// Any other stream of bytes. The name is for messages; its extension is a hint at the format.
    Stream {
        /// What messages call it.
        name: String,
        /// The bytes.
        bytes: Box<dyn Read + Send + Sync>,
    },
}

impl From<&Path> for Input {
    fn from(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}

impl From<PathBuf> for Input {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl Input {
    /// What messages call it.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Stdin => "standard input".to_owned(),
            Self::Stream { name, .. } => name.clone(),
        }
    }

    /// The extension of its name, or nothing.
    pub(crate) fn extension(&self) -> Option<String> {
        let path = match self {
            Self::File(path) => path.as_path(),
            Self::Stdin => return None,
            Self::Stream { name, .. } => Path::new(name),
        };
        path.extension().and_then(|extension| extension.to_str()).map(str::to_owned)
    }

    /// A file that can be read from any place. What comes through a pipe is first written to a temporary file without a
    /// name, because half of the formats keep what is needed first at their end.
    pub(crate) fn open(self) -> Result<File, ErrorKind> {
        let file = match self {
            Self::File(path) => open_path(&path)?,
            Self::Stdin => buffered(&mut io::stdin().lock())?,
            Self::Stream { mut bytes, .. } => buffered(&mut bytes)?,
        };
        if file.metadata()?.len() == 0 {
            return Err(ErrorKind::Empty);
        }
        Ok(file)
    }
}

fn open_path(path: &Path) -> Result<File, ErrorKind> {
    let meta = path.metadata()?;
    if meta.is_dir() {
        return Err(ErrorKind::Folder);
    }
    let mut file = File::open(path)?;
    if meta.is_file() { Ok(file) } else { buffered(&mut file) }
}

fn buffered(source: &mut dyn Read) -> Result<File, ErrorKind> {
    let of_the_buffer =
        |error| ErrorKind::Buffer { folder: std::env::temp_dir().display().to_string(), error };
    let mut file = tempfile::tempfile().map_err(of_the_buffer)?;
    let mut block = vec![0; 1 << 16];
    loop {
        let count = match source.read(&mut block) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(ErrorKind::Unreadable(error)),
        };
        io::Write::write_all(&mut file, &block[..count]).map_err(of_the_buffer)?;
    }
    file.rewind().map_err(of_the_buffer)?;
    Ok(file)
}
