//! The program without a sound card: what it says, and how it ends.
#![cfg(target_os = "linux")]

#[path = "support.rs"]
#[allow(dead_code)]
mod support;

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use support::{BusyLoops, Folder, Running, program, wait_for};

/// What the program logs once it plays without a window.
const WINDOWLESS: &str = "No GUI available";

/// The dummy backend, with what the program says on stderr in a file.
struct Silent {
    running: Running,
    said: PathBuf,
}

impl Silent {
    fn start(home: &Folder, arguments: &[&OsStr]) -> Self {
        Self::from(home, program(home).args(["--backend", "dummy"]).args(arguments))
    }

    fn from(home: &Folder, command: &mut Command) -> Self {
        let said = home.0.join("stderr");
        let child = command.stdout(Stdio::null()).stderr(File::create(&said).unwrap()).spawn().unwrap();
        Self { running: Running(child), said }
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.said).unwrap()
    }

    fn wait_until_it_says(&self, text: &str) {
        wait_for(text, || self.said().contains(text).then_some(()));
    }
}

fn clip() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clips/francium.flac")
}

fn song(path: &Path) -> [&OsStr; 2] {
    ["--song".as_ref(), path.as_os_str()]
}

#[test]
fn an_interrupt_ends_it_with_status_0_on_a_busy_machine() {
    let home = Folder::new("interrupt");
    let _busy = BusyLoops::start();
    for _ in 0..10 {
        let mut program = Silent::start(&home, &[]);
        program.wait_until_it_says(WINDOWLESS);
        program.running.signal("INT");
        assert_eq!(program.running.end().code(), Some(0), "{}", program.said());
    }
}

#[test]
fn the_help_lists_every_option_and_costs_nothing() {
    let home = Folder::new("help");
    let help = program(&home).arg("--help").output().unwrap();
    assert_eq!(help.status.code(), Some(0));
    let text = String::from_utf8(help.stdout).unwrap();
    for option in
        ["--song <FILE>", "--backend <BACKEND>", "--sample-rate", "--period-size", "--connect-jack-inputs"]
    {
        assert!(text.contains(option), "{option} is missing in:\n{text}");
    }
    let version = program(&home).arg("--version").output().unwrap();
    assert_eq!(version.status.code(), Some(0));
    assert!(String::from_utf8(version.stdout).unwrap().contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn an_option_that_there_is_not_is_named() {
    let home = Folder::new("unknown-option");
    let output = program(&home).args(["--backend", "dummy", "--songs", "a.flac"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("--songs"));
}

#[test]
fn a_song_whose_name_is_not_utf_8_plays() {
    let home = Folder::new("not-utf-8");
    let path = home.0.join(OsString::from_vec(b"Bj\xf6rk.flac".to_vec()));
    fs::copy(clip(), &path).unwrap();
    let mut program = Silent::start(&home, &song(&path));
    program.wait_until_it_says("Playing Bj\u{fffd}rk");
    program.running.signal("INT");
    assert_eq!(program.running.end().code(), Some(0), "{}", program.said());
}

#[test]
fn a_song_that_cannot_be_read_is_named_and_ends_a_program_without_a_window() {
    let home = Folder::new("unreadable");
    let file = |name: &str, content: &[u8]| {
        let path = home.0.join(name);
        fs::write(&path, content).unwrap();
        path
    };
    for (path, name) in [
        (home.0.join("missing.flac"), "missing.flac"),
        (home.0.join(OsString::from_vec(b"m\xfcssing.flac".to_vec())), "ssing.flac"),
        (file("empty.wav", b""), "empty.wav"),
        (file("words.mp3", b"These are words and no music. ".repeat(100).as_slice()), "words.mp3"),
        (home.0.clone(), home.0.file_name().unwrap().to_str().unwrap()),
    ] {
        let mut program = Silent::start(&home, &song(&path));
        let status = program.running.end();
        assert_eq!(status.code(), Some(1), "{}", program.said());
        let said = program.said();
        let line = said.lines().find(|line| line.starts_with("unbraid-standalone: "));
        assert!(line.is_some_and(|line| line.contains(name)), "{name} is not named in:\n{said}");
    }
}

#[test]
fn a_display_that_cannot_be_opened_is_as_good_as_none() {
    let home = Folder::new("no-display");
    let arguments = ["--backend", "dummy"];
    let mut program = Silent::from(&home, self::program(&home).args(arguments).env("DISPLAY", ":987"));
    program.wait_until_it_says(WINDOWLESS);
    assert!(program.said().contains("Failed to open editor"), "{}", program.said());
    program.running.signal("INT");
    assert_eq!(program.running.end().code(), Some(0), "{}", program.said());

    let missing = home.0.join("missing.flac");
    let mut command = self::program(&home);
    command.args(arguments).args(song(&missing)).env("DISPLAY", ":987");
    let mut program = Silent::from(&home, &mut command);
    assert_eq!(program.running.end().code(), Some(1), "{}", program.said());
    assert!(program.said().contains("missing.flac"), "{}", program.said());
}

/// A virtual display.
fn screen(home: &Folder) -> (Running, String) {
    let number = home.0.join("display");
    let child = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "1280x1024x24"])
        .stdout(File::create(&number).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .expect("Xvfb is missing: apt-get install xvfb, or run all tests by `cargo xtask test`");
    let running = Running(child);
    let number = wait_for("a screen", || {
        let number = fs::read_to_string(&number).unwrap();
        number.ends_with('\n').then(|| number.trim().to_owned())
    });
    (running, format!(":{number}"))
}

#[test]
fn with_a_window_a_song_that_cannot_be_read_ends_nothing_and_an_interrupt_does() {
    let home = Folder::new("window");
    let (_server, display) = screen(&home);
    let missing = home.0.join("missing.flac");
    let mut command = self::program(&home);
    command.args(["--backend", "dummy"]).args(song(&missing)).env("DISPLAY", display);
    let mut program = Silent::from(&home, &mut command);
    program.wait_until_it_says("missing.flac");
    // Long enough for many periods of the backend, each of which could end it.
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert_eq!(program.running.0.try_wait().unwrap(), None, "{}", program.said());
    program.running.signal("INT");
    assert_eq!(program.running.end().code(), Some(0), "{}", program.said());
}
