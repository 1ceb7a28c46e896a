//! Under which terms everything in a package may be passed on.

use std::fmt::Write as _;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace;
use unbraid_separate::{Mode, network};

/// The heading in `models/README.md` below which the training data's sources and licences stand.
const HEADING: &str = "## Data and licences";

/// The licences of all packages that are linked into the plug-in and the program, with their texts: `cargo about`.
///
/// # Errors
/// When `cargo about` is not installed, or when a package has a licence that `packaging/about.toml` does not accept.
pub fn of_dependencies() -> Result<String> {
    let cargo = || Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let there = cargo().args(["about", "--version"]).output().is_ok_and(|output| output.status.success());
    if !there {
        bail!("`cargo about` is missing: cargo install --locked --features cli cargo-about");
    }
    let root = workspace::root();
    // Offline, so that what it finds depends on the packages alone; but all of them must be here, also other systems'.
    let fetched = cargo().args(["fetch", "--locked"]).current_dir(&root).status();
    if !fetched.context("cannot start cargo")?.success() {
        bail!("`cargo fetch --locked` failed; cargo's messages above say why");
    }
    let of = |package: &str| {
        let output = cargo()
            .args(["about", "generate", "--offline", "--fail", "--manifest-path"])
            .arg(format!("crates/{package}/Cargo.toml"))
            .args(["--config", "packaging/about.toml", "packaging/about.hbs"])
            .current_dir(&root)
            .output()
            .context("cannot start `cargo about`")?;
        if !output.status.success() {
            bail!("`cargo about` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        let text = String::from_utf8(output.stdout).context("the output of `cargo about`")?;
        // Some packages carry their licence with the line ends of Windows.
        Ok(text.replace("\r\n", "\n"))
    };
    // The standalone program's packages are the plug-in's and more; the command has others.
    Ok(format!(
        "THE PLUG-IN AND THE PROGRAM unbraid-standalone\n\n{}\n\nTHE COMMAND unbraid\n\n\
         The MP3 encoder of the command and of unbraid-standalone, shine-rs, is under the LGPL 2.0; it is not in the plug-in.\n\
         Everything else that is needed to link them with another version of it is public with Unbraid's source code:\n\
         change shine-rs in Cargo.toml, then\n\
         `cargo build --release --package unbraid-separate --package unbraid-standalone`.\n\n{}",
        of("standalone")?,
        of("separate")?
    ))
}

/// The networks' training data, by their own metadata and by the card.
///
/// # Errors
/// When a network or the card cannot be read.
pub fn of_training_data() -> Result<String> {
    let mut text = "# What the networks were trained on\n\n".to_owned();
    for mode in [Mode::Studio, Mode::Live] {
        let file = workspace::network_file(mode);
        if file.exists() {
            let model =
                std::fs::read(&file).with_context(|| format!("cannot read {}", workspace::shown(&file)))?;
            let get = |key| network::property(&model, key).with_context(|| workspace::shown(&file));
            writeln!(
                text,
                "{} {} (mode {}): {}\n",
                get("name")?,
                get("version")?,
                mode.text(),
                get("licences")?
            )?;
        }
    }
    let card = workspace::root().join("models/README.md");
    let card =
        std::fs::read_to_string(&card).with_context(|| format!("cannot read {}", workspace::shown(&card)))?;
    text += section(&card).with_context(|| format!("models/README.md has no heading `{HEADING}`"))?;
    Ok(text)
}

/// From the heading to the next one.
fn section(card: &str) -> Option<&str> {
    let start = card.find(HEADING)?;
    let rest = &card[start..];
    let end = rest[HEADING.len()..].find("\n#").map_or(rest.len(), |end| HEADING.len() + end + 1);
    Some(&rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_section_ends_at_the_next_heading() {
        let card = "# Networks\n\n## Data and licences\n\n| source | licence |\n\n## To ship one's own\n";
        assert_eq!(section(card), Some("## Data and licences\n\n| source | licence |\n\n"));
        assert_eq!(section("# Networks\n"), None);
    }

    #[test]
    fn the_networks_that_ship_name_their_data() {
        let text = of_training_data().unwrap();
        assert!(
            text.contains("(mode Studio): ") && text.contains("(mode Live): ") && text.contains("| source |"),
            "{text}"
        );
    }
}
