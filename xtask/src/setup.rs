//! `cargo xtask setup`: system packages and Python environments for the tests; and the check that the packages are there.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::python;

/// A thing that must be there, and the Debian package that brings it.
struct Need {
    /// Shown to the user when it is missing.
    purpose: &'static str,
    package: &'static str,
    /// Looks for it.
    found: fn() -> bool,
}

/// The plug-in itself links only the C library (X11 and OpenGL are loaded when a window opens), so these are the needs
/// of the hosts that test it, and of the standalone program.
const NEEDS: &[Need] = &[
    Need {
        purpose: "python3 with venv, for the environment of the Python hosts",
        package: "python3-venv",
        found: || succeeds("python3", &["-c", "import venv, ensurepip"]),
    },
    Need {
        purpose: "a C++ compiler, for the training code's operators and a package of it that pip builds",
        package: "g++",
        found: || succeeds("g++", &["--version"]),
    },
    Need {
        purpose: "headers of Python, for the same",
        package: "python3-dev",
        found: || {
            let header =
                "import os, sysconfig; assert os.path.exists(sysconfig.get_path('include') + '/Python.h')";
            succeeds("python3", &["-c", header])
        },
    },
    Need {
        purpose: "FluidSynth, for the training code",
        package: "libfluidsynth3",
        found: || library("libfluidsynth.so.3"),
    },
    Need { purpose: "libGL, for DawDreamer", package: "libgl1", found: || library("libGL.so.1") },
    Need { purpose: "libX11, for DawDreamer", package: "libx11-6", found: || library("libX11.so.6") },
    Need { purpose: "GLib, for DawDreamer", package: "libglib2.0-0", found: || library("libglib-2.0.so.0") },
    Need { purpose: "libatomic, for pedalboard", package: "libatomic1", found: || library("libatomic.so.1") },
    Need {
        purpose: "Ardour with its Lua sessions, a host of the VST3 plug-in",
        package: "ardour",
        found: || std::path::Path::new("/usr/lib/ardour7/luasession").exists(),
    },
    Need {
        purpose: "ffmpeg, the decoder that songs are compared with",
        package: "ffmpeg",
        found: || succeeds("ffmpeg", &["-version"]),
    },
    Need {
        purpose: "pkg-config, to build the standalone program",
        package: "pkg-config",
        found: || succeeds("pkg-config", &["--version"]),
    },
    Need {
        purpose: "headers of ALSA, to build the standalone program",
        package: "libasound2-dev",
        found: || succeeds("pkg-config", &["--exists", "alsa"]),
    },
    Need {
        purpose: "headers of JACK, to build the standalone program",
        package: "libjack-jackd2-dev",
        found: || succeeds("pkg-config", &["--exists", "jack"]),
    },
    Need {
        purpose: "JACK with its dummy driver, a host of the standalone program",
        package: "jackd2",
        found: || succeeds("jackd", &["--version"]),
    },
];

/// For windows without a screen: a virtual display, and tools to drive it.
const DISPLAY_NEEDS: &[Need] = &[
    Need { purpose: "Xvfb, a virtual display", package: "xvfb", found: || runs("Xvfb", "-help") },
    Need {
        purpose: "openbox, a window manager, which JUCE's windows need",
        package: "openbox",
        found: || runs("openbox", "--version"),
    },
    Need { purpose: "xdotool, to size windows", package: "xdotool", found: || runs("xdotool", "version") },
    Need {
        purpose: "ImageMagick, to take the pictures",
        package: "imagemagick",
        found: || runs("import", "-version"),
    },
    Need {
        purpose: "OpenGL in software",
        package: "libgl1-mesa-dri",
        found: || {
            let places = ["/usr/lib/x86_64-linux-gnu/dri", "/usr/lib/aarch64-linux-gnu/dri", "/usr/lib/dri"];
            places.iter().any(|place| std::path::Path::new(place).join("swrast_dri.so").exists())
        },
    },
];

/// Installs everything: system packages by `apt-get` (Debian and Ubuntu, as root), Python packages into environments under
/// `target/`.
///
/// # Errors
/// With the command to install what is missing, when it cannot be installed from here.
pub fn main() -> Result<()> {
    rust_components()?;
    install(NEEDS)?;
    install(DISPLAY_NEEDS)?;
    python::test_environments()
}

/// Fails if something of what the tests need is missing. Installs nothing.
///
/// # Errors
/// With everything that is missing, and the remedy.
pub fn check() -> Result<()> {
    rust_components()?;
    require(NEEDS)
}

/// As [`check`], for windows on a virtual display.
///
/// # Errors
/// As [`check`].
pub fn check_display() -> Result<()> {
    require(DISPLAY_NEEDS)
}

fn rust_components() -> Result<()> {
    for tool in [["fmt", "--version"], ["clippy", "--version"]] {
        if !succeeds("cargo", &tool) {
            bail!("`cargo {}` is missing: rustup component add rustfmt clippy", tool[0]);
        }
    }
    Ok(())
}

/// True for a program that can be started, whatever it makes of the argument.
fn runs(program: &str, argument: &str) -> bool {
    Command::new(program).arg(argument).output().is_ok()
}

/// What is missing of `needs`. The lists are for Linux; elsewhere the wheels of the Python hosts need nothing.
fn missing(needs: &[Need]) -> Vec<&Need> {
    let missing: Vec<_> = needs.iter().filter(|need| cfg!(target_os = "linux") && !(need.found)()).collect();
    for need in &missing {
        println!("missing: {} (Debian package {})", need.purpose, need.package);
    }
    missing
}

fn require(needs: &[Need]) -> Result<()> {
    match missing(needs).len() {
        0 => Ok(()),
        count => bail!("{count} of the tests' needs are missing (above): run `cargo xtask setup`"),
    }
}

/// Installs what is missing, or names the command that does.
fn install(needs: &[Need]) -> Result<()> {
    let missing_before = missing(needs);
    if missing_before.is_empty() {
        return Ok(());
    }
    let packages: Vec<_> = missing_before.iter().map(|need| need.package).collect();
    let by_hand = format!("sudo apt-get install {}", packages.join(" "));
    if !(succeeds("apt-get", &["--version"]) && is_root()) {
        bail!("install what is missing, then run this again: {by_hand}");
    }
    run("apt-get", &["update", "-qq"])?;
    let options = ["install", "-y", "-qq", "--no-install-recommends"];
    run("apt-get", &options.iter().copied().chain(packages).collect::<Vec<_>>())?;
    match missing(needs).as_slice() {
        [] => Ok(()),
        [need, ..] => bail!("{} is still missing after {by_hand}", need.purpose),
    }
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

/// True for a shared library that the loader knows.
fn library(name: &str) -> bool {
    // Debian's ordinary users do not have /sbin in their path.
    ["ldconfig", "/sbin/ldconfig"].iter().any(|program| {
        Command::new(program)
            .arg("-p")
            .output()
            .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(name))
    })
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn run(program: &str, arguments: &[&str]) -> Result<()> {
    let status = Command::new(program)
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .status()
        .with_context(|| format!("cannot start {program}"))?;
    if !status.success() {
        bail!("`{program} {}` failed", arguments.join(" "));
    }
    Ok(())
}
