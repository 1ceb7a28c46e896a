//! `cargo xtask package` from outside: the archive is the same twice, and what is in it runs.

#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use unbraid_host::{Blocks, ClapHost};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The command, which is packed as it was built.
fn build_command() {
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--release", "--quiet", "--package", "unbraid-separate", "--bin", "unbraid"])
        .current_dir(root())
        .status()
        .expect("cargo starts");
    assert!(status.success(), "the command builds");
}

/// A stand-in for `cargo about`, which takes minutes to build: what it lists is not tested here, but where it goes.
fn tools(folder: &Path) -> std::ffi::OsString {
    use std::os::unix::fs::PermissionsExt;
    let about = folder.join("cargo-about");
    std::fs::write(&about, "#!/bin/sh\necho 'licences of dependencies'\n").unwrap();
    std::fs::set_permissions(&about, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path))).unwrap()
}

/// Packing fills folders under `target/`, and a wheel's build leaves another command there: one test at a time.
static PACKING: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    PACKING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Packs what lies in `target/bundled`; gives back the file whose name ends like this.
fn package(out: &Path, path: &std::ffi::OsStr, options: &[&str], ending: &str) -> PathBuf {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["package", "--packed", "--without-standalone", "--out", out.to_str().unwrap()])
        .args(options)
        .env("PATH", path)
        .env("SOURCE_DATE_EPOCH", "1000000000")
        .current_dir(root())
        .output()
        .expect("xtask starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let archive = std::fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path());
    archive.into_iter().find(|path| path.to_string_lossy().ends_with(ending)).expect("an archive")
}

#[test]
fn the_archive_is_the_same_twice_and_the_unpacked_plug_in_plays() {
    let _alone = alone();
    // Makes sure that there is something to pack.
    assert!(unbraid_tests::bundled_clap().exists());
    build_command();
    let work = tempfile::tempdir().unwrap();
    let path = tools(work.path());
    let [one, two] =
        ["one", "two"].map(|name| package(&work.path().join(name), &path, &["--without-wheel"], ".tar.gz"));
    assert_eq!(one.file_name(), two.file_name());
    assert!(std::fs::read(&one).unwrap() == std::fs::read(&two).unwrap(), "the same files, the same archive");

    let unpacked = work.path().join("unpacked");
    let gzip = flate2::read::GzDecoder::new(std::fs::File::open(one).unwrap());
    tar::Archive::new(gzip).unpack(&unpacked).unwrap();
    let folder = std::fs::read_dir(&unpacked).unwrap().next().unwrap().unwrap().path();
    for file in [
        "LICENSE",
        "BUILD",
        "guide/user-guide.md",
        "install.sh",
        "uninstall.sh",
        "SHA256SUMS",
        "unbraid",
        "man/unbraid.1",
        "completions/_unbraid",
    ] {
        assert!(folder.join(file).is_file(), "{file}");
    }
    let licences = std::fs::read_to_string(folder.join("licences/dependencies.txt")).unwrap();
    let parts: Vec<_> = licences.split("licences of dependencies\n").collect();
    assert_eq!(parts.len(), 3, "of plug-in and program, and of the command: {licences}");
    assert!(parts[1].contains("THE COMMAND unbraid") && parts[1].contains("LGPL 2.0"), "{licences}");

    let mut host = ClapHost::load(&folder.join("unbraid.clap")).unwrap();
    host.activate(44_100.0, 512).unwrap();
    let played = host.stream(&vec![vec![0.5; 16384]; 2], Blocks::of(512), &[], &mut |_done| {}).unwrap();
    let main = &played.ports[0][0];
    let latency = host.latency();
    assert!(latency >= 4096, "{latency}");
    assert!(main[..latency].iter().all(|sample| sample.abs() < 1e-5), "the delay");
    assert!(main[latency..].iter().all(|&sample| (sample - 0.5).abs() < 1e-5), "the input");
}

#[test]
fn the_wheel_gives_a_command_that_works_without_anything_else() {
    let _alone = alone();
    assert!(unbraid_tests::bundled_clap().exists());
    build_command();
    let work = tempfile::tempdir().unwrap();
    let wheel = package(&work.path().join("out"), &tools(work.path()), &[], ".whl");
    let environment = work.path().join("venv");
    let run = |program: &str, arguments: &[&str]| {
        // A home of its own: no plug-in that lies in the tester's.
        let output =
            Command::new(program).args(arguments).env("HOME", work.path()).env_remove("CLAP_PATH").output();
        let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    run("python3", &["-m", "venv", environment.to_str().unwrap()]);
    let program = |name: &str| environment.join("bin").join(name).to_str().unwrap().to_owned();
    run(&program("pip"), &["install", "--quiet", "--no-index", wheel.to_str().unwrap()]);
    let told = run(&program("unbraid"), &["info"]);
    assert!(told.contains(environment.join("lib/clap/unbraid.clap").to_str().unwrap()), "{told}");
    let clip = root().join("tests/clips/francium.flac");
    let out = work.path().join("stems");
    let options = ["--mode", "live", "--stems", "bass", "--no-picture", "--out", out.to_str().unwrap()];
    run(&program("unbraid"), &[&["separate", clip.to_str().unwrap()], &options[..]].concat());
    assert!(out.join("francium/bass.wav").is_file());
    // Its only content is the command, the plug-in, the manual and the licences.
    let listed = run("python3", &["-m", "zipfile", "-l", wheel.to_str().unwrap()]);
    assert!(!listed.contains(".py"), "{listed}");
}
