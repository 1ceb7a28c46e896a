//! Warnings about a song and its stems.

use super::facts::{Written, relative_db};
use crate::measure::{Levels, SILENCE_DBFS};
use crate::stems::{MIX, STEMS};

/// A song below this is short: the network needs a few seconds to settle.
const SHORT_S: f64 = 5.0;

/// A stem this far below the song is taken for absent, in dB.
const ABSENT_DB: f64 = -30.0;

/// A present stem with less confidence than this was mostly divided, not found.
const LOW_CONFIDENCE: f32 = 0.6;

/// Input of the warnings.
pub struct Wary<'a> {
    /// The reader's warnings.
    pub reading: Vec<String>,
    /// Rates in Hz of the song, the plug-in and the files.
    pub rates: [u32; 3],
    /// Length in seconds.
    pub seconds: f64,
    /// The fraction of the song that is silent.
    pub silent: f64,
    /// The song's levels.
    pub song: Levels,
    /// The files of audio.
    pub written: &'a [Written],
    /// The gain of `--normalize`, in dB.
    pub gain_db: f64,
    /// The plug-in's warnings.
    pub plugin: Vec<String>,
}

impl Wary<'_> {
    /// A sentence for each.
    pub fn warnings(self) -> Vec<String> {
        let [source, plugin, files] = self.rates;
        let mut warnings = self.reading.clone();
        if files != source {
            warnings.push(format!("resampled from {source} to {files} Hz"));
        }
        if plugin != files {
            warnings.push(format!("the plug-in, which does not take {files} Hz, ran at {plugin} Hz"));
        }
        if self.seconds < SHORT_S {
            warnings.push(format!(
                "short file ({:.1} s): the network needs a few seconds to settle",
                self.seconds
            ));
        }
        if self.silent > 0.5 {
            warnings.push(format!(
                "mostly silent: {:.0} % of the song are below {SILENCE_DBFS:.0} dBFS",
                100.0 * self.silent
            ));
        }
        for written in self.written {
            warnings.extend(self.clipping(written));
            warnings.extend(self.low_confidence(written));
        }
        warnings.extend(self.plugin.iter().map(|text| format!("the plug-in says: {text}")));
        warnings
    }

    fn clipping(&self, written: &Written) -> Option<String> {
        let over = 20.0 * f64::from(written.levels.peak).log10() + self.gain_db;
        let advice =
            if written.track == MIX { "lower the levels or use --normalize" } else { "use --normalize" };
        let track = &written.track;
        (over > 0.0).then(|| format!("clipping risk: {track} peaks at +{over:.1} dBFS; {advice}"))
    }

    fn low_confidence(&self, written: &Written) -> Option<String> {
        let confidence = written.confidence.filter(|_| self.silent < 1.0)?;
        let name = &written.track;
        if !STEMS.contains(&name.as_str()) {
            return None;
        }
        let [_, plugin, files] = self.rates;
        let level = relative_db(&written.levels, files, &self.song, plugin);
        if level.is_none_or(|level| level < ABSENT_DB) {
            return Some(format!("low-confidence stem: there is hardly any {name} in this song"));
        }
        (confidence < LOW_CONFIDENCE).then(|| {
            format!("low-confidence stem: {name} was told apart only in part (confidence {confidence:.2})")
        })
    }
}
