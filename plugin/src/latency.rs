//! The latency that an activation would have.

use unbraid_engine::FrameConfig;

use crate::networks;
use crate::params::UnbraidParams;

/// Rate in Hz that is assumed for a host that has not told its own.
pub const ASSUMED_RATE: f64 = 44_100.0;

/// Delay in samples of the network that `params` select, at `sample_rate` Hz and blocks of at most `max_block` samples;
/// `None` if no network can be read. Reads what the network says about itself, some milliseconds unless it is prepared.
/// Not for the audio thread.
pub fn expected(params: &UnbraidParams, sample_rate: f64, max_block: usize) -> Option<u32> {
    let mode = params.networks.available(params.mode.value());
    let file = params.networks.file(mode);
    let contract = match networks::ready(mode, file.as_deref()) {
        Some(plan) => plan.contract().clone(),
        // An activation falls back to the built-in network, too.
        None => networks::contract(mode, file.as_deref()).or_else(|_| networks::contract(mode, None)).ok()?,
    };
    let config = FrameConfig::new(&contract, sample_rate, max_block)
        .or_else(|_| FrameConfig::new(&contract, ASSUMED_RATE, max_block));
    u32::try_from(config.ok()?.latency()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::handle::ParamHandle;

    #[test]
    fn the_latency_is_that_of_the_selected_mode_at_the_hosts_rate() {
        let params = UnbraidParams::default();
        assert_eq!(expected(&params, 44_100.0, usize::MAX), Some(4096));
        assert_eq!(expected(&params, 96_000.0, 64), Some(8192 + 2048));
        assert_eq!(expected(&params, f64::NAN, usize::MAX), Some(4096), "an impossible rate is none");
        ParamHandle::of(&params.mode).set(0.0);
        assert_eq!(expected(&params, 44_100.0, usize::MAX), Some(1024));
        let missing = "/nowhere/own.onnx".into();
        params.networks.choose(crate::mode::Mode::Live, Some(missing));
        assert_eq!(expected(&params, 44_100.0, usize::MAX), Some(1024), "the built-in network runs instead");
    }
}
