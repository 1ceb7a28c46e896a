//! `cargo xtask test`: installs what the tests need and runs all of them.

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

/// Packages of the Python hosts and of the training code's tests that need no torch.
const REQUIREMENTS: &str = "tests/python/requirements.txt";

/// Tests of the training code that need no torch, no sound fonts and no training data. The others take a 2.5 GB download:
/// `models/training/README.md` has their command.
const TRAINING_TESTS: [&str; 5] = [
    "tests/test_scores.py",
    "tests/test_baseline.py",
    "tests/test_backing_notes.py",
    "tests/test_voices.py",
    "tests/test_requirements.py",
];

/// Ardour's Lua session is a matter of Linux.
const PYTHON_HOSTS: &[&str] =
    if cfg!(target_os = "linux") { &["."] } else { &[".", "--ignore=test_ardour.py"] };

/// Every Rust artefact is built with this one profile: tract and egui take minutes.
const PROFILE: &str = "--release";

type Step = (&'static str, fn() -> Result<()>);

const STEPS: &[Step] = &[
    ("system packages", setup::system_packages),
    // Before all that takes long: it is what a bare system lacks something for.
    ("Python environment", || python::environment("test", &[REQUIREMENTS]).map(drop)),
    ("formatting", || cargo(&["fmt", "--all", "--check"])),
    ("bundles", bundles),
    ("clippy", || cargo(&["clippy", PROFILE, "--all-targets", "--", "-D", "warnings"])),
    ("documentation", || cargo_with(&["doc", PROFILE, "--no-deps"], &[("RUSTDOCFLAGS", "--deny warnings")])),
    ("Rust tests", || cargo(&["test", PROFILE])),
    ("standalone program", standalone),
    ("window on a screen", window_on_a_screen),
    ("Rust tests with AVX2 kernels", tests_with_avx2_kernels),
    ("VST3 in Python hosts", || pytest("tests/python", PYTHON_HOSTS)),
    ("training code", || pytest("models/training", &TRAINING_TESTS)),
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
        println!("a screen that nobody sees is a matter of Linux");
        return Ok(());
    }
    setup::display_packages()?;
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

fn pytest(folder: &str, paths: &[&str]) -> Result<()> {
    let python = python::environment("test", &[REQUIREMENTS])?;
    let arguments: Vec<&str> =
        ["-v", "-p", "no:cacheprovider"].iter().copied().chain(paths.iter().copied()).collect();
    python::module(&python, &workspace::root().join(folder), "pytest", &arguments)
}
