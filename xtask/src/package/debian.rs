//! The Debian package, by `cargo deb` from `[package.metadata.deb]` in `crates/bundle/Cargo.toml`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::contents;
use super::stamp::Stamp;
use crate::workspace;

/// Lays the package's files out in `tree` as they will lie in the system, and packs them.
///
/// # Errors
/// When `cargo deb` is not installed or fails.
pub fn write(package: &Path, tree: &Path, out: &Path, stamp: &Stamp) -> Result<PathBuf> {
    for (from, to) in [
        ("unbraid.clap", "usr/lib/clap/unbraid.clap"),
        ("unbraid.vst3", "usr/lib/vst3/unbraid.vst3"),
        ("unbraid", "usr/bin/unbraid"),
        ("unbraid-standalone", "usr/bin/unbraid-standalone"),
        ("man", "usr/share/man/man1"),
        ("completions/unbraid.bash", "usr/share/bash-completion/completions/unbraid"),
        ("completions/_unbraid", "usr/share/zsh/vendor-completions/_unbraid"),
        ("completions/unbraid.fish", "usr/share/fish/vendor_completions.d/unbraid.fish"),
        ("guide", "usr/share/doc/unbraid/guide"),
        ("licences", "usr/share/doc/unbraid/licences"),
        ("BUILD", "usr/share/doc/unbraid/BUILD"),
    ] {
        contents::copy(&package.join(from), &tree.join(to))?;
    }
    let cargo = || Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    if !cargo().args(["deb", "--version"]).output().is_ok_and(|output| output.status.success()) {
        bail!("`cargo deb` is missing: cargo install --locked cargo-deb (or --without-deb)");
    }
    let made = cargo()
        .args(["deb", "--no-build", "--no-strip", "--package", "unbraid", "--output"])
        .arg(std::path::absolute(out)?)
        .env("SOURCE_DATE_EPOCH", stamp.epoch.to_string())
        .current_dir(workspace::root())
        .output()
        .context("cannot start `cargo deb`")?;
    if !made.status.success() {
        bail!("`cargo deb` failed: {}", String::from_utf8_lossy(&made.stderr).trim());
    }
    let path = String::from_utf8(made.stdout).context("the output of `cargo deb`")?;
    let path = path.lines().last().context("`cargo deb` did not say what it wrote")?;
    Ok(out.join(Path::new(path).file_name().unwrap_or_default()))
}
