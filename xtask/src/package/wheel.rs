//! The Python wheel: no Python in it, but the command and the plug-in that it loads, so that `pipx install` gives the command.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::contents;
use super::stamp::Stamp;
use crate::{python, workspace};

/// The packages that build wheels.
const REQUIREMENTS: &str = "packaging/wheel/requirements.txt";

/// Lays the wheel's files out in `tree` and packs them. `package` is the archive's folder.
///
/// # Errors
/// When maturin cannot be installed or fails.
pub fn write(package: &Path, tree: &Path, out: &Path, stamp: &Stamp) -> Result<PathBuf> {
    let root = workspace::root();
    contents::copy(&root.join("packaging/wheel/README.md"), &tree.join("README.md"))?;
    // maturin takes the `pyproject.toml` beside a `--manifest-path`, so ours names the manifest instead.
    let project = std::fs::read_to_string(root.join("packaging/wheel/pyproject.toml"))
        .context("cannot read packaging/wheel/pyproject.toml")?;
    let manifest = root.join("crates/separate/Cargo.toml");
    let project = format!("{project}manifest-path = {:?}\n", manifest.display().to_string());
    std::fs::write(tree.join("pyproject.toml"), project)
        .with_context(|| format!("cannot write {}", workspace::shown(tree)))?;
    // Installed below the environment's own folder, beside `bin`, where the command looks for the plug-in.
    let data = tree.join("unbraid.data/data");
    for (from, to) in [
        ("unbraid.clap", "lib/clap/unbraid.clap"),
        ("man", "share/man/man1"),
        ("licences", "share/doc/unbraid/licences"),
        ("LICENSE", "share/doc/unbraid/LICENSE"),
        ("BUILD", "share/doc/unbraid/BUILD"),
    ] {
        contents::copy(&package.join(from), &data.join(to))?;
    }
    let interpreter = python::environment("wheel", &[REQUIREMENTS])?;
    let out = std::path::absolute(out)?;
    let mut maturin = std::process::Command::new(interpreter);
    maturin.args(["-m", "maturin", "build", "--release", "--locked", "--out"]).arg(&out).current_dir(tree);
    maturin.env("CARGO_TARGET_DIR", workspace::target()).env("SOURCE_DATE_EPOCH", stamp.epoch.to_string());
    let made = maturin.output().context("cannot start maturin")?;
    anyhow::ensure!(
        made.status.success(),
        "maturin failed: {}",
        String::from_utf8_lossy(&made.stderr).trim()
    );
    newest_wheel(&out)
}

/// The wheel that was written last.
fn newest_wheel(folder: &Path) -> Result<PathBuf> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot read {}", workspace::shown(folder)))?;
    entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "whl"))
        .max_by_key(|path| path.metadata().and_then(|file| file.modified()).ok())
        .context("maturin wrote no wheel")
}
