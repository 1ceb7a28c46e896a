//! `cargo xtask screenshots`: pictures of the window, with a song playing, on a screen that nobody sees.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::{bundle, python, setup, workspace};

/// Options of `cargo xtask screenshots`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Write the pictures there
    #[arg(long, value_name = "DIR", default_value = "docs/pictures")]
    out: PathBuf,
    /// The song that plays
    #[arg(long, value_name = "FILE")]
    song: Option<PathBuf>,
}

/// What the pictures are called, and the sizes of the window in them.
const SIZES: [(&str, u32, u32); 3] = [("small", 720, 560), ("medium", 1000, 640), ("large", 1440, 900)];

/// How long the program plays before its picture, so that the braid is full.
const PLAYING: Duration = Duration::from_secs(14);

/// Longest time that a window may take to open.
const PATIENCE: Duration = Duration::from_secs(60);

/// The plug-in's title in DawDreamer, and the program's.
const PLUGIN: &str = "DawDreamer: Unbraid";
const PROGRAM: &str = "^Unbraid$";

/// Runs the command.
pub fn main(arguments: &Arguments) -> Result<()> {
    if !cfg!(target_os = "linux") {
        bail!("screenshots need Xvfb, hence Linux");
    }
    setup::system_packages()?;
    setup::display_packages()?;
    let song = arguments.song.clone().unwrap_or_else(workspace::demo_clip);
    let out = std::path::absolute(&arguments.out)?;
    std::fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    bundle::up_to_date_clap()?;
    let program = standalone()?;
    let python = python::environment("test", &["tests/python/requirements.txt"])?;
    let screen = Screen::new()?;

    let script = workspace::root().join("tests/python/show_editor.py");
    let mut host = screen.command(&python);
    host.arg(script).arg(bundle::vst3()).arg(&song).stdout(Stdio::piped());
    let mut host = Running::new(&mut host).context("cannot start DawDreamer")?;
    let mut lines = BufReader::new(host.0.stdout.take().context("DawDreamer has no output")?);
    let window = screen.window(PLUGIN)?;
    for (name, width, height) in SIZES {
        screen.resize(&window, width, height)?;
        end_of_song(&mut lines)?;
        screen.picture(&window, &out.join(format!("plugin-{name}.png")))?;
    }
    // A strip under the pointer lifts its stem in the braid.
    let (_, width, height) = SIZES[1];
    screen.resize(&window, width, height)?;
    screen.point(&window, width / 8, height - 100)?;
    end_of_song(&mut lines)?;
    screen.picture(&window, &out.join("plugin-pointed.png"))?;
    drop(host);

    let mut player = screen.command(&program);
    player.args(["--backend", "dummy", "--song"]).arg(&song);
    let _player = Running::new(&mut player).context("cannot start the standalone program")?;
    let window = screen.window(PROGRAM)?;
    sleep(PLAYING);
    screen.picture(&window, &out.join("standalone.png"))?;
    println!("pictures are in {}", workspace::shown(&out));
    Ok(())
}

/// Waits until the song has been played once more from its beginning. What was said before, while nobody listened, may
/// be one end of it; hence the second.
fn end_of_song(lines: &mut BufReader<ChildStdout>) -> Result<()> {
    for _ in 0..2 {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            bail!("DawDreamer ended before the pictures were taken; its messages above say why");
        }
    }
    Ok(())
}

/// Builds the standalone program.
fn standalone() -> Result<PathBuf> {
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--release", "--package", "unbraid-standalone"])
        .current_dir(workspace::root())
        .status()
        .context("cannot start cargo to build the standalone program")?;
    if !status.success() {
        bail!("the standalone program does not build; cargo's messages above say why");
    }
    Ok(workspace::target().join("release/unbraid-standalone"))
}

/// A program that ends with its value.
struct Running(Child);

impl Running {
    fn new(command: &mut Command) -> std::io::Result<Self> {
        command.spawn().map(Self)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended by itself is fine, too.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An X server without a screen, with a window manager, which JUCE's windows need.
struct Screen {
    display: String,
    _server: Running,
    _manager: Running,
}

impl Screen {
    fn new() -> Result<Self> {
        // The server takes a number that is free and writes it to its standard output.
        let mut server = Command::new("Xvfb");
        server.args(["-displayfd", "1", "-screen", "0", "1600x1000x24", "-nolisten", "tcp"]);
        let mut server =
            Running::new(server.stdout(Stdio::piped()).stderr(Stdio::null())).context("cannot start Xvfb")?;
        let mut number = String::new();
        let output = server.0.stdout.take().context("Xvfb has no output")?;
        BufReader::new(output).read_line(&mut number)?;
        if number.trim().parse::<u32>().is_err() {
            bail!("Xvfb did not start: no display number");
        }
        let display = format!(":{}", number.trim());
        let mut manager = Command::new("openbox");
        manager.env("DISPLAY", &display).stdout(Stdio::null()).stderr(Stdio::null());
        let manager = Running::new(&mut manager).context("cannot start openbox")?;
        sleep(Duration::from_secs(1));
        Ok(Self { display, _server: server, _manager: manager })
    }

    /// A program on this screen, which draws in software.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env("DISPLAY", &self.display).env("LIBGL_ALWAYS_SOFTWARE", "1");
        command
    }

    fn tool(&self, program: &str, arguments: &[&str]) -> Result<String> {
        let output = Command::new(program)
            .args(arguments)
            .env("DISPLAY", &self.display)
            .output()
            .with_context(|| format!("cannot start {program}"))?;
        if !output.status.success() {
            bail!("`{program} {}` failed: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Waits for a window with this title.
    fn window(&self, title: &str) -> Result<String> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Ok(found) = self.tool("xdotool", &["search", "--onlyvisible", "--name", title])
                && let Some(window) = found.lines().next()
            {
                return Ok(window.to_owned());
            }
            sleep(Duration::from_millis(200));
        }
        bail!("no window called {title:?} within {} s", PATIENCE.as_secs())
    }

    fn resize(&self, window: &str, width: u32, height: u32) -> Result<()> {
        self.tool("xdotool", &["windowmove", "--sync", window, "20", "40"])?;
        self.tool("xdotool", &["windowsize", window, &width.to_string(), &height.to_string()]).map(drop)
    }

    fn point(&self, window: &str, x: u32, y: u32) -> Result<()> {
        self.tool("xdotool", &["mousemove", "--window", window, &x.to_string(), &y.to_string()]).map(drop)
    }

    fn picture(&self, window: &str, path: &Path) -> Result<()> {
        let file = path.to_string_lossy().into_owned();
        self.tool("import", &["-window", window, &file])?;
        println!("{}", workspace::shown(path));
        Ok(())
    }
}
