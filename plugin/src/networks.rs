//! The networks that ship inside the plug-in, prepared once a process and shared by all instances.

use std::sync::{Arc, OnceLock};

use unbraid_engine::prepare::{LoadError, NetworkPlan};

use crate::params::Mode;

/// A network that is built in, or the one line that says why it cannot be used.
pub type Prepared = Result<Arc<NetworkPlan>, String>;

/// Whether a network for mode Live was there when the plug-in was built. Without it the mode can be chosen
/// but runs the Studio network.
pub const HAS_LIVE: bool = cfg!(live_network);

const STUDIO: &[u8] = include_bytes!("../../models/studio.onnx");
#[cfg(live_network)]
const LIVE: &[u8] = include_bytes!("../../models/live.onnx");
#[cfg(not(live_network))]
const LIVE: &[u8] = STUDIO;

/// The mode that really runs when `mode` is chosen.
pub fn available(mode: Mode) -> Mode {
    if HAS_LIVE { mode } else { Mode::Studio }
}

/// The network for `mode`. The first call in a process takes a few hundred milliseconds, and a second one
/// that comes meanwhile waits for it; later calls return at once. Never on the audio thread.
pub fn prepare(mode: Mode) -> Prepared {
    static PREPARED: [OnceLock<Prepared>; 2] = [OnceLock::new(), OnceLock::new()];
    let (slot, file, bytes) = match available(mode) {
        Mode::Studio => (0, "studio.onnx", STUDIO),
        Mode::Live => (1, "live.onnx", LIVE),
    };
    let load = || NetworkPlan::from_bytes(file, bytes).map_err(|error: LoadError| error.to_string());
    PREPARED[slot].get_or_init(load).clone()
}
