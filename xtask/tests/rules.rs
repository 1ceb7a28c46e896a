//! House rules that can be counted: no Rust file has 400 lines, and no lock is named in what runs in a callback.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders of Rust sources below the repository's root. `third_party` keeps its own style.
const FOLDERS: [&str; 4] = ["crates", "plugin", "tests", "xtask"];

/// Lines of the longest file allowed.
const LONGEST: usize = 399;

/// What the audio callback runs in, and what it hands over with: here not even the name of a lock occurs.
const CALLBACK: [&str; 9] = [
    "crates/engine/src",
    "crates/formats/src/buses.rs",
    "crates/formats/src/effect.rs",
    "crates/formats/src/transport.rs",
    "plugin/src/processor.rs",
    "plugin/src/meter.rs",
    "plugin/src/recorder/session.rs",
    "plugin/src/recorder/tap.rs",
    "plugin/src/recorder/timeline.rs",
];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every `.rs` file at or below `path`.
fn sources(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn too_long(text: &str) -> bool {
    text.lines().count() > LONGEST
}

/// The lines of code that name a lock; comments and tests behind `#[cfg(test)]` are left out.
fn locks(text: &str) -> Vec<&str> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let named = |line: &&str| {
        ["Mutex", "RwLock", "Condvar", "OnceLock", "LazyLock"].iter().any(|lock| line.contains(lock))
    };
    code.lines().filter(|line| !line.trim_start().starts_with("//")).filter(named).collect()
}

#[test]
fn no_rust_file_has_400_lines() {
    let files: Vec<_> = FOLDERS.iter().flat_map(|folder| sources(&repository().join(folder))).collect();
    assert!(files.len() > 200, "only {} files were found", files.len());
    let long: Vec<_> = files.iter().filter(|file| too_long(&fs::read_to_string(file).unwrap())).collect();
    assert!(long.is_empty(), "too long: {long:?}");
    assert!(too_long(&"line\n".repeat(400)) && !too_long(&"line\n".repeat(399)));
}

#[test]
fn no_lock_is_named_where_the_callback_runs() {
    for path in CALLBACK {
        for file in sources(&repository().join(path)) {
            let text = fs::read_to_string(&file).unwrap();
            assert_eq!(locks(&text), [""; 0], "{}", file.display());
        }
    }
    assert_eq!(locks("// Mutex\nuse std::sync::Mutex;\n#[cfg(test)]\nRwLock"), ["use std::sync::Mutex;"]);
}
