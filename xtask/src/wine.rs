//! `cargo xtask wine`: the plug-in built for Windows by mingw and packed, and its tests as Windows programs under Wine.
//!
//! Everything lies in `target/wine`, so that a native build is left alone: cargo's artefacts, the bundles, and the folder
//! that Wine takes for the drive C.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::workspace;

/// Options of `cargo xtask wine`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Build and pack only; Wine is not needed
    #[arg(long)]
    without_tests: bool,
}

const TARGET: &str = "x86_64-pc-windows-gnu";
const COMPILER: &str = "x86_64-w64-mingw32-gcc";

/// What `cargo test` is called with, a round at a time.
const ROUNDS: &[(&str, &[&str])] = &[
    // Recording is armed by the window's code, which a packed library does not lend.
    (
        "promises, by the packed libraries in both formats",
        &["--package=unbraid-plugin", "--test=suite", "--", "--skip=recording::"],
    ),
    ("parts of the plug-in", &["--package=unbraid-plugin", "--lib"]),
    ("the packed CLAP plug-in in our own host", &["--package=unbraid-tests"]),
    ("engine", &["--package=unbraid-engine"]),
];

/// Runs the command.
pub fn main(arguments: &Arguments) -> Result<()> {
    check(arguments)?;
    let place = Place::new(workspace::target().join("wine"));
    place.cargo(&["build", "--release", "--target", TARGET, "--package", "unbraid"], &[])?;
    place.pack()?;
    if arguments.without_tests {
        return Ok(());
    }
    let environment = place.environment()?;
    let mut times = Vec::new();
    for (name, packages) in ROUNDS {
        println!("\n=== {name}");
        let start = Instant::now();
        let call: Vec<&str> =
            ["test", "--release", "--target", TARGET].iter().chain(*packages).copied().collect();
        place.cargo(&call, &environment)?;
        times.push((name, start.elapsed().as_secs_f64()));
    }
    println!("\n=== passed under Wine");
    for (name, seconds) in times {
        println!("  {seconds:>7.1} s  {name}");
    }
    Ok(())
}

/// Fails if something is missing that this needs.
fn check(arguments: &Arguments) -> Result<()> {
    let starts = |program: &str| {
        let output = Command::new(program).arg("--version").env("WINEDEBUG", "-all").output();
        output.is_ok_and(|output| output.status.success())
    };
    let mut remedies = Vec::new();
    if !starts(COMPILER) {
        remedies.push("mingw, to link for Windows: apt-get install gcc-mingw-w64-x86-64");
    }
    if !arguments.without_tests && !starts("wine") {
        remedies.push("Wine, to run the tests: apt-get install wine wine64");
    }
    let library = ["--print", "target-libdir", "--target", TARGET];
    let library = Command::new("rustc").args(library).current_dir(workspace::root()).output();
    let library = library.context("cannot start rustc")?.stdout;
    if !Path::new(String::from_utf8_lossy(&library).trim()).is_dir() {
        remedies.push("Rust's standard library for Windows: rustup target add x86_64-pc-windows-gnu");
    }
    if !remedies.is_empty() {
        bail!("missing: {}", remedies.join("; "));
    }
    Ok(())
}

/// The folder of everything.
struct Place(PathBuf);

type Environment = Vec<(&'static str, String)>;

impl Place {
    fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    fn bundles(&self) -> PathBuf {
        self.0.join("bundled")
    }

    fn pack(&self) -> Result<()> {
        let here = std::env::current_dir()?;
        // The bundler reads its settings from the current folder.
        std::env::set_current_dir(workspace::root())?;
        let options = ["--release", "--target", TARGET].map(str::to_owned);
        let packed = nice_plug_xtask::bundle(&self.0, "unbraid", &options, false);
        std::env::set_current_dir(here)?;
        packed.context("cannot pack the plug-in")?;
        for file in ["unbraid.clap", "unbraid.vst3/Contents/x86_64-win/unbraid.vst3"] {
            let file = self.bundles().join(file);
            if !file.is_file() {
                bail!("{} was not made", workspace::shown(&file));
            }
        }
        Ok(())
    }

    /// For the tests: Wine as cargo's runner, with a drive C of its own, and the packed libraries.
    fn environment(&self) -> Result<Environment> {
        let drive = self.0.join("prefix");
        // A new one asks for downloads, which nothing here needs.
        let mut environment: Environment = vec![
            ("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", "wine".into()),
            ("WINEPREFIX", path(&drive)),
            ("WINEDEBUG", "-all".into()),
            ("WINEDLLOVERRIDES", "mscoree,mshtml=".into()),
            // Drive Z is the root folder.
            ("WINEPATH", format!("Z:{}", path(&self.missing_library()?).replace('/', "\\"))),
            ("UNBRAID_BUNDLES", path(&self.bundles())),
        ];
        let ready = self.0.join("prefix.ready");
        if !(ready.exists() && drive.is_dir()) {
            println!("making Wine's drive C in {}", workspace::shown(&drive));
            if drive.exists() {
                std::fs::remove_dir_all(&drive)
                    .with_context(|| format!("cannot renew {}", workspace::shown(&drive)))?;
            }
            wine(&["wineboot", "--init"], &environment)?;
            // VST3 plug-ins get messages through a window that is never seen, for which no screen is needed.
            let driver = r"HKCU\Software\Wine\Drivers";
            wine(&["reg", "add", driver, "/v", "Graphics", "/d", "null", "/f"], &environment)?;
            // tract asks this program for the sizes of the caches. Services of Wine that it starts keep its output open, and
            // who reads that waits for ever; without the program, as in Windows 11, tract assumes sizes.
            let wmic = drive.join("drive_c/windows/system32/wbem/wmic.exe");
            if wmic.exists() {
                std::fs::remove_file(&wmic)
                    .with_context(|| format!("cannot remove {}", workspace::shown(&wmic)))?;
            }
            std::fs::write(&ready, "")?;
        }
        environment.push(("CARGO_TARGET_DIR", path(&self.0)));
        Ok(environment)
    }

    /// A library that Rust's standard library needs and Wine before 9 does not have, in a folder of its own. Wine looks
    /// there last, so its own is taken where there is one.
    fn missing_library(&self) -> Result<PathBuf> {
        let folder = self.0.join("missing");
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", path(&folder)))?;
        let compiled = Command::new(COMPILER)
            .args(["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-o"])
            .arg(folder.join("bcryptprimitives.dll"))
            .arg(workspace::root().join("xtask/src/wine/bcryptprimitives.c"))
            .arg("-ladvapi32")
            .output()
            .with_context(|| format!("cannot start {COMPILER}"))?;
        if !compiled.status.success() {
            bail!("{COMPILER} failed: {}", String::from_utf8_lossy(&compiled.stderr).trim());
        }
        Ok(folder)
    }

    fn cargo(&self, arguments: &[&str], environment: &[(&'static str, String)]) -> Result<()> {
        println!("cargo {}", arguments.join(" "));
        let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(arguments)
            .env("CARGO_TARGET_DIR", &self.0)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            // Programs without windows need no screen.
            .env_remove("DISPLAY")
            .current_dir(workspace::root())
            .status()
            .context("cannot start cargo")?;
        if !status.success() {
            bail!("`cargo {}` failed for {TARGET}", arguments.join(" "));
        }
        Ok(())
    }
}

fn wine(arguments: &[&str], environment: &Environment) -> Result<()> {
    let mut wine = Command::new("wine");
    wine.args(arguments).envs(environment.iter().cloned()).env_remove("DISPLAY");
    if !wine.output().context("cannot start wine")?.status.success() {
        bail!("`wine {}` failed: try it with another WINEPREFIX to see why", arguments.join(" "));
    }
    Ok(())
}

fn path(path: &Path) -> String {
    path.display().to_string()
}
