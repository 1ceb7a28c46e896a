//! `unbraid report`: the reports of many songs, or of many machines, as one.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::facts::REPORT;
use crate::paths::shown;

/// A report of ours: not any file of that name.
pub fn is_ours(report: &Value) -> bool {
    report["key"]["audio_sha256"].is_string() && report["files"].is_object() && report["song"].is_object()
}

/// All reports in folders and below, merged: `{"songs": […], "totals": {…}}`. Each song has its report and its `folder`; a song
/// that two machines did is there once.
///
/// # Errors
/// When a folder cannot be read or there is no report.
pub fn merge(folders: &[PathBuf]) -> Result<Value> {
    let mut songs = Vec::new();
    for folder in folders {
        collect(folder, &mut songs)?;
    }
    if songs.is_empty() {
        let names: Vec<_> = folders.iter().map(|folder| shown(folder)).collect();
        bail!("there is no {REPORT} of ours in {}", names.join(", "));
    }
    songs.sort_by_cached_key(|song| song["folder"].to_string());
    let mut seen = std::collections::HashSet::new();
    songs.retain(|song| seen.insert((song["key"].to_string(), song["song"]["file"].to_string())));
    let sum = |pointer: &str| -> f64 {
        songs.iter().filter_map(|song| song.pointer(pointer).and_then(Value::as_f64)).sum()
    };
    let warnings: usize = songs.iter().map(|song| song["warnings"].as_array().map_or(0, Vec::len)).sum();
    let bytes: u64 = songs
        .iter()
        .filter_map(|song| song["files"].as_object())
        .flat_map(|files| files.values().filter_map(Value::as_u64))
        .sum();
    let totals = json!({
        "songs": songs.len(),
        "seconds": sum("/song/seconds"),
        "run_s": sum("/time/run_s"),
        "bytes": bytes,
        "warnings": warnings,
    });
    Ok(json!({"songs": songs, "totals": totals}))
}

fn collect(folder: &Path, songs: &mut Vec<Value>) -> Result<()> {
    let reading = || format!("cannot read {}", shown(folder));
    // Reports themselves can be named, too, merged ones among them.
    if folder.is_file() {
        let text = std::fs::read_to_string(folder).with_context(reading)?;
        let report: Value = serde_json::from_str(&text).with_context(reading)?;
        if let Some(merged) = report["songs"].as_array() {
            songs.extend(merged.iter().filter(|report| is_ours(report)).cloned());
        } else if is_ours(&report) {
            songs.push(placed(report, folder.parent().unwrap_or(Path::new("."))));
        } else {
            bail!("{} is no report of ours", shown(folder));
        }
        return Ok(());
    }
    for entry in std::fs::read_dir(folder).with_context(reading)? {
        let path = entry.with_context(reading)?.path();
        if path.is_dir() && !path.is_symlink() {
            collect(&path, songs)?;
        } else if path.file_name().is_some_and(|name| name == REPORT) {
            let report =
                std::fs::read_to_string(&path).ok().and_then(|text| serde_json::from_str(&text).ok());
            songs.extend(report.filter(is_ours).map(|report| placed(report, folder)));
        }
    }
    Ok(())
}

fn placed(mut report: Value, folder: &Path) -> Value {
    report["folder"] = folder.to_string_lossy().into_owned().into();
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(song: &str) -> Value {
        json!({
            "key": {"audio_sha256": song},
            "files": {"vocals.wav": 10, "mix.wav": 20},
            "song": {"file": format!("{song}.wav"), "seconds": 1.5},
            "time": {"run_s": 0.5},
            "warnings": ["short"],
        })
    }

    #[test]
    fn reports_of_two_machines_become_one_and_a_song_counts_once() {
        let root = tempfile::tempdir().unwrap();
        for (place, song) in [("one/a", "a"), ("one/sub/b", "b"), ("two/c", "c"), ("two/a", "a")] {
            let folder = root.path().join(place);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(REPORT), report(song).to_string()).unwrap();
        }
        std::fs::create_dir(root.path().join("two/other")).unwrap();
        std::fs::write(root.path().join("two/other/report.json"), "{\"by\": \"someone else\"}").unwrap();
        let [one, two] = ["one", "two"].map(|name| root.path().join(name));
        let merged = merge(&[one.clone(), two.clone()]).unwrap();
        assert_eq!(
            merged["totals"],
            json!({"songs": 3, "seconds": 4.5, "run_s": 1.5, "bytes": 90, "warnings": 3})
        );
        assert_eq!(merge(&[two, one]).unwrap(), merged, "in any order");
        let file = root.path().join("merged.json");
        std::fs::write(&file, merged.to_string()).unwrap();
        assert_eq!(merge(&[file]).unwrap(), merged, "a merged report merges again");
    }

    #[test]
    fn a_folder_without_reports_is_an_error_that_names_it() {
        let root = tempfile::tempdir().unwrap();
        let error = merge(&[root.path().to_owned()]).unwrap_err().to_string();
        assert!(error.contains(&*root.path().to_string_lossy()), "{error}");
    }
}
