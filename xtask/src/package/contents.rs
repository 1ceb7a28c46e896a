//! The folder that is packed: plug-ins, program, guide, licences, scripts, checksums.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::built::Built;
use super::licences;
use super::stamp::Stamp;
use crate::workspace;
use unbraid_separate::sha256;

/// Lays everything out in a new folder.
///
/// # Errors
/// When a file is missing or cannot be copied.
pub fn lay_out(folder: &Path, built: &Built, stamp: &Stamp, dependencies: &str) -> Result<()> {
    let root = workspace::root();
    for file in [Some(&built.clap), Some(&built.vst3), Some(&built.command), built.standalone.as_ref()]
        .into_iter()
        .flatten()
    {
        copy(file, &folder.join(file.file_name().unwrap_or_default()))?;
    }
    manual_and_completions(&built.command, folder)?;
    let scripts = root.join(if cfg!(windows) { "packaging/windows" } else { "packaging/unix" });
    for script in entries(&scripts)? {
        copy(&script, &folder.join(script.file_name().unwrap_or_default()))?;
    }
    copy(&root.join("LICENSE"), &folder.join("LICENSE"))?;
    copy(&root.join("CHANGELOG.md"), &folder.join("CHANGELOG.md"))?;
    let guide = folder.join("guide");
    copy(&root.join("docs"), &guide)?;
    for page in files(&guide)?.iter().filter(|file| file.extension().is_some_and(|suffix| suffix == "md")) {
        let text = std::fs::read_to_string(page)
            .with_context(|| format!("cannot read {}", workspace::shown(page)))?;
        write(page, &without_links_to_the_source(&text))?;
    }
    write(&folder.join("licences/dependencies.txt"), dependencies)?;
    write(&folder.join("licences/training-data.md"), &licences::of_training_data()?)?;
    write(&folder.join("BUILD"), &stamp.text())?;
    let files = files(folder)?;
    let sums = sums(folder, &files)?;
    write(&folder.join("SHA256SUMS"), &sums)
}

/// The command's own documents: pages for `man`, and completions for the shells that have a place for them.
fn manual_and_completions(command: &Path, folder: &Path) -> Result<()> {
    let said = |arguments: &[&str]| {
        let output = Command::new(command)
            .args(arguments)
            .output()
            .with_context(|| format!("cannot start {}", workspace::shown(command)))?;
        anyhow::ensure!(output.status.success(), "`unbraid {}` failed", arguments.join(" "));
        String::from_utf8(output.stdout).context("what the command says is no text")
    };
    let manual = folder.join("man");
    said(&["manual", "--out", &manual.to_string_lossy()])?;
    for (shell, file) in [
        ("bash", "unbraid.bash"),
        ("zsh", "_unbraid"),
        ("fish", "unbraid.fish"),
        ("powershell", "_unbraid.ps1"),
    ] {
        write(&folder.join("completions").join(file), &said(&["completions", shell])?)?;
    }
    Ok(())
}

/// A page with links to files outside the guide, which are not in the package, made plain text.
fn without_links_to_the_source(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    let mut rest = page;
    while let Some(middle) = rest.find("](../") {
        let (before, link) = rest.split_at(middle);
        // A bracket or parenthesis that is missing: no link, so all of it stays.
        let (Some(open), Some(end)) = (before.rfind('['), link.find(')')) else { break };
        out.push_str(&before[..open]);
        out.push_str(&before[open + 1..]);
        out.push_str(" (with the source code)");
        rest = &link[end + 1..];
    }
    out + rest
}

/// Writes `SHA256SUMS` for files in a folder.
///
/// # Errors
/// When a file cannot be read or the sums cannot be written.
pub fn write_sums(folder: &Path, files: &[PathBuf]) -> Result<PathBuf> {
    let path = folder.join("SHA256SUMS");
    write(&path, &sums(folder, files)?)?;
    Ok(path)
}

fn sums(folder: &Path, files: &[PathBuf]) -> Result<String> {
    let mut text = String::new();
    for file in files {
        writeln!(text, "{}  {}", sha256(file)?, name(folder, file))?;
    }
    Ok(text)
}

/// All files in a folder and below, in an order that does not depend on the file system.
///
/// # Errors
/// When a folder cannot be read.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in entries(folder)? {
        if entry.is_dir() {
            found.extend(files(&entry)?);
        } else {
            found.push(entry);
        }
    }
    Ok(found)
}

/// A file's path inside a folder, with `/` on every system.
pub fn name(folder: &Path, file: &Path) -> String {
    let inside = file.strip_prefix(folder).unwrap_or(file);
    inside.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let reading = || format!("cannot read {}", workspace::shown(folder));
    let entries = std::fs::read_dir(folder).with_context(reading)?;
    let mut paths =
        entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>().with_context(reading)?;
    paths.sort();
    Ok(paths)
}

/// Copies a file, or a folder with all that is in it.
///
/// # Errors
/// When something cannot be read or written.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    if from.is_dir() {
        for entry in entries(from)? {
            copy(&entry, &to.join(entry.file_name().unwrap_or_default()))?;
        }
        return Ok(());
    }
    make_parent(to)?;
    std::fs::copy(from, to).with_context(|| format!("cannot copy {}", workspace::shown(from)))?;
    Ok(())
}

/// Writes a text file and the folder around it.
///
/// # Errors
/// When it cannot be written.
pub fn write(path: &Path, text: &str) -> Result<()> {
    make_parent(path)?;
    std::fs::write(path, text).with_context(|| format!("cannot write {}", workspace::shown(path)))
}

fn make_parent(path: &Path) -> Result<()> {
    let parent = path.parent().context("a file lies in a folder")?;
    std::fs::create_dir_all(parent).with_context(|| format!("cannot make {}", workspace::shown(parent)))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::process::Output;

    use super::*;

    /// A laid-out folder with stand-ins for the built files.
    fn package(folder: &Path) -> PathBuf {
        let made = folder.join("made");
        write(&made.join("unbraid.clap"), "clap").unwrap();
        write(&made.join("unbraid.vst3/Contents/x/unbraid.so"), "vst3").unwrap();
        write(&made.join("unbraid-standalone"), "program").unwrap();
        // A stand-in that says where its pages go.
        write(
            &made.join("unbraid"),
            "#!/bin/sh\nif [ $1 = manual ]; then mkdir -p $3; echo page >$3/unbraid.1; fi\necho $1\n",
        )
        .unwrap();
        std::fs::set_permissions(made.join("unbraid"), std::fs::Permissions::from_mode(0o755)).unwrap();
        let built = Built {
            command: made.join("unbraid"),
            clap: made.join("unbraid.clap"),
            vst3: made.join("unbraid.vst3"),
            standalone: Some(made.join("unbraid-standalone")),
        };
        let stamp = Stamp {
            commit: "0123abcd".into(),
            changed: false,
            epoch: 1_000_000_000,
            platform: "linux-x86_64".into(),
            rustc: "rustc".into(),
        };
        let package = folder.join("package");
        lay_out(&package, &built, &stamp, "licences").unwrap();
        package
    }

    fn script(package: &Path, name: &str, home: &Path) -> Output {
        Command::new("sh").arg(package.join(name)).env("HOME", home).current_dir("/").output().unwrap()
    }

    #[test]
    fn no_page_of_the_guide_has_a_link_that_leads_out_of_the_package() {
        let page = "See [the table](../README.md#facts), [hosts](hosts.md) and ](../ alone.";
        let expected = "See the table (with the source code), [hosts](hosts.md) and ](../ alone.";
        assert_eq!(without_links_to_the_source(page), expected);
        let folder = tempfile::tempdir().unwrap();
        let package = package(folder.path());
        let pages: Vec<_> = files(&package.join("guide")).unwrap();
        assert!(pages.iter().any(|page| page.ends_with("user-guide.md")));
        for page in pages.iter().filter(|page| page.extension().is_some_and(|suffix| suffix == "md")) {
            assert!(!std::fs::read_to_string(page).unwrap().contains("](../"), "{}", page.display());
        }
    }

    #[test]
    fn what_is_installed_is_removed_again_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let package = package(folder.path());
        let home = folder.path().join("a home");
        write(&home.join(".clap/other.clap"), "someone else's").unwrap();
        let before = files(&home).unwrap();

        for _first_and_update in 0..2 {
            let installed = script(&package, "install.sh", &home);
            assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
        }
        if cfg!(target_os = "linux") {
            for (place, text) in [
                (".clap/unbraid.clap", "clap"),
                (".vst3/unbraid.vst3/Contents/x/unbraid.so", "vst3"),
                (".local/bin/unbraid-standalone", "program"),
                (".local/share/man/man1/unbraid.1", "page\n"),
                (".local/share/bash-completion/completions/unbraid", "completions\n"),
            ] {
                assert_eq!(std::fs::read_to_string(home.join(place)).unwrap(), text);
            }
        }
        // Two plug-ins, two programs, a page, and completions for three shells.
        assert_eq!(files(&home).unwrap().len(), before.len() + 8);

        let removed = script(&package, "uninstall.sh", &home);
        assert!(removed.status.success(), "{}", String::from_utf8_lossy(&removed.stderr));
        assert_eq!(files(&home).unwrap(), before);
    }

    #[test]
    fn a_damaged_download_is_not_installed() {
        let folder = tempfile::tempdir().unwrap();
        let package = package(folder.path());
        std::fs::write(package.join("unbraid.clap"), "clip").unwrap();
        let home = folder.path().join("home");
        std::fs::create_dir(&home).unwrap();
        let refused = script(&package, "install.sh", &home);
        assert!(!refused.status.success());
        assert!(String::from_utf8_lossy(&refused.stderr).contains("download the archive again"));
        assert!(files(&home).unwrap().is_empty());
    }

    #[test]
    fn guide_licences_and_commit_are_in_the_package() {
        let folder = tempfile::tempdir().unwrap();
        let package = package(folder.path());
        for file in [
            "LICENSE",
            "guide/user-guide.md",
            "licences/dependencies.txt",
            "completions/_unbraid",
            "man/unbraid.1",
        ] {
            assert!(package.join(file).is_file(), "{file}");
        }
        assert!(std::fs::read_to_string(package.join("BUILD")).unwrap().contains("commit 0123abcd\n"));
        let data = std::fs::read_to_string(package.join("licences/training-data.md")).unwrap();
        assert!(data.contains("| source |") && data.contains("CC0-1.0"), "{data}");
    }
}
