//! The networks: those that ship inside the plug-in, and the user's own.
//!
//! A prepared network is shared by all instances in the process.

mod error;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::SystemTime;

use unbraid_engine::network::{self, Contract, NetworkPlan};

use crate::mode::Mode;

pub use error::NetworkError;

/// A prepared network, or why it cannot be used.
pub type Prepared = Result<Arc<NetworkPlan>, NetworkError>;

/// Whether a network for mode Live was there when the plug-in was built. Without it, and without one of the user's
/// own, the mode can be chosen but runs the Studio network.
pub const HAS_LIVE: bool = cfg!(live_network);

/// Largest network file that is read, in bytes: some ten times the largest of ours.
const LARGEST_FILE: u64 = 256 << 20;

const STUDIO: &[u8] = include_bytes!("../../models/studio.onnx");
#[cfg(live_network)]
const LIVE: &[u8] = include_bytes!("../../models/live.onnx");
#[cfg(not(live_network))]
const LIVE: &[u8] = STUDIO;

/// The built-in network for `mode`; without a Live network the Studio network. The first call in a process takes a few
/// hundred milliseconds, and a second one that comes meanwhile waits for it; later calls return at once. Never on the
/// audio thread.
pub fn built_in(mode: Mode) -> Prepared {
    let (prepared, name, bytes) = file_of(mode);
    prepared.get_or_init(|| Ok(NetworkPlan::from_bytes(name, bytes)?)).clone()
}

/// The built-in network for `mode`: once it is prepared, its file's name and contents.
fn file_of(mode: Mode) -> (&'static OnceLock<Prepared>, &'static str, &'static [u8]) {
    static PREPARED: [OnceLock<Prepared>; 2] = [OnceLock::new(), OnceLock::new()];
    match mode {
        Mode::Live if HAS_LIVE => (&PREPARED[1], "live.onnx", LIVE),
        _ => (&PREPARED[0], "studio.onnx", STUDIO),
    }
}

/// The network for `mode`, from the user's own `file` if there is one; `None` if it is not prepared yet. Takes
/// microseconds, and a lock: not for the audio thread.
pub fn ready(mode: Mode, file: Option<&Path>) -> Option<Arc<NetworkPlan>> {
    match file {
        None => file_of(mode).0.get()?.clone().ok(),
        Some(path) => known(&mut prepared_files(), &Version::of(path).ok()?),
    }
}

/// The contract of the network for `mode`, from the user's own `file` if there is one, without preparing it. Takes some
/// milliseconds; never on the audio thread.
///
/// # Errors
/// [`NetworkError`] if the file cannot be read or has no contract.
pub fn contract(mode: Mode, file: Option<&Path>) -> Result<Contract, NetworkError> {
    let contract = match file {
        None => {
            let (_, name, bytes) = file_of(mode);
            NetworkPlan::contract_of(name, bytes)
        }
        Some(path) => NetworkPlan::contract_of(&name_of(path), &read(path)?),
    };
    Ok(contract?)
}

/// The network in the file at `path`. Prepared once for as long as it is in use and the file stays as it was. Takes up to
/// a few seconds; never on the audio thread.
///
/// # Errors
/// [`NetworkError`] if the file cannot be read or used.
pub fn from_file(path: &Path) -> Prepared {
    let version = Version::of(path).map_err(|error| unreadable(path, &error))?;
    let mut prepared = prepared_files();
    if let Some(plan) = known(&mut prepared, &version) {
        return Ok(plan);
    }
    let plan = NetworkPlan::from_bytes(&name_of(path), &read(path)?)?;
    prepared.push((version, Arc::downgrade(&plan)));
    Ok(plan)
}

/// Networks from files, for as long as they are in use.
type PreparedFiles = Vec<(Version, Weak<NetworkPlan>)>;

fn prepared_files() -> MutexGuard<'static, PreparedFiles> {
    static PREPARED: Mutex<PreparedFiles> = Mutex::new(Vec::new());
    PREPARED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn known(prepared: &mut PreparedFiles, version: &Version) -> Option<Arc<NetworkPlan>> {
    prepared.retain(|(_, plan)| plan.strong_count() > 0);
    prepared.iter().find(|(known, _)| known == version)?.1.upgrade()
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn unreadable(path: &Path, reason: &dyn std::fmt::Display) -> NetworkError {
    NetworkError::Unreadable { name: name_of(path), reason: reason.to_string(), path: path.to_owned() }
}

fn read(path: &Path) -> Result<Vec<u8>, NetworkError> {
    let bytes = fs::metadata(path).map_err(|error| unreadable(path, &error))?.len();
    if bytes > LARGEST_FILE {
        return Err(unreadable(path, &format!("{bytes} bytes, the most is {LARGEST_FILE}")));
    }
    fs::read(path).map_err(|error| unreadable(path, &error))
}

/// One state of a file.
#[derive(PartialEq)]
struct Version {
    path: PathBuf,
    bytes: u64,
    changed: Option<SystemTime>,
}

impl Version {
    fn of(path: &Path) -> std::io::Result<Self> {
        let metadata = fs::metadata(path)?;
        Ok(Self { path: path.to_owned(), bytes: metadata.len(), changed: metadata.modified().ok() })
    }
}

/// The mode a network was made for.
pub fn mode_of(plan: &NetworkPlan) -> Mode {
    match plan.contract().mode {
        network::Mode::Studio => Mode::Studio,
        network::Mode::Live => Mode::Live,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn temporary(name: &str, bytes: &[u8]) -> PathBuf {
        let path = std::env::temp_dir().join(format!("unbraid-{}-{name}", std::process::id()));
        fs::write(&path, bytes).unwrap();
        path
    }

    #[test]
    fn a_users_file_is_prepared_once_while_it_is_in_use() {
        let path = temporary("own.onnx", STUDIO);
        let (one, two) = (from_file(&path).unwrap(), from_file(&path).unwrap());
        assert!(Arc::ptr_eq(&one, &two));
        assert!(!Arc::ptr_eq(&one, &built_in(Mode::Studio).unwrap()));
        assert_eq!(mode_of(&one), Mode::Studio);
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_file_that_is_no_network_is_refused_in_one_line_with_its_name() {
        let missing = from_file(Path::new("/nowhere/mine.onnx")).err().unwrap().to_string();
        assert!(missing.contains("mine.onnx"), "{missing}");
        let path = temporary("bad.onnx", b"not a network");
        let message = from_file(&path).err().unwrap().to_string();
        assert!(message.contains("bad.onnx"), "{message}");
        let cut = temporary("cut.onnx", &STUDIO[..STUDIO.len() / 2]);
        let truncated = from_file(&cut).err().unwrap().to_string();
        assert!(truncated.contains("cut.onnx"), "{truncated}");
        for message in [missing, message, truncated] {
            assert_eq!(message.lines().count(), 1, "{message}");
        }
        fs::remove_file(path).unwrap();
        fs::remove_file(cut).unwrap();
    }
}
