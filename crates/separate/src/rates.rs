//! Which sample rate the plug-in runs at.

use unbraid_song::PLUGIN_RATES;

/// The rate that networks were made for, in Hz.
const BEST: u32 = 44_100;

/// The plug-in's rate for files of a rate in Hz: the same where the plug-in takes it; else a multiple of it near what
/// networks were made for, or a half, a quarter … of it.
pub fn for_plugin(rate: u32) -> u32 {
    if rate < *PLUGIN_RATES.start() {
        return rate * ((2 * BEST + rate) / (2 * rate));
    }
    let mut lower = rate;
    while lower > *PLUGIN_RATES.end() {
        lower = lower.div_ceil(2);
    }
    lower
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plug_in_runs_at_the_files_rate_or_in_a_plain_ratio_to_it() {
        for (files, plugin) in [
            (44_100, 44_100),
            (22_050, 22_050),
            (192_000, 192_000),
            (8000, 48_000),
            (11_025, 44_100),
            (16_000, 48_000),
            (4000, 44_000),
            (384_000, 192_000),
            (768_000, 192_000),
            (705_600, 176_400),
        ] {
            assert_eq!(for_plugin(files), plugin, "{files}");
        }
        assert!((4000..=768_000).all(|rate| PLUGIN_RATES.contains(&for_plugin(rate))));
    }
}
