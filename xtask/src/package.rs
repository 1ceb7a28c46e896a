//! `cargo xtask package`: what a user downloads. One archive per platform, a Python wheel with the command, and a Debian package
//! on Debian.

mod archive;
mod built;
mod contents;
mod debian;
mod licences;
mod stamp;
mod wheel;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{bundle, workspace};
use built::Built;
use stamp::Stamp;

/// Options of `cargo xtask package`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Folder to write to; made if it is not there [default: target/package]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// macOS: both processors in one bundle; needs both Rust targets
    #[arg(long)]
    universal: bool,
    /// Leave out the standalone program, which on Linux needs the headers of ALSA, and with it the Debian package
    #[arg(long)]
    without_standalone: bool,
    /// Pack what lies in target/bundled as it is, for instance after signing it. Nothing is built
    #[arg(long)]
    packed: bool,
    /// Do not make a Debian package
    #[arg(long)]
    without_deb: bool,
    /// Do not make a Python wheel
    #[arg(long)]
    without_wheel: bool,
}

/// Runs the command.
pub fn main(arguments: &Arguments) -> Result<()> {
    let out = arguments.out.clone().unwrap_or_else(|| workspace::target().join("package"));
    std::fs::create_dir_all(&out)
        .with_context(|| format!("cannot make the folder {}", workspace::shown(&out)))?;
    let stamp = Stamp::read(arguments.universal)?;
    // Before the build, which takes longer: the tools that this needs.
    let dependencies = licences::of_dependencies()?;
    let built = build(arguments)?;

    // In cargo's folder, since `cargo deb` looks there.
    let work = workspace::target().join("release/package");
    if work.exists() {
        std::fs::remove_dir_all(&work)
            .with_context(|| format!("cannot renew {}", workspace::shown(&work)))?;
    }
    let folder = work.join(format!("unbraid-{}-{}", env!("CARGO_PKG_VERSION"), stamp.platform));
    contents::lay_out(&folder, &built, &stamp, &dependencies)?;
    let mut files = vec![archive::write(&folder, &out, stamp.epoch)?];
    if cfg!(target_os = "linux") && built.standalone.is_some() && !arguments.without_deb {
        files.push(debian::write(&folder, &work.join("deb"), &out, &stamp)?);
    }
    if !arguments.without_wheel && !arguments.universal {
        files.push(wheel::write(&folder, &work.join("wheel"), &out, &stamp)?);
    }
    let sums = contents::write_sums(&out, &files)?;
    println!("wrote:");
    for file in files.iter().chain([&sums]) {
        println!("  {}", workspace::shown(file));
    }
    print!("{}", std::fs::read_to_string(&sums)?);
    if stamp.changed {
        println!("the working tree has changes: these files are of no commit");
    }
    Ok(())
}

fn build(arguments: &Arguments) -> Result<Built> {
    if arguments.packed {
        for bundle in [bundle::clap(), bundle::vst3()] {
            if !bundle.exists() {
                bail!("{} is not there: without --packed it is built", workspace::shown(&bundle));
            }
        }
    } else if arguments.universal {
        let command = ["bundle-universal", "unbraid", "--release"].map(str::to_owned);
        nice_plug_xtask::main_with_args("cargo xtask", command)?;
    } else {
        bundle::up_to_date_clap()?;
    }
    let command =
        if arguments.packed { built_before("unbraid")? } else { program(&COMMAND, arguments.universal)? };
    let standalone =
        if arguments.without_standalone { None } else { Some(program(&STANDALONE, arguments.universal)?) };
    Ok(Built { clap: bundle::clap(), vst3: bundle::vst3(), command, standalone })
}

/// A program of ours.
struct Program {
    package: &'static str,
    name: &'static str,
    /// The remedy when it does not build.
    remedy: &'static str,
}

const COMMAND: Program =
    Program { package: "unbraid-separate", name: "unbraid", remedy: "cargo's messages above say why" };

const STANDALONE: Program = Program {
    package: "unbraid-standalone",
    name: "unbraid-standalone",
    remedy: "on Debian it needs `apt-get install pkg-config libasound2-dev libjack-jackd2-dev`. To do without it: \
             --without-standalone",
};

/// A program that was built before.
fn built_before(name: &str) -> Result<PathBuf> {
    let path = workspace::target().join("release").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !path.exists() {
        bail!("{} is not there: without --packed it is built", workspace::shown(&path));
    }
    Ok(path)
}

/// Builds a program; for macOS both processors' in one file.
fn program(program: &Program, universal: bool) -> Result<PathBuf> {
    let Program { package, name, remedy } = program;
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let build = |target: Option<&str>| {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo
            .args(["build", "--release", "--package", package, "--bin", name])
            .current_dir(workspace::root());
        if let Some(target) = target {
            cargo.args(["--target", target]);
        }
        if !cargo.status().context("cannot start cargo")?.success() {
            bail!("{name} does not build; {remedy}");
        }
        Ok(workspace::target().join(target.unwrap_or_default()).join("release").join(&file))
    };
    if !universal {
        return build(None);
    }
    let parts = [build(Some("x86_64-apple-darwin"))?, build(Some("aarch64-apple-darwin"))?];
    let both = workspace::target().join("release").join(&file);
    let lipo = Command::new("lipo").arg("-create").args(&parts).arg("-output").arg(&both).status();
    if !lipo.context("cannot start lipo")?.success() {
        bail!("lipo cannot join the two files of {name}");
    }
    Ok(both)
}
