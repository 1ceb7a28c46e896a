//! What the JACK server says about rate and period.
//!
//! The framework activates a standalone plug-in with the rate and period of the command line even where the server has
//! others. So the server is asked first and its answer put on the command line.

use jack::{Client, ClientOptions};

/// The arguments, with rate and period as they will be. Arguments that the user gave himself stay.
pub fn settle(arguments: Vec<String>) -> Vec<String> {
    match backend(&arguments) {
        "auto" | "jack" => match facts() {
            Some((rate, period)) => with_facts(arguments, rate, period),
            None => arguments,
        },
        _ => arguments,
    }
}

/// The backend that is asked for.
fn backend(arguments: &[String]) -> &str {
    value(arguments, "-b", "--backend").unwrap_or("auto")
}

/// The value of an option in any of the spellings `-b x`, `-bx`, `--backend x`, `--backend=x`.
fn value<'a>(arguments: &'a [String], short: &str, long: &str) -> Option<&'a str> {
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == short || argument == long {
            return rest.next().map(String::as_str);
        }
        let long_value = argument.strip_prefix(long).and_then(|rest| rest.strip_prefix('='));
        let short_value = || argument.strip_prefix(short).map(|rest| rest.trim_start_matches('='));
        if let Some(value) =
            long_value.or_else(|| if argument.starts_with("--") { None } else { short_value() })
        {
            return Some(value);
        }
    }
    None
}

fn with_facts(mut arguments: Vec<String>, rate: u32, period: u32) -> Vec<String> {
    for (short, long, fact) in [("-r", "--sample-rate", rate), ("-p", "--period-size", period)] {
        if value(&arguments, short, long).is_none() {
            arguments.extend([long.to_owned(), fact.to_string()]);
        }
    }
    arguments
}

/// Sample rate in Hz and period in samples of the server that runs, if one does.
fn facts() -> Option<(u32, u32)> {
    let (client, _) = Client::new("unbraid_asks", ClientOptions::NO_START_SERVER).ok()?;
    Some((client.sample_rate(), client.buffer_size()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(text: &str) -> Vec<String> {
        text.split_whitespace().map(String::from).collect()
    }

    #[test]
    fn the_backend_is_found_in_every_spelling() {
        for spelling in ["-b dummy", "-bdummy", "--backend dummy", "--backend=dummy", "-r 96000 -b dummy"] {
            assert_eq!(backend(&arguments(&format!("unbraid {spelling}"))), "dummy", "{spelling}");
        }
        assert_eq!(backend(&arguments("unbraid --sample-rate 96000")), "auto");
    }

    #[test]
    fn the_servers_rate_and_period_are_added_but_never_override() {
        let settled = with_facts(arguments("unbraid"), 96_000, 64);
        assert_eq!(settled, arguments("unbraid --sample-rate 96000 --period-size 64"));
        let settled = with_facts(arguments("unbraid -r 44100"), 96_000, 64);
        assert_eq!(settled, arguments("unbraid -r 44100 --period-size 64"));
    }

    #[test]
    fn without_a_need_for_the_server_nothing_changes() {
        assert_eq!(settle(arguments("unbraid -b dummy")), arguments("unbraid -b dummy"));
    }
}
