//! The file player's bar.

use std::path::Path;
use std::sync::{Arc, Mutex};

use egui::Key;

use super::bench::Bench;
use crate::editor::{player_bar, practice, separation};
use crate::player::{Playback, Player, Practice, Separation};

/// A player that records its calls.
#[derive(Default)]
pub struct CallRecorder(pub Mutex<(Playback, Vec<String>)>);

impl Player for CallRecorder {
    fn playback(&self) -> Playback {
        self.0.lock().unwrap().0.clone()
    }
    fn extensions(&self) -> &'static [&'static str] {
        &["wav"]
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
    fn practise(&self, practice: Practice) {
        let mut recorder = self.0.lock().unwrap();
        recorder.0.practice = practice;
        recorder.1.push(format!("practise {:?} {:?}", practice.start, practice.end));
    }
    fn learn(&self, learning: bool) {
        self.0.lock().unwrap().1.push(format!("learn {learning}"));
    }
    fn separate(&self, folder: &Path) {
        self.0.lock().unwrap().1.push(format!("separate to {}", folder.display()));
    }
    fn stop_separating(&self) {
        self.0.lock().unwrap().1.push("stop".into());
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

#[test]
fn keys_set_the_ends_of_the_loop_and_turn_it_on_and_off() {
    let recorder = Arc::new(CallRecorder::default());
    let playback = Playback { title: "Song".into(), length: 100.0, position: 20.0, ..Playback::default() };
    recorder.0.lock().unwrap().0 = playback;
    let mut bench = Bench::with_player(recorder.clone());
    bench.press(Key::A);
    recorder.0.lock().unwrap().0.position = 30.0;
    bench.press(Key::B);
    bench.press(Key::L);
    let asked = recorder.0.lock().unwrap().1.clone();
    let expected = ["practise Some(20.0) None", "practise Some(20.0) Some(30.0)", "loop true", "loop true"];
    assert_eq!(asked, expected, "the recorder never turns its loop on");
}

#[test]
fn the_practice_menu_opens_and_learns_and_shows_what_it_waits_for() {
    let recorder = Arc::new(CallRecorder::default());
    recorder.0.lock().unwrap().0 = Playback { title: "Song".into(), length: 100.0, ..Playback::default() };
    let mut bench = Bench::with_player(recorder.clone());
    bench.click(practice::id("menu"));
    bench.frame();
    bench.click(practice::id("learn"));
    assert_eq!(recorder.0.lock().unwrap().1, ["learn true"]);
    recorder.0.lock().unwrap().0.learning = Some("MIDI: move a level".into());
    assert!(bench.lines_with_file_over(false).iter().any(|line| line == "MIDI: move a level"));
}

#[test]
fn the_song_is_separated_with_a_bar_that_can_be_stopped() {
    let recorder = Arc::new(CallRecorder::default());
    recorder.0.lock().unwrap().0 = Playback { title: "Song".into(), length: 100.0, ..Playback::default() };
    let mut bench = Bench::with_player(recorder.clone());
    // Absolute on every system.
    let stems = std::env::temp_dir().join("stems");
    assert!(bench.params().recordings.write().unwrap().choose(&stems));
    bench.click(separation::id("menu"));
    bench.frame();
    bench.click(separation::id("start"));
    recorder.0.lock().unwrap().0.separation = Separation { running: Some(0.37), folder: None };
    bench.frame();
    let shown = bench.lines().iter().filter(|line| *line == "37 %").count();
    assert_eq!(shown, 2, "on the button and in the bar");
    bench.click(separation::id("cancel"));
    assert_eq!(recorder.0.lock().unwrap().1, [format!("separate to {}", stems.display()).as_str(), "stop"]);
    let folder = Some(stems.join("Song"));
    recorder.0.lock().unwrap().0.separation = Separation { running: None, folder };
    bench.frame();
    assert!(bench.lines().iter().any(|line| line == "Done: Song"));
}
