//! The file player's bar.

use std::path::Path;
use std::sync::{Arc, Mutex};

use egui::Key;

use super::bench::Bench;
use crate::editor::player_bar;
use crate::player::{Playback, Player};

/// A player that records its calls.
#[derive(Default)]
pub struct CallRecorder(pub Mutex<(Playback, Vec<String>)>);

impl Player for CallRecorder {
    fn playback(&self) -> Playback {
        self.0.lock().unwrap().0.clone()
    }
    fn open(&self, path: &Path) {
        self.0.lock().unwrap().1.push(format!("open {}", path.display()));
    }
    fn play(&self, playing: bool) {
        self.0.lock().unwrap().1.push(format!("play {playing}"));
    }
    fn set_looping(&self, looping: bool) {
        self.0.lock().unwrap().1.push(format!("loop {looping}"));
    }
    fn seek(&self, position: f64) {
        self.0.lock().unwrap().1.push(format!("seek {position:.0}"));
    }
    fn take_error(&self) -> Option<String> {
        None
    }
}

#[test]
fn the_players_bar_plays_loops_seeks_and_takes_dropped_songs() {
    let recorder = Arc::new(CallRecorder::default());
    recorder.0.lock().unwrap().0 = Playback { title: "Song".into(), length: 100.0, ..Playback::default() };
    let mut bench = Bench::with_player(recorder.clone());
    bench.click(player_bar::id("play"));
    bench.press(Key::Space);
    bench.click(player_bar::id("loop"));
    bench.click(player_bar::id("position"));
    bench.drop_file(Path::new("/music/song.flac"));
    let asked = recorder.0.lock().unwrap().1.clone();
    assert_eq!(asked, ["play true", "play true", "loop true", "seek 50", "open /music/song.flac"]);
}
