use std::fs;
use std::time::{Duration, Instant};

use nice_plug::midi::{Channel, Key, VoiceID};
use nice_plug::prelude::{NoteEvent, Param};
use tempfile::TempDir;

use super::*;
use crate::desk::{Kind, Message, Target};
use crate::player::{Source, player};

/// A program without a plug-in: its panel, what its audio thread owns, and the folder of its data.
struct Bench {
    panel: Panel,
    automation: Automation,
    source: Source,
    params: Arc<UnbraidParams>,
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        Self::within(tempfile::tempdir().unwrap())
    }

    fn within(folder: TempDir) -> Self {
        let (player, source) = player();
        player.set_rate(44_100);
        let params = Arc::<UnbraidParams>::default();
        let (panel, automation) = Panel::new(player, &params, Some(folder.path()));
        Self { panel, automation, source, params, folder }
    }

    /// The program is ended and started again.
    fn again(self) -> Self {
        self.panel.keep();
        Self::within(self.folder)
    }

    /// Runs the audio thread until `done`.
    fn run_until(&mut self, what: &str, mut done: impl FnMut(&Self) -> bool) {
        let start = Instant::now();
        while !done(self) {
            assert!(start.elapsed() < Duration::from_secs(60), "it never happened: {what}");
            self.automation.apply(44_100.0);
            self.source.fill(&mut [&mut [0.0; 64], &mut [0.0; 64]]);
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn run(&mut self, time: Duration) {
        let start = Instant::now();
        self.run_until("time passes", |_| start.elapsed() >= time);
    }

    fn open(&mut self, song: &Path) {
        self.panel.open(song);
        self.run_until("the song is read", |bench| !bench.panel.playback().loading);
        assert_eq!(self.panel.take_error(), None);
        self.run_until("what is remembered settles", |bench| bench.panel.memory.is_settled());
    }

    fn open_clip(&mut self) {
        self.open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clips/francium.flac"));
    }

    fn open_other(&mut self) {
        let song = self.folder.path().join("silence.wav");
        fs::write(&song, silence()).unwrap();
        self.open(&song);
    }

    fn value(&self, stem: usize, kind: Kind) -> f32 {
        Target::new(stem, kind).value(&self.params)
    }

    /// Moves a parameter as the window does.
    fn set(&self, stem: usize, kind: Kind, value: f32) {
        // SAFETY: the parameters are alive, and nobody else sets them.
        unsafe { Target::new(stem, kind).pointer(&self.params)._internal_set_normalized_value(value) };
    }

    fn send(&mut self, event: &NoteEvent<()>) {
        self.automation.receive(Message::of(event).unwrap());
    }
}

/// A second of silence as a WAV file.
fn silence() -> Vec<u8> {
    const BYTES: u32 = 2 * 44_100;
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((36 + BYTES).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16u32.to_le_bytes());
    // PCM, one channel.
    file.extend([1u16, 1].map(u16::to_le_bytes).concat());
    file.extend([44_100u32, BYTES].map(u32::to_le_bytes).concat());
    file.extend([2u16, 16].map(u16::to_le_bytes).concat());
    file.extend(b"data");
    file.extend(BYTES.to_le_bytes());
    file.resize(file.len() + BYTES as usize, 0);
    file
}

fn fader(value: f32) -> NoteEvent<()> {
    NoteEvent::MidiCC { timing: 0, channel: 0, cc: 7, value }
}

fn pad() -> NoteEvent<()> {
    NoteEvent::NoteOn {
        timing: 0,
        voice_id: VoiceID::Wildcard,
        channel: Channel::Number(9),
        key: Key::Number(36),
        velocity: 0.7,
    }
}

#[test]
fn a_songs_mix_and_practice_come_back_with_the_song() {
    let mut bench = Bench::new();
    bench.open_clip();
    bench.set(0, Kind::Level, 0.25);
    bench.set(1, Kind::Mute, 1.0);
    bench.panel.set_looping(false);
    let practice =
        Practice { start: Some(2.0), end: Some(4.0), tempo: 75, semitones: -2, ..Practice::default() };
    bench.panel.practise(practice);
    let level = bench.params.vocals.level.unmodulated_plain_value();
    // Another song leaves the mix as it is and begins at its own tempo.
    bench.open_other();
    assert_eq!(bench.value(0, Kind::Level), 0.25);
    assert_eq!(bench.panel.playback().practice, Practice::default());
    bench.set(0, Kind::Level, 0.5);
    bench.set(1, Kind::Mute, 0.0);
    bench.set(2, Kind::Solo, 1.0);
    bench.panel.set_looping(true);

    let mut bench = bench.again();
    assert_eq!(bench.value(1, Kind::Mute), 0.0);
    bench.open_clip();
    assert!((bench.params.vocals.level.unmodulated_plain_value() - level).abs() < 0.011);
    assert_eq!((bench.value(1, Kind::Mute), bench.value(2, Kind::Solo)), (1.0, 0.0));
    let playback = bench.panel.playback();
    assert_eq!((playback.practice, playback.looping), (practice, false));
    bench.open_other();
    assert_eq!((bench.value(1, Kind::Mute), bench.value(2, Kind::Solo)), (0.0, 1.0));
    assert!(bench.panel.playback().looping);
}

#[test]
fn a_song_that_nobody_changes_leaves_no_file() {
    let mut bench = Bench::new();
    bench.open_clip();
    bench.open_other();
    bench.panel.keep();
    assert!(!bench.folder.path().join("songs").exists());
}

#[test]
fn a_control_is_learned_by_moving_both_and_is_known_the_next_time() {
    let mut bench = Bench::new();
    bench.send(&fader(0.9));
    bench.run(Duration::from_millis(50));
    let untouched = Target::new(0, Kind::Level).value(&UnbraidParams::default());
    assert_eq!(bench.value(0, Kind::Level), untouched, "nothing is learned yet");

    bench.panel.learn(true);
    assert!(bench.panel.playback().learning.unwrap().contains("move a level"));
    bench.run(Duration::from_millis(50));
    bench.set(0, Kind::Level, 0.3);
    bench.run_until("the level is noticed", |bench| {
        bench.panel.playback().learning.is_some_and(|line| line.contains("Vocals Level"))
    });
    bench.send(&fader(0.9));
    bench.run_until("the control is learned", |bench| bench.panel.playback().learning.is_none());
    bench.send(&fader(0.75));
    bench.run_until("the level follows", |bench| (bench.value(0, Kind::Level) - 0.75).abs() < 0.01);

    bench.panel.learn(true);
    bench.set(1, Kind::Mute, 1.0);
    bench.run_until("the mute is noticed", |bench| {
        bench.panel.playback().learning.is_some_and(|line| line.contains("Drums Mute"))
    });
    bench.send(&pad());
    bench.run_until("the pad is learned", |bench| bench.panel.playback().learning.is_none());

    let mut bench = bench.again();
    bench.send(&pad());
    bench.run_until("the pad mutes", |bench| bench.value(1, Kind::Mute) == 1.0);
    bench.send(&pad());
    bench.run_until("and unmutes", |bench| bench.value(1, Kind::Mute) == 0.0);
    bench.send(&fader(0.2));
    bench.run_until("the fader is known", |bench| (bench.value(0, Kind::Level) - 0.2).abs() < 0.01);
    assert_eq!(bench.panel.take_error(), None);
}

#[test]
fn a_note_is_refused_for_a_level_and_learning_goes_on() {
    let mut bench = Bench::new();
    bench.panel.learn(true);
    bench.set(0, Kind::Level, 0.3);
    bench.run_until("the level is noticed", |bench| {
        bench.panel.playback().learning.is_some_and(|line| line.contains("Vocals Level"))
    });
    bench.send(&pad());
    let mut error = None;
    bench.run_until("the note is refused", |bench| {
        error = bench.panel.take_error();
        error.is_some()
    });
    assert!(error.unwrap().contains("note"));
    assert!(bench.panel.playback().learning.is_some());
    bench.panel.learn(false);
    assert!(bench.panel.playback().learning.is_none());
}

#[test]
fn damaged_bindings_are_reported_and_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("midi.json"), "[]").unwrap();
    let mut bench = Bench::within(folder);
    let mut error = None;
    bench.run_until("the file is read", |bench| {
        error = bench.panel.take_error();
        error.is_some()
    });
    assert!(error.unwrap().contains("midi.json"));
    assert!(bench.folder.path().join("midi.json.unreadable").exists());
}
