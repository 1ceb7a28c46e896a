//! The command line: the framework's options, and a song.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser};
use nice_plug::wrapper::standalone::{BackendType, WrapperConfig};

use crate::server::Settings;

/// What the command line says.
#[derive(Parser)]
#[command(name = "unbraid-standalone", version)]
pub struct Arguments {
    /// Song to open at once: WAV, FLAC, MP3, AAC, ALAC, AIFF, Ogg, Opus, Matroska and others
    ///
    /// It plays in the place of the input. Without a window, a song that cannot be read ends the program.
    #[arg(long, value_name = "FILE")]
    pub song: Option<PathBuf>,
    /// The framework's options.
    #[command(flatten)]
    pub framework: WrapperConfig,
}

const ABOUT: &str =
    "Unbraid without a DAW: separates what comes in, or a song, into vocals, drums, bass and other";

/// Sample rates in Hz that a backend may be asked for.
const RATES: std::ops::RangeInclusive<f32> = 8_000.0..=768_000.0;

/// Periods in samples that a backend may be asked for.
const PERIODS: std::ops::RangeInclusive<u32> = 1..=65_536;

/// Reads the command line, the program's name first.
///
/// Where JACK is to be used, its server is asked for rate and period, because the framework activates the plug-in with
/// those of the command line. What the user gave himself stays.
///
/// # Errors
/// A message for people, which may be the help that was asked for.
pub fn parse(
    arguments: impl IntoIterator<Item = OsString>,
    server: impl FnOnce() -> Option<Settings>,
) -> Result<Arguments, clap::Error> {
    let mut command = Arguments::command().about(ABOUT).long_about(ABOUT);
    let matches = command.try_get_matches_from_mut(arguments)?;
    let mut arguments = Arguments::from_arg_matches(&matches)?;
    let framework = &mut arguments.framework;
    if !RATES.contains(&framework.sample_rate) {
        let message = format!("--sample-rate takes {} to {} Hz\n", RATES.start(), RATES.end());
        return Err(command.error(ErrorKind::ValueValidation, message));
    }
    if !PERIODS.contains(&framework.period_size) {
        let message = format!("--period-size takes {} to {} samples\n", PERIODS.start(), PERIODS.end());
        return Err(command.error(ErrorKind::ValueValidation, message));
    }
    if matches!(framework.backend, BackendType::Auto | BackendType::Jack)
        && !(given(&matches, "sample_rate") && given(&matches, "period_size"))
        && let Some(settings) = server()
    {
        if !given(&matches, "sample_rate") {
            framework.sample_rate = settings.sample_rate;
        }
        if !given(&matches, "period_size") {
            framework.period_size = settings.period;
        }
    }
    Ok(arguments)
}

/// The user gave the option himself.
fn given(matches: &ArgMatches, option: &str) -> bool {
    matches.value_source(option) == Some(ValueSource::CommandLine)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: Settings = Settings { sample_rate: 96_000.0, period: 64 };

    fn parsed(line: &str) -> Result<Arguments, clap::Error> {
        let words = format!("unbraid-standalone {line}");
        parse(words.split_whitespace().map(OsString::from), || Some(SERVER))
    }

    fn settings(line: &str) -> (f32, u32) {
        let framework = parsed(line).unwrap().framework;
        (framework.sample_rate, framework.period_size)
    }

    #[test]
    fn a_song_is_found_beside_the_frameworks_options() {
        for line in ["--song a.flac -b dummy", "-b dummy --song=a.flac"] {
            let arguments = parsed(line).unwrap();
            assert_eq!(arguments.song, Some("a.flac".into()));
            assert!(matches!(arguments.framework.backend, BackendType::Dummy));
        }
        assert_eq!(parsed("-b dummy").unwrap().song, None);
    }

    #[cfg(unix)]
    #[test]
    fn a_songs_name_need_not_be_utf_8() {
        use std::os::unix::ffi::OsStringExt;
        let name = OsString::from_vec(b"Bj\xf6rk.flac".to_vec());
        let line = ["unbraid-standalone".into(), "--song".into(), name.clone()];
        assert_eq!(parse(line, || None).unwrap().song, Some(name.into()));
    }

    #[test]
    fn the_servers_rate_and_period_are_used_unless_the_user_gave_others() {
        assert_eq!(settings(""), (96_000.0, 64));
        assert_eq!(settings("-b jack"), (96_000.0, 64));
        assert_eq!(settings("-r 44100"), (44_100.0, 64));
        assert_eq!(settings("--period-size=128"), (96_000.0, 128));
        assert_eq!(settings("-r 48000 -p 512"), (48_000.0, 512), "the framework's defaults, but given");
    }

    #[test]
    fn a_backend_without_a_server_asks_none() {
        let line = ["unbraid-standalone", "-b", "dummy"].map(OsString::from);
        let arguments = parse(line, || panic!("the server was asked")).unwrap();
        assert_eq!(arguments.framework.sample_rate, 48_000.0);
    }

    #[test]
    fn rates_and_periods_that_cannot_be_are_refused_by_name() {
        for (line, option) in [
            ("-r 0", "--sample-rate"),
            ("-r NaN", "--sample-rate"),
            ("-r inf", "--sample-rate"),
            ("-p 0", "--period-size"),
            ("-p 4000000000", "--period-size"),
        ] {
            let error = parsed(line).err().unwrap_or_else(|| panic!("{line} was taken"));
            assert!(error.to_string().contains(option), "{error}");
        }
    }

    #[test]
    fn the_help_lists_every_option() {
        let help = parsed("--help").err().unwrap().to_string();
        for argument in Arguments::command().get_arguments() {
            let option = argument.get_long().unwrap();
            assert!(help.contains(&format!("--{option}")), "--{option} is missing in:\n{help}");
        }
        assert!(help.contains("--song <FILE>") && help.contains("--backend <BACKEND>"));
        assert!(help.starts_with(ABOUT), "{help}");
    }
}
