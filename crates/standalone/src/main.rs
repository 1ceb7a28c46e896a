//! Unbraid as a program of its own: two inputs, the rebalanced mix and four stems, with the plug-in's window.
//!
//! `cargo run --release --package unbraid-standalone -- --help` lists all options. Under JACK there are twelve ports,
//! `input_1 input_2 output_1 output_2 vocals_1 … other_2`, and `midi_input`. `--song FILE` opens a song at once; it plays in
//! the place of the input, as do songs that are opened in the window. Without a display the program runs all the same.
//! `Ctrl-C` ends it.

mod adapters;
mod command_line;
mod desk;
mod files;
mod handover;
mod memory;
mod panel;
mod player;
mod program;
mod separation;
mod server;
mod window;

use std::process::ExitCode;

use nice_plug::wrapper::standalone::nice_export_standalone_with_config;
use unbraid_engine::memory::PoolAllocator;

use crate::program::{Program, SONG};

/// Serves inference from pools, the system's memory otherwise.
#[cfg(not(test))]
#[global_allocator]
static ALLOCATOR: PoolAllocator = PoolAllocator::system();

/// The same, counted.
#[cfg(test)]
#[global_allocator]
static ALLOCATOR: PoolAllocator<unbraid_testkit::CountingAllocator<std::alloc::System>> =
    PoolAllocator::in_front_of(unbraid_testkit::CountingAllocator(std::alloc::System));

fn main() -> ExitCode {
    let arguments =
        command_line::parse(std::env::args_os(), server::settings).unwrap_or_else(|error| error.exit());
    if let Some(song) = arguments.song {
        // Set once, here.
        let _ = SONG.set(song);
    }
    if nice_export_standalone_with_config::<Program>(arguments.framework) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
