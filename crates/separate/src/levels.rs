//! The `--levels` option.

use std::str::FromStr;

use crate::stems::STEMS;

/// Levels of the mix by stem, as the plug-in's parameter texts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Levels(Vec<(&'static str, f64)>);

impl Levels {
    /// Stem and the text of its level parameter.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.0.iter().map(|&(stem, level)| {
            (stem, if level == f64::NEG_INFINITY { "-inf dB".to_owned() } else { format!("{level} dB") })
        })
    }

    /// Stem and level in dB (−inf for silence).
    pub fn values(&self) -> &[(&'static str, f64)] {
        &self.0
    }
}

impl FromStr for Levels {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut levels: Vec<(&'static str, f64)> = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) =
                part.split_once('=').ok_or_else(|| format!("`{part}` is not of the form stem=dB"))?;
            let stem = STEMS
                .into_iter()
                .find(|stem| *stem == name.trim())
                .ok_or_else(|| format!("no stem `{}`; there are {}", name.trim(), STEMS.join(", ")))?;
            if levels.iter().any(|(known, _)| *known == stem) {
                return Err(format!("{stem} is given twice"));
            }
            let level: f64 = value
                .trim()
                .trim_end_matches("dB")
                .trim()
                .parse()
                .map_err(|_| format!("`{}` is no level in dB", value.trim()))?;
            if level.is_nan() || level > 12.0 {
                return Err(format!("{stem}={level}: levels go from -inf to 12 dB"));
            }
            levels.push((stem, level));
        }
        Ok(Self(levels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_in_any_order_and_with_or_without_unit() {
        let levels: Levels = "drums=1.5, vocals=-3dB,bass=-inf".parse().unwrap();
        let texts: Vec<_> = levels.iter().collect();
        assert_eq!(
            texts,
            [("drums", "1.5 dB".to_owned()), ("vocals", "-3 dB".to_owned()), ("bass", "-inf dB".to_owned())]
        );
        assert_eq!("".parse::<Levels>().unwrap(), Levels::default());
    }

    #[test]
    fn wrong_levels_are_refused_with_their_reason() {
        for (text, reason) in [
            ("vocals", "stem=dB"),
            ("voice=1", "vocals, drums, bass, other"),
            ("vocals=loud", "no level"),
            ("vocals=13", "12 dB"),
            ("vocals=NaN", "12 dB"),
            ("vocals=1,vocals=2", "twice"),
        ] {
            let error = text.parse::<Levels>().unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
