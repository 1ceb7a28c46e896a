//! `cargo xtask screenshots`: pictures of the window on a virtual screen while a song plays.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::screen::{Running, Screen};
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

/// Names of the pictures, and the sizes of the window in them.
const SIZES: [(&str, u32, u32); 3] = [("small", 720, 560), ("medium", 1000, 640), ("large", 1440, 900)];

/// Time that the program plays before its picture, so that the spectrogram is full.
const PLAYING: Duration = Duration::from_secs(14);

/// Place of the button for mode Live in the program's window, which opens at the medium size.
const LIVE: (u32, u32) = (184, 36);

/// The plug-in's title in DawDreamer, and the program's.
const PLUGIN: &str = "DawDreamer: Unbraid";
const PROGRAM: &str = "^Unbraid$";

/// Runs the command.
pub fn main(arguments: &Arguments) -> Result<()> {
    if !cfg!(target_os = "linux") {
        bail!("screenshots need Xvfb, hence Linux");
    }
    setup::check()?;
    setup::check_display()?;
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
    // A strip under the pointer highlights its stem in the spectrogram.
    let (_, width, height) = SIZES[1];
    screen.resize(&window, width, height)?;
    screen.point(&window, width / 8, 58 * height / 100)?;
    end_of_song(&mut lines)?;
    screen.picture(&window, &out.join("plugin-pointed.png"))?;
    drop(host);

    let mut player = screen.command(&program);
    // Long periods: without a graphics card the window is drawn by all cores, and the dummy backend has no real-time priority.
    player.args(["--backend", "dummy", "--period-size", "2048", "--song"]).arg(&song);
    let _player = Running::new(&mut player).context("cannot start the standalone program")?;
    let window = screen.window(PROGRAM)?;
    // The program changes the mode while it plays.
    let (x, y) = LIVE;
    screen.point(&window, x, y)?;
    sleep(Duration::from_secs(2));
    screen.click()?;
    screen.away()?;
    sleep(PLAYING);
    screen.picture(&window, &out.join("standalone.png"))?;
    println!("pictures are in {}", workspace::shown(&out));
    Ok(())
}

/// Waits until the song was played once more from its beginning: the first line may be an earlier end of it.
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
