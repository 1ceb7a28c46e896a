//! Which commit, when, for what.

use std::process::Command;

use anyhow::{Context, Result};

use crate::workspace;

/// Everything about a package that is not in its files.
pub struct Stamp {
    /// The commit's hash.
    pub commit: String,
    /// Files differ from that commit.
    pub changed: bool,
    /// Time of all packed files, in seconds since 1970: `SOURCE_DATE_EPOCH`, else the commit's.
    pub epoch: u64,
    /// Operating system and processor, as in file names.
    pub platform: String,
    /// The compiler.
    pub rustc: String,
}

impl Stamp {
    /// Asks git, the compiler and the environment.
    ///
    /// # Errors
    /// When this is no git checkout, or when `SOURCE_DATE_EPOCH` is no number.
    pub fn read(universal: bool) -> Result<Self> {
        let commit = output("git", &["rev-parse", "HEAD"])
            .context("a package says which commit it is of: run this in a git checkout")?;
        let epoch = match std::env::var("SOURCE_DATE_EPOCH") {
            Ok(text) => text,
            Err(_) => output("git", &["log", "-1", "--format=%ct"])?,
        };
        let processor = if universal { "universal" } else { std::env::consts::ARCH };
        Ok(Self {
            commit,
            changed: !output("git", &["status", "--porcelain", "--untracked-files=no"])?.is_empty(),
            epoch: epoch.trim().parse().with_context(|| format!("SOURCE_DATE_EPOCH: `{epoch}`"))?,
            platform: format!("{}-{processor}", std::env::consts::OS),
            rustc: output("rustc", &["--version"])?,
        })
    }

    /// For the file BUILD.
    pub fn text(&self) -> String {
        format!(
            "Unbraid {}\ncommit {}{}\nplatform {}\n{}\n",
            env!("CARGO_PKG_VERSION"),
            self.commit,
            if self.changed { " with local changes" } else { "" },
            self.platform,
            self.rustc
        )
    }
}

fn output(program: &str, arguments: &[&str]) -> Result<String> {
    let shown = || format!("`{program} {}`", arguments.join(" "));
    let output = Command::new(program)
        .args(arguments)
        .current_dir(workspace::root())
        .output()
        .with_context(|| format!("cannot start {}", shown()))?;
    anyhow::ensure!(
        output.status.success(),
        "{} failed: {}",
        shown(),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
