//! The stems, the plug-in's modes, and which of its outputs become files.

use std::str::FromStr;

use clap::ValueEnum;

/// The stems in the order of the plug-in's auxiliary buses.
pub const STEMS: [&str; 4] = ["vocals", "drums", "bass", "other"];

/// The rebalanced mix: the plug-in's main output.
pub const MIX: &str = "mix";

/// The plug-in's modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// Best separation, more latency
    Studio,
    /// Low latency
    Live,
}

impl Mode {
    /// The text of the plug-in's `mode` parameter.
    pub fn text(self) -> &'static str {
        match self {
            Mode::Studio => "Studio",
            Mode::Live => "Live",
        }
    }
}

/// Names of stems, separated by commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StemList(Vec<&'static str>);

impl StemList {
    /// The names, in the order of [`STEMS`], the mix last.
    pub fn names(&self) -> &[&'static str] {
        &self.0
    }
}

impl FromStr for StemList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || STEMS.into_iter().chain([MIX]);
        let mut chosen = Vec::new();
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let found = known().find(|stem| *stem == name);
            chosen.push(found.ok_or_else(|| {
                format!("no stem `{name}`; there are {}", known().collect::<Vec<_>>().join(", "))
            })?);
        }
        if chosen.is_empty() {
            return Err("name at least one stem".to_owned());
        }
        Ok(Self(known().filter(|name| chosen.contains(name)).collect()))
    }
}

/// A file to be written: the sum of some of the plug-in's output ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// A stem's name, `instrumental`, `no_drums` and the like, `mix`.
    pub name: String,
    /// The ports.
    pub ports: Vec<usize>,
}

impl Track {
    fn new(name: impl Into<String>, ports: Vec<usize>) -> Self {
        Self { name: name.into(), ports }
    }
}

/// The port of a stem by its place in [`STEMS`].
fn port(stem: usize) -> usize {
    stem + 1
}

/// The parts that sum to the song: four stems, or one and its accompaniment.
pub fn parts(two_stems: Option<&str>) -> Vec<Track> {
    let all = || STEMS.iter().enumerate();
    let Some(alone) = two_stems else {
        return all().map(|(stem, name)| Track::new(*name, vec![port(stem)])).collect();
    };
    let accompaniment = if alone == STEMS[0] { "instrumental".to_owned() } else { format!("no_{alone}") };
    let others = all().filter(|(_, name)| **name != alone).map(|(stem, _)| port(stem)).collect();
    let own = all().filter(|(_, name)| **name == alone).map(|(stem, _)| port(stem)).collect();
    vec![Track::new(alone, own), Track::new(accompaniment, others)]
}

/// The files to be written: the parts and the mix, or those that were chosen.
pub fn tracks(two_stems: Option<&str>, chosen: Option<&StemList>) -> Vec<Track> {
    let mut tracks = parts(two_stems);
    tracks.push(Track::new(MIX, vec![0]));
    if let Some(chosen) = chosen {
        tracks.retain(|track| chosen.0.contains(&track.name.as_str()));
    }
    tracks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_stem_can_stand_against_the_sum_of_the_others() {
        let names = |two: &str| -> Vec<(String, Vec<usize>)> {
            tracks(Some(two), None).into_iter().map(|track| (track.name, track.ports)).collect()
        };
        let own = |name: &str, ports: &[usize]| (name.to_owned(), ports.to_vec());
        assert_eq!(names("vocals"), [own("vocals", &[1]), own("instrumental", &[2, 3, 4]), own("mix", &[0])]);
        assert_eq!(names("bass"), [own("bass", &[3]), own("no_bass", &[1, 2, 4]), own("mix", &[0])]);
    }

    #[test]
    fn chosen_stems_come_in_one_order_and_unknown_ones_are_named() {
        let list: StemList = "mix, drums,vocals".parse().unwrap();
        assert_eq!(list.names(), ["vocals", "drums", "mix"]);
        assert_eq!(tracks(None, Some(&list)).len(), 3);
        assert!(
            "vocal".parse::<StemList>().unwrap_err().contains("no stem `vocal`; there are vocals, drums")
        );
        assert!(",".parse::<StemList>().is_err());
    }
}
