//! Unbraid as a program of its own: two inputs, the rebalanced mix and four stems, with the plug-in's window.
//!
//! `cargo run --release --package unbraid-standalone -- --help` lists what can be set. Under JACK there are twelve ports:
//! `input_1 input_2 output_1 output_2 vocals_1 … other_2`. `--song FILE` opens a song at once; it plays in the place of the
//! input, as do songs that are opened in the window. Without a display it runs all the same and is ended by
//! `Ctrl-C`.

mod adapters;
mod player;
mod program;
mod server;

use std::path::PathBuf;
use std::process::ExitCode;

use nice_plug::prelude::nice_export_standalone_with_args;
use unbraid_engine::memory::PoolAllocator;

use crate::program::{Program, SONG};

/// Serves inference from pools, the system's memory otherwise.
#[global_allocator]
static ALLOCATOR: PoolAllocator = PoolAllocator::system();

fn main() -> ExitCode {
    let (song, arguments) = take_song(std::env::args().collect());
    if let Some(song) = song {
        // Set once, here.
        let _ = SONG.set(song);
    }
    let arguments = server::settle(arguments);
    if nice_export_standalone_with_args::<Program, _>(arguments) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The value of `--song`, and the other arguments, which are the framework's.
fn take_song(arguments: Vec<String>) -> (Option<PathBuf>, Vec<String>) {
    let (mut song, mut others) = (None, Vec::new());
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        if argument == "--song" {
            song = arguments.next();
        } else if let Some(file) = argument.strip_prefix("--song=") {
            song = Some(file.to_owned());
        } else {
            others.push(argument);
        }
    }
    (song.map(PathBuf::from), others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_song_is_ours_and_the_other_arguments_the_frameworks() {
        let split = |line: &str| take_song(line.split(' ').map(String::from).collect());
        for line in ["unbraid --song a.flac -b dummy", "unbraid -b dummy --song=a.flac"] {
            let (song, others) = split(line);
            assert_eq!(song, Some("a.flac".into()));
            assert_eq!(others, ["unbraid", "-b", "dummy"]);
        }
        assert_eq!(split("unbraid -b dummy").0, None);
    }
}
