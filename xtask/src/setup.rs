//! What the tests need from the system: found, or installed where that is possible, or asked for by name.

use std::process::Command;

use anyhow::{Context, Result, bail};

/// A thing that must be there, and the Debian package that brings it.
struct Need {
    /// What it is for, to be read by people.
    purpose: &'static str,
    package: &'static str,
    /// Whether it is there.
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

/// What pictures of the window need: a screen that nobody sees, and tools to work it.
const DISPLAY_NEEDS: &[Need] = &[
    Need { purpose: "Xvfb, a screen that nobody sees", package: "xvfb", found: || runs("Xvfb", "-help") },
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

/// Makes sure that a window can be shown and pictured without a screen.
///
/// # Errors
/// As [`system_packages`].
pub fn display_packages() -> Result<()> {
    provide(DISPLAY_NEEDS)
}

/// Whether a program can be started, whatever it thinks of the argument.
fn runs(program: &str, argument: &str) -> bool {
    Command::new(program).arg(argument).output().is_ok()
}

/// Makes sure that everything is there.
///
/// # Errors
/// With the command to install what is missing, when it cannot be installed from here.
pub fn system_packages() -> Result<()> {
    for tool in [["fmt", "--version"], ["clippy", "--version"]] {
        if !succeeds("cargo", &tool) {
            bail!("`cargo {}` is missing: rustup component add rustfmt clippy", tool[0]);
        }
    }
    provide(NEEDS)
}

/// Installs what is missing, or says how.
fn provide(needs: &[Need]) -> Result<()> {
    // The lists above are for Linux; elsewhere the wheels of the Python hosts need nothing.
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let missing: Vec<&Need> = needs.iter().filter(|need| !(need.found)()).collect();
    if missing.is_empty() {
        println!("everything is there");
        return Ok(());
    }
    for need in &missing {
        println!("missing: {} ({})", need.purpose, need.package);
    }
    let packages: Vec<_> = missing.iter().map(|need| need.package).collect();
    let by_hand = format!("sudo apt-get install {}", packages.join(" "));
    if !(succeeds("apt-get", &["--version"]) && is_root()) {
        bail!("install what is missing, then run this again: {by_hand}");
    }
    run("apt-get", &["update", "-qq"])?;
    let install = ["install", "-y", "-qq", "--no-install-recommends"];
    run("apt-get", &install.iter().copied().chain(packages).collect::<Vec<_>>())?;
    if let Some(need) = missing.iter().find(|need| !(need.found)()) {
        bail!("{} is still missing after {by_hand}", need.purpose);
    }
    Ok(())
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

/// Whether the loader knows a shared library.
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
