//! The signal that the window's spectrogram shows, remembered with the project.

use serde::{Deserialize, Serialize};

/// Input or output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SpectrogramSource {
    /// The input: all stems as they come in.
    In,
    /// The main output, with levels, mutes and solos. Also for a value of another version.
    #[default]
    #[serde(other)]
    Out,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_survives_the_project_and_an_unknown_one_becomes_the_output() {
        for (source, text) in [(SpectrogramSource::In, r#""in""#), (SpectrogramSource::Out, r#""out""#)] {
            assert_eq!(serde_json::to_string(&source).unwrap(), text);
            assert_eq!(serde_json::from_str::<SpectrogramSource>(text).unwrap(), source);
        }
        assert_eq!(serde_json::from_str::<SpectrogramSource>(r#""both""#).unwrap(), SpectrogramSource::Out);
    }
}
