//! `cargo xtask wine` where something that it needs is missing.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// What the command says where the only programs are these, a line of shell each.
fn refusal(programs: &[(&str, &str)], options: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (name, line) in programs {
        let file = folder.path().join(name);
        std::fs::write(&file, format!("#!/bin/sh\n{line}\n")).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("wine")
        .args(options)
        .env("PATH", folder.path())
        .env("CARGO", folder.path().join("no-cargo"))
        .output()
        .expect("xtask starts");
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn what_is_missing_is_named_with_what_installs_it() {
    let library = ("rustc", "echo /");
    let none = refusal(&[("rustc", "echo /nowhere")], &[]);
    for remedy in [
        "apt-get install gcc-mingw-w64-x86-64",
        "apt-get install wine wine64",
        "rustup target add x86_64-pc-windows-gnu",
    ] {
        assert!(none.contains(remedy), "{none}");
    }
    assert_eq!(none.lines().count(), 1, "{none}");
    let linker = ("x86_64-w64-mingw32-gcc", "exit 0");
    let runner = refusal(&[library, linker], &[]);
    assert!(runner.contains("install wine") && !runner.contains("mingw"), "{runner}");
    // With everything there, or without tests, it goes on to the build.
    let complete = refusal(&[library, linker, ("wine", "exit 0")], &[]);
    let unneeded = refusal(&[library, linker], &["--without-tests"]);
    for said in [complete, unneeded] {
        assert!(!said.contains("missing") && said.contains("cannot start cargo"), "{said}");
    }
}
