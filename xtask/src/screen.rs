//! A virtual screen for programs with windows.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::workspace;

/// Longest time for a window to open.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A program that is ended when this is dropped.
pub struct Running(pub Child);

impl Running {
    /// Starts it.
    pub fn new(command: &mut Command) -> std::io::Result<Self> {
        command.spawn().map(Self)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An X server without hardware, with a window manager, which JUCE's windows need.
pub struct Screen {
    display: String,
    _server: Running,
    _manager: Running,
}

impl Screen {
    /// Starts the server and the window manager.
    pub fn new() -> Result<Self> {
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
        let screen = Self { display, _server: server, _manager: manager };
        screen.away()?;
        Ok(screen)
    }

    /// Moves the pointer into the corner, away from the windows.
    pub fn away(&self) -> Result<()> {
        self.tool("xdotool", &["mousemove", "1599", "999"]).map(drop)
    }

    /// A command that runs on this screen and draws in software.
    pub fn command(&self, program: &Path) -> Command {
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
    pub fn window(&self, title: &str) -> Result<String> {
        let start = Instant::now();
        while start.elapsed() < TIMEOUT {
            if let Ok(found) = self.tool("xdotool", &["search", "--onlyvisible", "--name", title])
                && let Some(window) = found.lines().next()
            {
                return Ok(window.to_owned());
            }
            sleep(Duration::from_millis(200));
        }
        bail!("no window called {title:?} within {} s", TIMEOUT.as_secs())
    }

    /// Moves a window to the corner and gives it a size.
    pub fn resize(&self, window: &str, width: u32, height: u32) -> Result<()> {
        self.tool("xdotool", &["windowmove", "--sync", window, "20", "40"])?;
        self.tool("xdotool", &["windowsize", window, &width.to_string(), &height.to_string()]).map(drop)
    }

    /// Moves the pointer to a place in a window.
    pub fn point(&self, window: &str, x: u32, y: u32) -> Result<()> {
        self.tool("xdotool", &["mousemove", "--window", window, &x.to_string(), &y.to_string()]).map(drop)
    }

    /// Clicks where the pointer is.
    pub fn click(&self) -> Result<()> {
        self.tool("xdotool", &["click", "1"]).map(drop)
    }

    /// Takes a picture of a window.
    pub fn picture(&self, window: &str, path: &Path) -> Result<()> {
        let file = path.to_string_lossy().into_owned();
        self.tool("import", &["-window", window, &file])?;
        println!("{}", workspace::shown(path));
        Ok(())
    }
}
