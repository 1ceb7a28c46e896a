//! Which network the bundle holds: the metadata of the ONNX file that is embedded in it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Serialize;

use crate::paths::shown;

/// Metadata of a network file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Network {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The contract it follows.
    pub contract: String,
}

/// Finds a network's file inside the bundle and reads its metadata.
///
/// # Errors
/// When there is no such file, when it is no ONNX model with the contract's metadata, or when the bundle was built
/// from another one.
pub fn in_bundle(bundle: &Path, file: &Path) -> Result<Network> {
    let model = std::fs::read(file).with_context(|| format!("cannot read the network {}", shown(file)))?;
    let library = library(bundle);
    let code = std::fs::read(&library).with_context(|| format!("cannot read {}", shown(&library)))?;
    if memchr::memmem::find(&code, &model).is_none() {
        bail!(
            "{} does not hold {}: build it anew with `cargo xtask bundle unbraid --release`",
            shown(bundle),
            shown(file)
        );
    }
    from_onnx(&model).with_context(|| format!("{} is no network of the contract", shown(file)))
}

/// The library of a CLAP bundle: the file itself, or on macOS a file in its folder.
pub fn library(bundle: &Path) -> PathBuf {
    if bundle.is_dir() { bundle.join("Contents/MacOS/unbraid") } else { bundle.to_owned() }
}

/// Reads name, version and contract from an ONNX file's `metadata_props`.
fn from_onnx(model: &[u8]) -> Result<Network> {
    let get = |key| property(model, key);
    Ok(Network { name: get("name")?, version: get("version")?, contract: get("contract")? })
}

/// Reads one value from an ONNX file's `metadata_props`.
///
/// # Errors
/// When it is not there, or when this is no ONNX file.
pub fn property(model: &[u8], wanted: &str) -> Result<String> {
    for field in Fields(model) {
        // ModelProto.metadata_props = 14: StringStringEntryProto { key = 1, value = 2 }.
        if let (14, Some(entry)) = field? {
            let mut pair = (String::new(), String::new());
            for field in Fields(entry) {
                match field? {
                    (1, Some(key)) => pair.0 = String::from_utf8_lossy(key).into_owned(),
                    (2, Some(value)) => pair.1 = String::from_utf8_lossy(value).into_owned(),
                    _ => {}
                }
            }
            if pair.0 == wanted {
                return Ok(pair.1);
            }
        }
    }
    bail!("its metadata has no key `{wanted}`")
}

/// The fields of a protocol-buffer message: number, and the bytes of length-delimited ones.
///
/// Two lookups at the top level of one message do not justify a code generator and its build step.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn varint(&mut self) -> Result<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first().context("cut off")?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        bail!("a number of more than 64 bits");
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8]> {
        let length = usize::try_from(length)?;
        if length > self.0.len() {
            bail!("cut off");
        }
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        Ok(taken)
    }

    fn field(&mut self) -> Result<(u64, Option<&'a [u8]>)> {
        let tag = self.varint()?;
        let bytes = match tag & 7 {
            0 => {
                self.varint()?;
                None
            }
            1 => {
                self.take(8)?;
                None
            }
            2 => {
                let length = self.varint()?;
                Some(self.take(length)?)
            }
            5 => {
                self.take(4)?;
                None
            }
            other => bail!("unknown wire type {other}"),
        };
        Ok((tag >> 3, bytes))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Option<&'a [u8]>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "short texts of tests")]
mod tests {
    use super::*;

    fn entry(key: &str, value: &str) -> Vec<u8> {
        let mut pair = vec![0x0a, key.len() as u8];
        pair.extend(key.bytes());
        pair.extend([0x12, value.len() as u8]);
        pair.extend(value.bytes());
        let mut field = vec![0x72, pair.len() as u8];
        field.extend(pair);
        field
    }

    #[test]
    fn metadata_is_read_between_other_fields() {
        // ir_version (varint), producer_name (bytes), then the entries.
        let mut model = vec![0x08, 0x88, 0x01, 0x12, 0x02, b'u', b'b'];
        model.extend(entry("contract", "unbraid-mask/1"));
        model.extend(entry("name", "Braid Studio"));
        model.extend(entry("version", "0.1.0"));
        assert_eq!(
            from_onnx(&model).unwrap(),
            Network {
                name: "Braid Studio".into(),
                version: "0.1.0".into(),
                contract: "unbraid-mask/1".into()
            }
        );
    }

    #[test]
    fn a_missing_key_and_a_cut_file_are_named() {
        let model = entry("contract", "unbraid-mask/1");
        assert!(from_onnx(&model).unwrap_err().to_string().contains("`name`"));
        assert!(from_onnx(&model[..model.len() - 3]).unwrap_err().to_string().contains("cut off"));
    }
}
