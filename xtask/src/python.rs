//! Python environments with pinned packages, under `target/`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace;

/// Packages of the Python hosts, and what reads all Python code.
const HOSTS: &str = "tests/python/requirements.txt";

/// Packages of the training code: 2.5 GB with PyTorch, whose wheel on PyPI links CUDA's libraries, so that none of them
/// can be left out even where there is no GPU. Downloaded once; the environment stays under `target/`.
const TRAINING: &str = "models/training/requirements.txt";

/// The environment of the Python hosts.
///
/// # Errors
/// As [`environment`].
pub fn hosts() -> Result<PathBuf> {
    environment("test", &[HOSTS])
}

/// The environment of the training code's tests.
///
/// # Errors
/// As [`environment`].
pub fn training() -> Result<PathBuf> {
    environment("training", &[TRAINING])
}

/// Both environments of the tests.
///
/// # Errors
/// As [`environment`].
pub fn test_environments() -> Result<()> {
    hosts()?;
    training().map(drop)
}

/// The interpreter of the environment `name` with exactly the packages of these requirement files (relative to the
/// workspace). Made on the first call, and anew when a file has changed.
///
/// # Errors
/// When there is no Python 3, or when a package cannot be installed.
pub fn environment(name: &str, requirements: &[&str]) -> Result<PathBuf> {
    let folder = workspace::target().join("python").join(name);
    let python = if cfg!(windows) { folder.join("Scripts/python.exe") } else { folder.join("bin/python") };
    let stamp = folder.join("requirements.stamp");
    let mut wanted = String::new();
    for file in requirements {
        let path = workspace::root().join(file);
        wanted += &std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", workspace::shown(&path)))?;
    }
    if python.exists() && std::fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
        println!("{} is up to date", workspace::shown(&folder));
        return Ok(python);
    }
    println!("making {} from {}", workspace::shown(&folder), requirements.join(", "));
    if folder.exists() {
        std::fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot renew {}", workspace::shown(&folder)))?;
    }
    let base = if cfg!(windows) { "python" } else { "python3" };
    run(Command::new(base).args(["-m", "venv"]).arg(&folder))
        .context("Python 3.11 or newer with venv is needed (Debian: apt-get install python3-venv)")?;
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    for file in requirements {
        install.arg("-r").arg(workspace::root().join(file));
    }
    run(&mut install).context("the packages above must be installable with pip")?;
    std::fs::write(&stamp, wanted)?;
    Ok(python)
}

/// Runs `python -m MODULE ARGUMENTS` in a folder.
///
/// # Errors
/// When it ends with an error.
pub fn module(python: &Path, folder: &Path, module: &str, arguments: &[&str]) -> Result<()> {
    run(Command::new(python).current_dir(folder).args(["-m", module]).args(arguments))
}

fn run(command: &mut Command) -> Result<()> {
    let shown = format!("{command:?}").replace('"', "");
    let status = command.status().with_context(|| format!("cannot start {shown}"))?;
    if !status.success() {
        bail!("failed: {shown}");
    }
    Ok(())
}
