//! Key of a rendering: song, plug-in and options. Kept in the report, so that a finished song is recognised.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::network::Network;
use crate::options::Options;
use crate::paths::shown;

/// Two renderings with the same key hold the same audio.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Key {
    /// SHA-256 of the song's file.
    audio_sha256: String,
    /// The plug-in.
    plugin: Plugin,
    /// The options that the written audio depends on, as text.
    options: String,
}

/// Identity of the plug-in that separated a song.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plugin {
    /// The workspace's version.
    version: String,
    /// The network's name and version; null with `--bundle`, where only the plug-in itself knows it.
    network: Option<String>,
    /// SHA-256 of the network's file; with `--bundle`, of the plug-in's library.
    sha256: String,
}

impl Plugin {
    /// Describes the plug-in: by its network where that is known, else by its library.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn new(clap: &Path, network: Option<(&Network, &Path)>) -> Result<Self> {
        let library = crate::network::library(clap);
        let file = network.map_or(library.as_path(), |(_, file)| file);
        Ok(Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            network: network.map(|(network, _)| format!("{} {}", network.name, network.version)),
            sha256: sha256(file)?,
        })
    }
}

impl Key {
    /// The key of a song's rendering: its file's hash, the plug-in, the options.
    pub fn new(audio_sha256: String, plugin: &Plugin, options: &Options) -> Self {
        Self { audio_sha256, plugin: plugin.clone(), options: described(options) }
    }

    /// SHA-256 of the song's file.
    pub fn audio_sha256(&self) -> &str {
        &self.audio_sha256
    }

    /// A folder holds this rendering, whole: its report has this key, and every file that it lists is there
    /// in the size that it says. The report is written last, so a rendering that was stopped does not count.
    pub fn is_done(&self, folder: &Path) -> bool {
        let done = || -> Option<bool> {
            let text = std::fs::read_to_string(folder.join("report.json")).ok()?;
            let mut report: serde_json::Value = serde_json::from_str(&text).ok()?;
            let key: Key = serde_json::from_value(report["key"].take()).ok()?;
            let files = report["files"].as_object()?;
            let whole = files.iter().all(|(name, bytes)| {
                folder.join(name).metadata().is_ok_and(|file| Some(file.len()) == bytes.as_u64())
            });
            Some(key == *self && !files.is_empty() && whole)
        };
        done().unwrap_or(false)
    }
}

/// The options that the written files depend on, as text. What version 0.1 knew is written as it wrote it, and what came
/// later only where it is used, so that songs which were done then are done now.
fn described(options: &Options) -> String {
    let levels: Vec<_> = options.levels.iter().map(|(stem, level)| format!("{stem}={level}")).collect();
    let two_stems = match options.two_stems.as_deref() {
        None => "false",
        Some("vocals") => "true",
        Some(stem) => stem,
    };
    let mut text = format!(
        "mode {}, levels [{}], two stems {two_stems}, format {}, rate {}, normalize {}, block {}",
        options.mode.text(),
        levels.join(", "),
        options.format.key(),
        options.rate.map_or_else(|| "the song's".to_owned(), |rate| rate.to_string()),
        options.normalize,
        options.block
    );
    if let Some(stems) = &options.stems {
        text += &format!(", stems {}", stems.names().join("+"));
    }
    if let Some(bitrate) = options.bitrate {
        text += &format!(", bitrate {bitrate}");
    }
    if let Some(name) = &options.name {
        text += &format!(", name {}", name.text());
    }
    for (given, text_of) in [(options.no_picture, ", no picture"), (options.no_tags, ", no tags")] {
        if given {
            text += text_of;
        }
    }
    text
}

/// SHA-256 of a file, in hexadecimal digits.
///
/// # Errors
/// When it cannot be read.
pub fn sha256(path: &Path) -> Result<String> {
    let reading = || format!("cannot read {}", shown(path));
    let mut file = std::fs::File::open(path).with_context(reading)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).with_context(reading)? {
            0 => break,
            count => hasher.update(&buffer[..count]),
        }
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(audio: &str) -> Key {
        let plugin =
            Plugin { version: "1.2.3".into(), network: Some("Braid 1.0.0".into()), sha256: "ff".into() };
        Key { audio_sha256: audio.into(), plugin, options: "mode Studio".into() }
    }

    #[test]
    fn a_rendering_is_done_only_with_its_key_and_all_its_files_whole() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!key("a").is_done(folder.path()), "nothing is there");
        let report = serde_json::json!({"key": key("a"), "files": {"vocals.wav": 3}});
        std::fs::write(folder.path().join("report.json"), report.to_string()).unwrap();
        assert!(!key("a").is_done(folder.path()), "the file is missing");
        std::fs::write(folder.path().join("vocals.wav"), b"ab").unwrap();
        assert!(!key("a").is_done(folder.path()), "the file is cut");
        std::fs::write(folder.path().join("vocals.wav"), b"abc").unwrap();
        assert!(key("a").is_done(folder.path()));
        assert!(!key("b").is_done(folder.path()), "another song");
        std::fs::write(folder.path().join("report.json"), "{").unwrap();
        assert!(!key("a").is_done(folder.path()), "the report is cut");
    }

    #[test]
    fn the_hash_is_sha_256() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("abc");
        std::fs::write(&file, b"abc").unwrap();
        let wanted = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(&file).unwrap(), wanted);
    }
}
