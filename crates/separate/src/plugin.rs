//! The plug-in: where it is, and that it is the right one.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use unbraid_host::ClapHost;

use crate::key::Plugin;
use crate::network::{self, Network};
use crate::paths::shown;
use crate::stems::STEMS;

/// The plug-in's file name.
const BUNDLE: &str = "unbraid.clap";

/// A plug-in that was loaded once.
#[derive(Debug)]
pub struct LoadedPlugin {
    /// Its bundle.
    pub clap: PathBuf,
    /// Its network, where that is known.
    pub network: Option<Network>,
    /// Its identity, for reports.
    pub key: Plugin,
}

/// A plug-in that is not there or not ours.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NoPlugin(String);

impl LoadedPlugin {
    /// The plug-in in a bundle. `network` is the file of its network, if the caller knows which one it holds.
    ///
    /// # Errors
    /// When it cannot be loaded, is not ours, or does not hold the network.
    pub fn load(clap: &Path, network: Option<&Path>) -> Result<Self> {
        // Loading it says what is wrong with a plug-in better than not being able to read its file.
        let host = ClapHost::load(clap).map_err(|error| NoPlugin(error.to_string()))?;
        check_buses(&host).map_err(|error| NoPlugin(format!("{}: {error}", shown(clap))))?;
        drop(host);
        let known = network
            .map(|file| Ok::<_, anyhow::Error>((network::in_bundle(clap, file)?, file)))
            .transpose()?;
        let key = Plugin::new(clap, known.as_ref().map(|(network, file)| (network, *file)))?;
        Ok(Self { clap: clap.to_owned(), network: known.map(|(network, _)| network), key })
    }
}

/// Makes sure that the plug-in has the buses that become files.
///
/// # Errors
/// One line with what it has.
pub fn check_buses(host: &ClapHost) -> Result<()> {
    let names: Vec<_> = host.output_ports().iter().map(|port| port.name.to_lowercase()).collect();
    let stereo = host.output_ports().iter().all(|port| port.channels == 2);
    if names.len() != 5 || names[1..] != STEMS || !stereo {
        bail!("the plug-in must have the stereo outputs Main, Vocals, Drums, Bass, Other; it has {names:?}");
    }
    Ok(())
}

/// Activates the plug-in with its network, however long that takes to prepare. An activation for real time waits for it two
/// seconds at most, and then lets the song through unseparated, so an activation for rendering comes first.
///
/// # Errors
/// When the plug-in refuses the rate in Hz or the blocks.
pub fn activate(host: &mut ClapHost, rate: u32, block: u32) -> Result<()> {
    if host.set_offline(true).is_ok() {
        host.activate(f64::from(rate), block)?;
        host.deactivate();
        host.set_offline(false)?;
    }
    Ok(host.activate(f64::from(rate), block)?)
}

/// The plug-in that was installed: the first that is there of the places of `places`.
///
/// # Errors
/// One line with all places that were looked at.
pub fn installed() -> Result<PathBuf> {
    let program = std::env::current_exe().context("cannot tell where this program lies")?;
    // Tools that install programs for one user put a link to them into the path.
    let program = program.canonicalize().unwrap_or(program);
    let places = places(&program, &|name| std::env::var_os(name));
    if let Some(found) = places.iter().find(|place| place.exists()) {
        return Ok(found.clone());
    }
    let looked: Vec<_> = places.iter().map(|place| shown(place)).collect();
    Err(NoPlugin(format!(
        "the plug-in {BUNDLE} is not installed: install it, or name it with --bundle FILE (looked for {})",
        looked.join(", ")
    ))
    .into())
}

/// Where the plug-in may lie: beside the program and where packages put it, in the folders of `CLAP_PATH`, and in the
/// standard folders of the system.
fn places(program: &Path, variable: &dyn Fn(&str) -> Option<std::ffi::OsString>) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    if let Some(beside) = program.parent() {
        folders.push(beside.to_owned());
        folders.extend(beside.parent().map(|prefix| prefix.join("lib/clap")));
    }
    if let Some(path) = variable("CLAP_PATH") {
        folders.extend(std::env::split_paths(&path));
    }
    let below = |name: &str, inside: &str| variable(name).map(|folder| Path::new(&folder).join(inside));
    let standard = if cfg!(target_os = "macos") {
        [below("HOME", "Library/Audio/Plug-Ins/CLAP"), Some("/Library/Audio/Plug-Ins/CLAP".into())]
    } else if cfg!(windows) {
        [below("LOCALAPPDATA", "Programs/Common/CLAP"), below("COMMONPROGRAMFILES", "CLAP")]
    } else {
        [below("HOME", ".clap"), Some("/usr/lib/clap".into())]
    };
    folders.extend(standard.into_iter().flatten());
    folders.into_iter().map(|folder| folder.join(BUNDLE)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plug_in_is_looked_for_beside_the_program_then_where_users_and_systems_have_it() {
        let variable = |name: &str| match name {
            "HOME" | "LOCALAPPDATA" => Some("/home/ann".into()),
            "CLAP_PATH" => Some("/one".into()),
            _ => None,
        };
        let places = places(Path::new("/venv/bin/unbraid"), &variable);
        let first = ["/venv/bin/unbraid.clap", "/venv/lib/clap/unbraid.clap", "/one/unbraid.clap"];
        assert_eq!(places[..3], first.map(PathBuf::from));
        assert!(places[3].starts_with("/home/ann"));
        if cfg!(target_os = "linux") {
            assert_eq!(places[4], Path::new("/usr/lib/clap/unbraid.clap"));
        }
    }

    #[test]
    fn what_is_no_plug_in_is_told_apart_from_other_errors() {
        let error = LoadedPlugin::load(Path::new("no-such.clap"), None).unwrap_err();
        assert!(error.is::<NoPlugin>() && error.to_string().contains("cannot load no-such.clap"), "{error}");
    }
}
