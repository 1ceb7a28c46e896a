//! `cargo xtask test`: every test. `cargo xtask setup` installs what they need.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::{bundle, python, setup, window, workspace};

/// Options of `cargo xtask test`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Leave out the steps whose name contains this; for work on one part, never for a verdict
    #[arg(long, value_name = "WORD")]
    without: Vec<String>,
}

/// Ardour's Lua session is a matter of Linux.
const PYTHON_HOSTS: &[&str] =
    if cfg!(target_os = "linux") { &["."] } else { &[".", "--ignore=test_ardour.py"] };

/// Every Rust artefact is built with this one profile: tract and egui take minutes.
const PROFILE: &str = "--release";

type Step = (&'static str, fn() -> Result<()>);

const STEPS: &[Step] = &[
    ("needs", setup::check),
    // Before anything that takes long.
    ("Python environments", python::test_environments),
    ("Python lints", python_lints),
    ("formatting", || cargo(&["fmt", "--all", "--check"])),
    ("bundles", bundles),
    ("clippy", || cargo(&["clippy", PROFILE, "--all-targets", "--", "-D", "warnings"])),
    ("documentation", || cargo_with(&["doc", PROFILE, "--no-deps"], &[("RUSTDOCFLAGS", "--deny warnings")])),
    ("Rust tests", || cargo(&["test", PROFILE])),
    ("standalone program", standalone),
    ("window on a screen", window_on_a_screen),
    ("Rust tests with AVX2 kernels", tests_with_avx2_kernels),
    ("VST3 in Python hosts", || pytest(&python::hosts()?, "tests/python", PYTHON_HOSTS)),
    ("training code", || pytest(&python::training()?, "models/training", &["tests"])),
];

/// Runs the command.
pub fn main(arguments: &Arguments) -> Result<()> {
    let left_out = |name: &str| arguments.without.iter().any(|word| name.contains(word.as_str()));
    let mut times = Vec::new();
    let steps: Vec<_> = STEPS.iter().filter(|(name, _)| !left_out(name)).collect();
    for (index, (name, step)) in steps.iter().enumerate() {
        println!("\n=== {}/{}: {name}", index + 1, steps.len());
        let start = Instant::now();
        step().with_context(|| format!("step `{name}` failed"))?;
        times.push((name, start.elapsed().as_secs_f64()));
    }
    println!("\n=== all steps passed");
    for (name, seconds) in times {
        println!("  {seconds:>7.1} s  {name}");
    }
    if steps.len() < STEPS.len() {
        println!("  left out with --without: {} steps", STEPS.len() - steps.len());
    }
    Ok(())
}

/// All tests of sound and of the callback again, with the network's kernels for processors without AVX-512. (A test of
/// the engine checks that the cap is obeyed.)
fn tests_with_avx2_kernels() -> Result<()> {
    if cfg!(not(target_arch = "x86_64")) {
        println!("this processor's kernels have no AVX-512 to leave out");
        return Ok(());
    }
    let cap = [("TRACT_CPU_ISA", "-avx512f,-avx512vnni,-avx512fp16")];
    cargo_with(
        &["test", PROFILE, "--workspace", "--exclude=xtask", "--exclude=unbraid-standalone", "--tests"],
        &cap,
    )
}

/// Windows of each mode that open and close; `cargo xtask window` opens more.
const WINDOWS: usize = 10;

/// The window as a host shows it: that it opens, draws, takes files that are dragged onto it, goes without a trace, and
/// leaves the sound alone.
fn window_on_a_screen() -> Result<()> {
    if cfg!(not(target_os = "linux")) {
        println!("a virtual display is a matter of Linux");
        return Ok(());
    }
    setup::check_display()?;
    window::run(WINDOWS)
}

fn cargo(arguments: &[&str]) -> Result<()> {
    cargo_with(arguments, &[])
}

fn cargo_with(arguments: &[&str], environment: &[(&str, &str)]) -> Result<()> {
    let shown: String = environment.iter().map(|(name, value)| format!("{name}={value} ")).collect();
    println!("{shown}cargo {}", arguments.join(" "));
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(workspace::root())
        .status()
        .context("cannot start cargo")?;
    if !status.success() {
        bail!("`cargo {}` failed", arguments.join(" "));
    }
    Ok(())
}

/// The standalone program, which is no default member of the workspace: it needs the headers of ALSA, and a feature of
/// the framework that must not get into the plug-in.
fn standalone() -> Result<()> {
    const PACKAGE: &str = "--package=unbraid-standalone";
    cargo(&["clippy", PROFILE, PACKAGE, "--all-targets", "--", "-D", "warnings"])?;
    cargo(&["test", PROFILE, PACKAGE])
}

/// Builds and packs the plug-in, and makes sure that both formats are there.
fn bundles() -> Result<()> {
    bundle::up_to_date_clap()?;
    for bundle in [bundle::clap(), bundle::vst3()] {
        if !bundle.exists() {
            bail!("{} was not made", workspace::shown(&bundle));
        }
        println!("{} is there", workspace::shown(&bundle));
    }
    Ok(())
}

/// Faults and format of all Python code; the rules are in `ruff.toml`.
fn python_lints() -> Result<()> {
    let python = python::hosts()?;
    for arguments in [["check", "."], ["format", "--check"]] {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--no-cache"]).collect();
        python::module(&python, &workspace::root(), "ruff", &arguments)?;
    }
    Ok(())
}

fn pytest(python: &Path, folder: &str, paths: &[&str]) -> Result<()> {
    let arguments: Vec<&str> = ["-v", "-p", "no:cacheprovider", "--durations=5"]
        .iter()
        .copied()
        .chain(paths.iter().copied())
        .collect();
    python::module(python, &workspace::root().join(folder), "pytest", &arguments)
}
