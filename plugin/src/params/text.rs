//! Parameter values as text, shown and typed.

use std::sync::Arc;

use super::gain::SILENCE_DB;

/// The framework's formatter of a value.
pub type Show<T> = Arc<dyn Fn(T) -> String + Send + Sync>;
/// The framework's parser of a value; `None` leaves the parameter as it is.
pub type Read<T> = Arc<dyn Fn(&str) -> Option<T> + Send + Sync>;

pub fn show<T: 'static>(function: fn(T) -> String) -> Show<T> {
    Arc::new(function)
}

pub fn read<T: 'static>(function: fn(&str) -> Option<T>) -> Read<T> {
    Arc::new(function)
}

/// Decibels to the hundredth, `-inf` for silence; the unit is added by the framework.
pub fn level(decibels: f32) -> String {
    if decibels <= SILENCE_DB { "-inf".into() } else { self::decibels(decibels) }
}

/// `-3`, `-3 dB`, `+1.5`, `-inf`, `-∞ dB`, `muted`, `off`.
pub fn read_level(text: &str) -> Option<f32> {
    let number = number(text, "db");
    match number.as_str() {
        "-inf" | "-∞" | "-infinity" | "muted" | "mute" | "off" | "silence" => Some(SILENCE_DB),
        number => finite(number),
    }
}

/// Decibels with one or two decimals.
pub fn decibels(decibels: f32) -> String {
    let hundredths = format!("{:.2}", decibels + 0.0);
    let text = hundredths.strip_suffix('0').unwrap_or(&hundredths);
    if text == "-0.0" { "0.0".into() } else { text.into() }
}

/// `-3`, `-3 dB`, `+1.5 dB`.
pub fn read_decibels(text: &str) -> Option<f32> {
    finite(&number(text, "db"))
}

/// Whole per cent or one decimal, from 0 to 1.
pub fn percent(value: f32) -> String {
    let tenths = format!("{:.1}", value * 100.0);
    tenths.strip_suffix(".0").unwrap_or(&tenths).into()
}

/// [`percent`] of an offset, with its sign.
pub fn offset_percent(value: f32) -> String {
    match percent(value) {
        zero if zero == "-0" => "0".into(),
        text if value > 0.0 && text != "0" => format!("+{text}"),
        text => text,
    }
}

/// `50`, `50 %`, `12.5%`, `+5`.
pub fn read_percent(text: &str) -> Option<f32> {
    finite(&number(text, "%")).map(|percent| percent / 100.0)
}

/// `muted` or `audible`.
pub fn mute(on: bool) -> String {
    if on { "muted" } else { "audible" }.into()
}

/// The texts of [`mute`] and [`switch`].
pub fn read_mute(text: &str) -> Option<bool> {
    named(text, &["muted", "mute"], &["audible", "unmuted", "unmute"])
}

/// `solo` or `off`.
pub fn solo(on: bool) -> String {
    if on { "solo" } else { "off" }.into()
}

/// The texts of [`solo`] and [`switch`].
pub fn read_solo(text: &str) -> Option<bool> {
    named(text, &["solo", "soloed"], &[])
}

/// `on` or `off`: of the bypass, not of the effect, so that `Bypass: on` cannot be read the wrong way round.
pub fn bypass(on: bool) -> String {
    if on { "on" } else { "off" }.into()
}

/// The texts of [`bypass`], those of 0.1.0 (`bypassed`, `active`), and of [`switch`].
pub fn read_bypass(text: &str) -> Option<bool> {
    named(text, &["bypassed", "bypass"], &["active", "not bypassed"])
}

fn named(text: &str, on: &[&str], off: &[&str]) -> Option<bool> {
    let text = text.trim().to_lowercase();
    if on.contains(&text.as_str()) {
        Some(true)
    } else if off.contains(&text.as_str()) {
        Some(false)
    } else {
        switch(&text)
    }
}

/// `on`/`off` in the spellings hosts use.
fn switch(text: &str) -> Option<bool> {
    match text {
        "on" | "true" | "yes" | "1" => Some(true),
        "off" | "false" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// The text without its unit, in lower case and with a plain minus.
fn number(text: &str, unit: &str) -> String {
    let text = text.trim().to_lowercase().replace('−', "-");
    text.strip_suffix(unit).unwrap_or(&text).trim().to_owned()
}

fn finite(number: &str) -> Option<f32> {
    number.parse().ok().filter(|value: &f32| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_shown_and_read() {
        for (value, shown) in
            [(0.0, "0.0"), (-0.0, "0.0"), (-3.0, "-3.0"), (1.25, "1.25"), (SILENCE_DB, "-inf")]
        {
            assert_eq!(level(value), shown);
            assert_eq!(read_level(shown), Some(value));
            assert_eq!(read_level(&format!("{shown} dB")), Some(value));
        }
        assert_eq!(level(-0.001), "0.0");
        for (typed, value) in [("-3 dB", -3.0), ("−3dB", -3.0), ("+2", 2.0), ("-6.5 DB", -6.5)] {
            assert_eq!(read_level(typed), Some(value), "{typed}");
        }
        for typed in ["-inf dB", "-∞ dB", "muted", "off", "-INF"] {
            assert_eq!(read_level(typed), Some(SILENCE_DB), "{typed}");
        }
        for typed in ["", "loud", "inf", "NaN", "3 %", "--3"] {
            assert_eq!(read_level(typed), None, "{typed}");
        }
    }

    #[test]
    fn percentages_are_shown_and_read() {
        assert_eq!(percent(0.5), "50");
        assert_eq!(percent(0.125), "12.5");
        assert_eq!(read_percent("50 %"), Some(0.5));
        assert_eq!(read_percent("12.5%"), Some(0.125));
        assert_eq!(read_percent("half"), None);
        for (value, shown) in [(0.0, "0"), (-0.0, "0"), (-1e-6, "0"), (0.25, "+25"), (-0.125, "-12.5")] {
            assert_eq!(offset_percent(value), shown);
            assert!((read_percent(shown).unwrap() - value).abs() < 1e-5);
        }
        assert_eq!(read_percent("−30 %"), Some(-0.3));
    }

    #[test]
    fn switches_are_shown_and_read() {
        for on in [false, true] {
            assert_eq!(read_mute(&mute(on)), Some(on));
            assert_eq!(read_solo(&solo(on)), Some(on));
            assert_eq!(read_bypass(&bypass(on)), Some(on));
        }
        assert_eq!([bypass(true), bypass(false)], ["on", "off"], "the state of the parameter of that name");
        assert_eq!([read_bypass("bypassed"), read_bypass("active")], [Some(true), Some(false)]);
        assert_eq!(read_mute(" Muted "), Some(true));
        assert_eq!(read_mute("on"), Some(true));
        assert_eq!(read_mute("perhaps"), None);
    }
}
