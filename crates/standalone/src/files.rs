//! The program's files in the user's data folder: JSON, replaced as a whole, and set aside when they cannot be read.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Largest file that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// The folder of the program's data, where the system has one.
pub fn data_folder() -> Option<PathBuf> {
    Some(dirs::data_dir()?.join("unbraid"))
}

/// What the file at `path` holds; `None` if there is no file. One that cannot be used is set aside, so that the next one
/// that is written does not replace it.
///
/// # Errors
/// One line for people that names the file.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, String> {
    let text = match fs::metadata(path).and_then(|meta| {
        if meta.len() > LARGEST {
            return Err(std::io::Error::other("it is too large"));
        }
        fs::read_to_string(path)
    }) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        result => result.map_err(|error| error.to_string()),
    };
    let parsed = text.and_then(|text| serde_json::from_str(&text).map_err(|error| error.to_string()));
    parsed.map(Some).map_err(|reason| {
        let aside = path.with_extension("json.unreadable");
        let kept = if fs::rename(path, &aside).is_ok() {
            format!("it was set aside as {}", aside.display())
        } else {
            "remove it to go on".into()
        };
        format!("{} cannot be read ({reason}): {kept}", path.display())
    })
}

/// Writes `value` to the file at `path`, in one step.
///
/// # Errors
/// One line for people that names the file.
pub fn write<T: Serialize>(path: &Path, value: &T) -> Result<(), String> {
    let write = || -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let text = serde_json::to_string_pretty(value).map_err(std::io::Error::other)?;
        let new = path.with_extension("json.new");
        fs::write(&new, text + "\n")?;
        fs::rename(new, path)
    };
    write().map_err(|error| format!("{} cannot be written ({error})", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_named_and_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("midi.json");
        assert_eq!(read::<Vec<u32>>(&path), Ok(None));
        write(&path, &[1, 2]).unwrap();
        assert_eq!(read(&path), Ok(Some(vec![1, 2])));
        fs::write(&path, "[1, 2").unwrap();
        let error = read::<Vec<u32>>(&path).unwrap_err();
        assert!(error.contains("midi.json") && error.contains("unreadable"), "{error}");
        assert_eq!(fs::read_to_string(folder.path().join("midi.json.unreadable")).unwrap(), "[1, 2");
        assert_eq!(read::<Vec<u32>>(&path), Ok(None));
        fs::write(&path, [0xff; 16]).unwrap();
        assert!(read::<Vec<u32>>(&path).is_err());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("songs"), "a file").unwrap();
        let error = write(&folder.path().join("songs/a.json"), &1).unwrap_err();
        assert!(error.contains("songs"), "{error}");
    }
}
