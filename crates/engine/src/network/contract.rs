//! The contract `unbraid-mask/1`: the only thing the engine knows about a network.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use crate::network::load_error::LoadErrorKind;
use crate::stems::STEM_NAMES;

/// The contract this engine understands, as written under the key `contract` of a network file.
pub const CONTRACT: &str = "unbraid-mask/1";

/// Largest transform a network may ask for, in samples at 44.1 kHz. Four times that at 192 kHz still fits
/// comfortably into one hop's time.
const MAX_FFT: usize = 16_384;

/// Deepest look-ahead a network may ask for, in frames. Each costs one hop of latency and one spectrum of
/// memory.
const MAX_LOOKAHEAD: usize = 64;

/// Which of the plug-in's two modes a network was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Long symmetric windows, more latency, best separation.
    Studio,
    /// Short latency for performing and monitoring.
    Live,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mode::Studio => "Studio",
            Mode::Live => "Live",
        })
    }
}

/// The analysis and synthesis windows a network was trained with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowKind {
    /// Square root of a periodic Hann window for both.
    SqrtHann,
    /// A long analysis window that falls steeply at the newest end, and a synthesis window over the last two
    /// hops only (Mauler & Martin 2007).
    Asymmetric,
}

/// What a network file says about itself, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Contract {
    /// The network's own name, for instance `Braid Studio`.
    pub name: String,
    /// The network's version (semver).
    pub version: String,
    /// The mode it was made for.
    pub mode: Mode,
    /// Transform length in samples at 44.1 and 48 kHz.
    pub fft: usize,
    /// Distance between frames in samples at 44.1 and 48 kHz.
    pub hop: usize,
    /// The window pair.
    pub window: WindowKind,
    /// Frames of look-ahead: the masks of frame `k` belong to the spectrum of frame `k − lookahead`.
    pub lookahead: usize,
    /// The sample rates it was trained on, in Hz.
    pub sample_rates: Vec<u32>,
    /// The licences of its training data, in the words of its author.
    pub licences: String,
    /// Its measured quality as JSON text by its author; empty if not given.
    pub metrics: String,
}

impl Contract {
    /// Number of bins of one frame: `fft / 2 + 1`.
    pub fn bins(&self) -> usize {
        self.fft / 2 + 1
    }

    /// Reads the contract from a file's `metadata_props`.
    ///
    /// # Errors
    /// [`LoadErrorKind::Key`] for the first key that is missing or contradicts what this engine can do.
    pub fn from_metadata(props: &HashMap<String, String>) -> Result<Self, LoadErrorKind> {
        let keys = Keys(props);
        keys.expect("contract", CONTRACT)?;
        keys.expect("stems", &STEM_NAMES.join(","))?;
        let fft: usize = keys.parse("fft", "a power of two from 64 to 16384")?;
        if !fft.is_power_of_two() || !(64..=MAX_FFT).contains(&fft) {
            return Err(keys.wrong("fft", "a power of two from 64 to 16384"));
        }
        let hop: usize = keys.parse("hop", "a power of two from 16 to fft/2")?;
        if !hop.is_power_of_two() || hop < 16 || 2 * hop > fft {
            return Err(keys.wrong("hop", "a power of two from 16 to fft/2"));
        }
        let lookahead: usize = keys.parse("lookahead_frames", "a whole number from 0 to 64")?;
        if lookahead > MAX_LOOKAHEAD {
            return Err(keys.wrong("lookahead_frames", "a whole number from 0 to 64"));
        }
        let window = match keys.get("window", "`sqrt-hann` or `asymmetric`")? {
            "sqrt-hann" => WindowKind::SqrtHann,
            "asymmetric" => WindowKind::Asymmetric,
            _ => return Err(keys.wrong("window", "`sqrt-hann` or `asymmetric`")),
        };
        let mode = match keys.get("mode", "`studio` or `live`")? {
            "studio" => Mode::Studio,
            "live" => Mode::Live,
            _ => return Err(keys.wrong("mode", "`studio` or `live`")),
        };
        let rates = "whole numbers in Hz, separated by commas, 44100 among them";
        let sample_rates = keys
            .get("sample_rates", rates)?
            .split(',')
            .map(|rate| rate.trim().parse())
            .collect::<Result<Vec<u32>, _>>()
            .map_err(|_| keys.wrong("sample_rates", rates))?;
        if !sample_rates.contains(&44_100) {
            return Err(keys.wrong("sample_rates", rates));
        }
        Ok(Self {
            name: keys.get("name", "the network's name")?.to_owned(),
            version: keys.get("version", "a version such as 1.0.0")?.to_owned(),
            mode,
            fft,
            hop,
            window,
            lookahead,
            sample_rates,
            licences: keys.get("licences", "the licences of the training data")?.to_owned(),
            metrics: props.get("metrics").cloned().unwrap_or_default(),
        })
    }
}

/// Metadata with the refusals in words.
struct Keys<'a>(&'a HashMap<String, String>);

impl<'a> Keys<'a> {
    fn wrong(&self, key: &'static str, needed: &str) -> LoadErrorKind {
        let found = match self.0.get(key) {
            Some(value) => format!("`{}`", value.chars().take(80).collect::<String>()),
            None => "nothing".to_owned(),
        };
        LoadErrorKind::Key { key, found, needed: needed.to_owned() }
    }

    fn get(&self, key: &'static str, needed: &str) -> Result<&'a str, LoadErrorKind> {
        match self.0.get(key).map(|value| value.trim()) {
            Some(value) if !value.is_empty() => Ok(value),
            _ => Err(self.wrong(key, needed)),
        }
    }

    fn expect(&self, key: &'static str, value: &str) -> Result<(), LoadErrorKind> {
        let needed = format!("`{value}`");
        if self.get(key, &needed)? == value { Ok(()) } else { Err(self.wrong(key, &needed)) }
    }

    fn parse<T: FromStr>(&self, key: &'static str, needed: &str) -> Result<T, LoadErrorKind> {
        self.get(key, needed)?.parse().map_err(|_| self.wrong(key, needed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> HashMap<String, String> {
        [
            ("contract", CONTRACT),
            ("name", "Test"),
            ("version", "1.2.3"),
            ("mode", "studio"),
            ("stems", "vocals,drums,bass,other"),
            ("sample_rates", "44100,48000"),
            ("fft", "4096"),
            ("hop", "1024"),
            ("window", "sqrt-hann"),
            ("lookahead_frames", "2"),
            ("licences", "CC0-1.0"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
    }

    #[test]
    fn a_complete_file_is_read() {
        let contract = Contract::from_metadata(&good()).unwrap();
        assert_eq!((contract.fft, contract.hop, contract.lookahead), (4096, 1024, 2));
        assert_eq!(contract.bins(), 2049);
        assert_eq!(contract.sample_rates, [44_100, 48_000]);
    }

    #[test]
    fn every_missing_key_is_refused_by_name() {
        for key in good().keys() {
            let mut props = good();
            props.remove(key);
            let message = Contract::from_metadata(&props).unwrap_err().to_string();
            assert!(message.contains(&format!("`{key}`")) && message.contains("found nothing"), "{message}");
            assert_eq!(message.lines().count(), 1);
        }
    }

    #[test]
    fn a_contradicting_key_is_refused_with_what_was_found_and_needed() {
        for (key, bad, needed) in [
            ("contract", "unbraid-mask/2", "unbraid-mask/1"),
            ("stems", "drums,bass,other,vocals", "vocals,drums,bass,other"),
            ("fft", "4000", "power of two"),
            ("fft", "-1", "power of two"),
            ("hop", "4096", "fft/2"),
            ("window", "hann", "sqrt-hann"),
            ("lookahead_frames", "65", "0 to 64"),
            ("mode", "fast", "studio"),
            ("sample_rates", "48000", "44100"),
        ] {
            let mut props = good();
            props.insert(key.into(), bad.into());
            let message = Contract::from_metadata(&props).unwrap_err().to_string();
            assert!(message.contains(key) && message.contains(bad) && message.contains(needed), "{message}");
        }
    }
}
