//! The archive: the same bytes for the same files, whenever and in whatever order they were made.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};

use super::contents;
use crate::workspace;

/// Packs a folder: as `.zip` on Windows, elsewhere as `.tar.gz`. Entries are sorted, belong to nobody and have one time.
///
/// # Errors
/// When a file cannot be read or the archive cannot be written.
pub fn write(folder: &Path, out: &Path, epoch: u64) -> Result<PathBuf> {
    let name = folder.file_name().context("the folder has a name")?.to_string_lossy();
    let path = out.join(format!("{name}.{}", if cfg!(windows) { "zip" } else { "tar.gz" }));
    let written = if cfg!(windows) { zip(folder, &name, &path) } else { tar_gz(folder, &name, &path, epoch) };
    written.with_context(|| format!("cannot write {}", workspace::shown(&path)))?;
    Ok(path)
}

fn tar_gz(folder: &Path, name: &str, path: &Path, epoch: u64) -> Result<()> {
    let file = std::io::BufWriter::new(std::fs::File::create(path)?);
    // The header's time and system would differ from run to run and place to place.
    let gzip = GzBuilder::new().mtime(0).operating_system(255).write(file, Compression::best());
    let mut archive = tar::Builder::new(gzip);
    for file in contents::files(folder)? {
        let data = read(&file)?;
        let mut header = tar::Header::new_gnu();
        header.set_size(data.len() as u64);
        header.set_mode(mode(&file)?);
        header.set_mtime(epoch);
        let inside = format!("{name}/{}", contents::name(folder, &file));
        archive.append_data(&mut header, inside, data.as_slice())?;
    }
    archive.into_inner()?.finish()?.flush()?;
    Ok(())
}

fn zip(folder: &Path, name: &str, path: &Path) -> Result<()> {
    let mut archive = zip::ZipWriter::new(std::fs::File::create(path)?);
    for file in contents::files(folder)? {
        // Times in a zip are local and of two seconds, so all are the format's first: 1980.
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated)
            .last_modified_time(zip::DateTime::default())
            .unix_permissions(mode(&file)?);
        archive.start_file(format!("{name}/{}", contents::name(folder, &file)), options)?;
        archive.write_all(&read(&file)?)?;
    }
    archive.finish()?;
    Ok(())
}

fn read(file: &Path) -> Result<Vec<u8>> {
    let mut data = Vec::new();
    std::fs::File::open(file)
        .and_then(|mut file| file.read_to_end(&mut data))
        .with_context(|| format!("cannot read {}", workspace::shown(file)))?;
    Ok(data)
}

/// Permissions, independent of the packer's umask.
#[cfg(unix)]
fn mode(file: &Path) -> Result<u32> {
    use std::os::unix::fs::PermissionsExt;
    Ok(if file.metadata()?.permissions().mode() & 0o111 == 0 { 0o644 } else { 0o755 })
}

#[cfg(not(unix))]
fn mode(_file: &Path) -> Result<u32> {
    Ok(0o644)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same files, made in another order.
    fn folder(root: &Path, backwards: bool) -> PathBuf {
        let folder = root.join("unbraid-1");
        let mut files = vec![("b/c.txt", "see"), ("a.txt", "ay"), ("b/a.txt", "bee")];
        if backwards {
            files.reverse();
        }
        for (name, text) in files {
            contents::write(&folder.join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn the_same_files_give_the_same_archive() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let first = folder(one.path(), false);
        let second = folder(two.path(), true);
        let old = std::fs::File::options().append(true).open(second.join("a.txt")).unwrap();
        old.set_modified(std::time::UNIX_EPOCH).unwrap();
        for pack in [
            |folder: &Path, path: &Path| tar_gz(folder, "unbraid-1", path, 1_000_000_000),
            |folder: &Path, path: &Path| zip(folder, "unbraid-1", path),
        ] {
            let (a, b) = (one.path().join("archive"), two.path().join("archive"));
            pack(&first, &a).unwrap();
            pack(&second, &b).unwrap();
            assert_eq!(std::fs::read(&a).unwrap(), std::fs::read(&b).unwrap());
            contents::write(&second.join("a.txt"), "aye").unwrap();
            pack(&second, &b).unwrap();
            assert_ne!(std::fs::read(a).unwrap(), std::fs::read(b).unwrap());
            contents::write(&second.join("a.txt"), "ay").unwrap();
        }
    }

    #[test]
    fn what_was_packed_comes_out() {
        let root = tempfile::tempdir().unwrap();
        let folder = folder(root.path(), false);
        let (tar_file, zip_file) = (root.path().join("a.tar.gz"), root.path().join("a.zip"));
        tar_gz(&folder, "unbraid-1", &tar_file, 1_000_000_000).unwrap();
        zip(&folder, "unbraid-1", &zip_file).unwrap();
        let out = root.path().join("out");
        let gzip = flate2::read::GzDecoder::new(std::fs::File::open(tar_file).unwrap());
        tar::Archive::new(gzip).unpack(&out).unwrap();
        let names: Vec<_> =
            contents::files(&out).unwrap().iter().map(|file| contents::name(&out, file)).collect();
        assert_eq!(names, ["unbraid-1/a.txt", "unbraid-1/b/a.txt", "unbraid-1/b/c.txt"]);
        assert_eq!(std::fs::read_to_string(out.join("unbraid-1/b/c.txt")).unwrap(), "see");

        let mut archive = zip::ZipArchive::new(std::fs::File::open(zip_file).unwrap()).unwrap();
        let mut text = String::new();
        archive.by_name("unbraid-1/b/c.txt").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!((archive.len(), text.as_str()), (3, "see"));
    }
}
