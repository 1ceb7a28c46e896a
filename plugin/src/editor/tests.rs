//! The window without a window system: made-up input goes in, what a host would record comes out.

mod bench;

use std::fs;
use std::time::Duration;

use egui::{Event, Key, Modifiers, PointerButton, vec2};
use nice_plug::prelude::Param;

use super::{braid, drop_hint, footer, header, notices, player_bar, strip};
use crate::mode::Mode;
use crate::networks;
use crate::params::window_geometry::WindowGeometry;
use crate::params::{SILENCE_DB, StemTap};
use crate::player::{Playback, Player};
use bench::{Bench, Change};

const STEMS: [&str; 4] = ["vocals", "drums", "bass", "other"];

/// What a whole gesture that sets a parameter once looks like to a host.
fn once(id: &str, value: f32) -> Vec<Change> {
    vec![Change::Begin(id.into()), Change::Set(id.into(), value), Change::End(id.into())]
}

/// Asserts that `changes` are one gesture on `id`, and returns the values it set.
fn gesture(changes: &[Change], id: &str) -> Vec<f32> {
    assert_eq!(changes.first(), Some(&Change::Begin(id.into())), "{changes:?}");
    assert_eq!(changes.last(), Some(&Change::End(id.into())), "{changes:?}");
    let values = &changes[1..changes.len() - 1];
    values
        .iter()
        .map(|change| match change {
            Change::Set(set, value) if set == id => *value,
            other => panic!("{other:?} within a gesture on {id}"),
        })
        .collect()
}

#[test]
fn dragging_a_level_is_one_gesture_in_decibels() {
    for (stem, name) in STEMS.into_iter().enumerate() {
        let mut bench = Bench::new();
        let id = format!("{name}_level");
        let values = gesture(&bench.drag(strip::id(stem, "level"), vec2(0.0, 30.0)), &id);
        assert!(values.len() > 3, "a drag sets many values");
        assert!(values.windows(2).all(|pair| pair[1] < pair[0]), "down is quieter: {values:?}");
        let level = bench.params().stems()[stem].level.value();
        assert_eq!(*values.last().unwrap(), level);
        assert!((-40.0..-3.0).contains(&level), "{level} dB");
    }
}

#[test]
fn shift_makes_a_drag_ten_times_finer() {
    let dragged = |shift| {
        let mut bench = Bench::new();
        bench.hold(if shift { Modifiers::SHIFT } else { Modifiers::NONE });
        bench.drag(strip::id(1, "level"), vec2(0.0, 20.0));
        1.0 - bench.params().drums.level.unmodulated_normalized_value()
            - (1.0 - bench.params().drums.level.default_normalized_value())
    };
    let (coarse, fine) = (dragged(false), dragged(true));
    assert!(coarse > 0.05, "{coarse}");
    assert!((coarse / fine - 10.0).abs() < 0.3, "{coarse} to {fine}");
}

#[test]
fn a_double_click_resets_every_slider() {
    let mut bench = Bench::new();
    for (id, control, off, start) in [
        ("vocals_level", strip::id(0, "level"), -20.0, 0.0),
        ("other_level", strip::id(3, "level"), SILENCE_DB, 0.0),
        ("focus", footer::id("focus"), 0.9, 0.5),
        ("output_gain", footer::id("output_gain"), 6.0, 0.0),
    ] {
        bench.set(id, off);
        assert_eq!(bench.double_click(control), once(id, start));
    }
}

#[test]
fn a_notch_of_the_wheel_is_one_decibel_and_a_tenth_with_shift() {
    let mut bench = Bench::new();
    let level = strip::id(2, "level");
    assert_eq!(bench.wheel(level, 1.0), once("bass_level", 1.0));
    assert_eq!(bench.wheel(level, -2.0), once("bass_level", -1.0));
    bench.hold(Modifiers::SHIFT);
    assert_eq!(bench.wheel(level, 1.0), once("bass_level", -0.9));
    bench.hold(Modifiers::NONE);
    assert_eq!(bench.wheel(footer::id("focus"), 1.0), once("focus", 0.55));
    assert_eq!(bench.wheel(footer::id("output_gain"), -1.0), once("output_gain", -1.0));
    assert_eq!(bench.wheel(strip::id(2, "mute"), 1.0), [], "the wheel moves only what it is on");
}

#[test]
fn arrows_move_what_has_the_focus() {
    let mut bench = Bench::new();
    bench.focus(strip::id(0, "level"));
    assert_eq!(bench.press(Key::ArrowUp), once("vocals_level", 1.0));
    assert_eq!(bench.press(Key::ArrowLeft), once("vocals_level", 0.0));
    assert_eq!(bench.press(Key::PageDown), once("vocals_level", -6.0));
    bench.hold(Modifiers::SHIFT);
    assert_eq!(bench.press(Key::ArrowUp), once("vocals_level", -5.9));
    bench.hold(Modifiers::NONE);
    assert_eq!(bench.press(Key::Home), once("vocals_level", SILENCE_DB));
    assert_eq!(bench.press(Key::End), once("vocals_level", 12.0));
    assert_eq!(bench.press(Key::Delete), once("vocals_level", 0.0));
}

#[test]
fn tab_goes_through_the_controls_and_space_presses_them() {
    let mut bench = Bench::new();
    bench.focus(strip::id(0, "mute"));
    assert_eq!(bench.press(Key::Space), once("vocals_mute", 1.0));
    let mut seen = Vec::new();
    for _ in 0..60 {
        bench.press(Key::Tab);
        seen.extend(bench.focused());
    }
    let expected = [strip::id(3, "level"), strip::id(2, "solo"), footer::id("focus"), footer::id("bypass")];
    for id in expected {
        assert!(seen.contains(&id), "tab never reached {id:?}");
    }
}

#[test]
fn digits_solo_and_with_shift_mute_but_not_while_something_is_typed() {
    for (stem, key) in [Key::Num1, Key::Num2, Key::Num3, Key::Num4].into_iter().enumerate() {
        let mut bench = Bench::new();
        let (solo, mute) = (format!("{}_solo", STEMS[stem]), format!("{}_mute", STEMS[stem]));
        assert_eq!(bench.press(key), once(&solo, 1.0));
        assert_eq!(bench.press(key), once(&solo, 0.0));
        // As the window system reports it: the text that a US or German keyboard types.
        for text in [["!", "@", "#", "$"], ["!", "\"", "§", "$"]] {
            bench.hold(Modifiers::SHIFT);
            let changes = bench.input(vec![Event::Text(text[stem].into())]);
            assert_eq!(changes.len(), 3, "{changes:?}");
            gesture(&changes, &mute);
        }
        bench.hold(Modifiers::NONE);
        bench.click(strip::id(0, "value"));
        assert_eq!(bench.press(key), [], "a digit in a text field is text");
    }
}

#[test]
fn mute_and_solo_toggle_and_ctrl_solos_alone() {
    let mut bench = Bench::new();
    for (stem, name) in STEMS.into_iter().enumerate() {
        for control in ["mute", "solo"] {
            let id = format!("{name}_{control}");
            assert_eq!(bench.click(strip::id(stem, control)), once(&id, 1.0));
        }
    }
    bench.hold(Modifiers { ctrl: true, command: true, ..Modifiers::NONE });
    bench.click(strip::id(1, "solo"));
    assert_eq!(bench.params().controls().solo, [false, true, false, false]);
    bench.click(strip::id(3, "solo"));
    assert_eq!(bench.params().controls().solo, [false, false, false, true]);
    bench.click(strip::id(3, "solo"));
    assert_eq!(bench.params().controls().solo, [false; 4], "again: back to all");
}

#[test]
fn values_can_be_typed_as_people_write_them() {
    let level = (strip::id(0, "value"), "vocals_level");
    let focus = (footer::id("focus").with("value"), "focus");
    let output = (footer::id("output_gain").with("value"), "output_gain");
    for ((control, id), text, value) in [
        (level, "−3", -3.0),
        (level, "-3 dB", -3.0),
        (level, "+1,5 dB", 1.5),
        (level, " 2.25db ", 2.25),
        (level, "-inf", SILENCE_DB),
        (level, "−∞ dB", SILENCE_DB),
        (level, "100", 12.0),
        (focus, "80 %", 0.8),
        (focus, "12.5", 0.125),
        (output, "−6 dB", -6.0),
    ] {
        let mut bench = Bench::new();
        assert_eq!(bench.type_into(control, text), once(id, value), "{text:?}");
    }
    // 50 % is where focus stands: nothing changes, so nothing is recorded.
    let mut bench = Bench::new();
    assert_eq!(bench.type_into(focus.0, "50 %"), []);
    bench.set("focus", 0.9);
    assert_eq!(bench.type_into(focus.0, "50 %"), once("focus", 0.5));
}

#[test]
fn text_that_is_no_value_changes_nothing() {
    for text in ["abc", "", "dB", "3 apples", "nan", "1e999"] {
        let mut bench = Bench::new();
        bench.set("vocals_level", -7.0);
        assert_eq!(bench.type_into(strip::id(0, "value"), text), [], "{text:?}");
        assert_eq!(bench.params().vocals.level.value(), -7.0);
    }
    let mut bench = Bench::new();
    bench.click(strip::id(0, "value"));
    bench.input(vec![Event::Text("-9".into())]);
    assert_eq!(bench.press(Key::Escape), [], "escape leaves the value");
    assert_eq!(bench.click(strip::id(0, "mute")), once("vocals_mute", 1.0), "and the field is gone");
}

#[test]
fn mode_tap_and_bypass_set_what_they_say() {
    let mut bench = Bench::new();
    assert_eq!(bench.params().mode.value(), Mode::Studio);
    bench.click(header::id("mode").with(0usize));
    assert_eq!(bench.params().mode.value(), Mode::Live);
    assert_eq!(bench.click(header::id("mode").with(0usize)), [], "chosen already");
    bench.click(footer::id("stem_tap").with(1usize));
    assert_eq!(bench.params().stem_tap.value(), StemTap::PostLevel);
    assert_eq!(bench.click(footer::id("bypass")), once("bypass", 1.0));
}

#[test]
fn a_and_b_are_two_settings_of_everything_but_mode_and_bypass() {
    let mut bench = Bench::new();
    bench.set("vocals_level", -6.0);
    bench.click(footer::id("B"));
    assert_eq!(bench.params().vocals.level.value(), -6.0, "B starts as a copy");
    bench.set("vocals_level", 3.0);
    bench.set("drums_mute", 1.0);
    bench.set("bypass", 1.0);
    let changes = bench.click(footer::id("A"));
    assert_eq!(bench.params().vocals.level.value(), -6.0);
    assert!(!bench.params().drums.mute.value());
    assert!(bench.params().bypass.value(), "bypass is the host's");
    let begun = changes.iter().filter(|change| matches!(change, Change::Begin(_))).count();
    assert_eq!((begun, changes.len()), (2, 6), "only what differs is touched: {changes:?}");
    bench.click(footer::id("B"));
    assert_eq!(bench.params().vocals.level.value(), 3.0);
    bench.click(footer::id("copy"));
    bench.click(footer::id("A"));
    assert_eq!(bench.params().vocals.level.value(), 3.0, "copied from B");
}

#[test]
fn a_window_that_closes_under_a_finger_ends_the_gesture() {
    let mut bench = Bench::new();
    let begun = bench.grab(strip::id(0, "level"), vec2(0.0, 12.0));
    assert_eq!(begun.first(), Some(&Change::Begin("vocals_level".into())));
    assert!(!begun.contains(&Change::End("vocals_level".into())));
    assert_eq!(bench.close(), [Change::End("vocals_level".into())]);
}

#[test]
fn no_control_hides_behind_another_at_any_size() {
    for size in [vec2(640.0, 500.0), vec2(760.0, 520.0), vec2(1000.0, 640.0), vec2(1600.0, 1000.0)] {
        for (stem, name) in STEMS.into_iter().enumerate() {
            for (control, parameter) in [("mute", "mute"), ("solo", "solo")] {
                let mut bench = Bench::with_size(size);
                let id = format!("{name}_{parameter}");
                assert_eq!(bench.click(strip::id(stem, control)), once(&id, 1.0), "{size}");
            }
            let mut bench = Bench::with_size(size);
            let changes = bench.wheel(strip::id(stem, "level"), -1.0);
            assert_eq!(changes, once(&format!("{name}_level"), -1.0), "{size}");
        }
        let mut bench = Bench::with_size(size);
        assert_eq!(bench.wheel(footer::id("focus"), 1.0), once("focus", 0.55), "{size}");
        assert_eq!(bench.click(footer::id("bypass")), once("bypass", 1.0), "{size}");
        bench.click(footer::id("stem_tap").with(1usize));
        assert_eq!(bench.params().stem_tap.value(), StemTap::PostLevel, "{size}");
    }
}

#[test]
fn a_dropped_preset_is_set_in_gestures_and_a_broken_one_said() {
    let folder = std::env::temp_dir().join(format!("unbraid-window-{}-preset", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut bench = Bench::with_presets(&folder.join("presets"));
    let file = folder.join("Quiet drums.json");
    let text = r#"{"format": "unbraid-preset/1", "parameters": {"drums_level": "-12 dB"}}"#;
    fs::write(&file, text).unwrap();
    assert_eq!(bench.drop_file(&file), once("drums_level", -12.0));
    assert!(folder.join("presets/Quiet drums.json").exists(), "imported");
    fs::write(&file, "{").unwrap();
    assert_eq!(bench.drop_file(&file), []);
    assert!(bench.notice().unwrap().contains("Quiet drums.json"));
    bench.frame();
    bench.click(notices::seen_id());
    assert_eq!(bench.notice(), None, "seen");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn files_over_the_window_are_told_that_they_are_welcome() {
    for (mut bench, player) in
        [(Bench::new(), false), (Bench::with_player(std::sync::Arc::new(Notes::default())), true)]
    {
        let hint = drop_hint::text(player);
        assert!(bench.lines_with_file_over(true).iter().any(|line| line == hint), "{hint}");
        assert!(!bench.lines_with_file_over(false).iter().any(|line| line == hint), "{hint}");
    }
}

#[test]
fn a_dropped_network_is_chosen_for_the_mode_it_was_made_for_and_a_wrong_file_said() {
    let folder = std::env::temp_dir().join(format!("unbraid-window-{}-network", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut bench = Bench::new();
    let wrong = folder.join("wrong.onnx");
    fs::write(&wrong, "no network").unwrap();
    bench.drop_file(&wrong);
    bench.wait_for(|bench| bench.notice().is_some());
    assert!(bench.notice().unwrap().contains("wrong.onnx"));
    assert_eq!(bench.params().networks.file(Mode::Studio), None, "the sound stays as it is");

    let own = folder.join("own.onnx");
    fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/../models/studio.onnx"), &own).unwrap();
    let before = bench.instance().selection();
    bench.set("mode", 0.0);
    bench.drop_file(&own);
    bench.wait_for(|bench| bench.params().networks.file(Mode::Studio).is_some());
    assert_eq!(bench.params().networks.file(Mode::Studio).as_deref(), Some(own.as_path()));
    assert_eq!(bench.params().mode.value(), Mode::Studio, "one hears what one loads");
    assert_ne!(bench.instance().selection(), before, "the audio thread asks for a restart");

    let processor = bench.instance().prepare(None, 44_100.0, 512).unwrap();
    let network = bench.instance().status.network().unwrap();
    assert_eq!(network.file.as_deref(), Some(own.as_path()));
    drop(processor);
    // The file goes away while the project is closed: the built-in network runs, and the window says so.
    fs::remove_dir_all(folder).unwrap();
    bench.instance().prepare(None, 44_100.0, 512).unwrap();
    assert_eq!(bench.instance().status.network().unwrap().file, None);
    while bench.notice().is_some_and(|line| !line.contains("own.onnx")) {
        bench.click(notices::seen_id());
    }
    bench.frame();
    assert!(bench.notice().unwrap().contains("own.onnx"), "{:?}", bench.notice());
}

#[test]
fn without_a_live_network_the_header_says_what_runs_instead() {
    let mut bench = Bench::new();
    bench.click(header::id("mode").with(0usize));
    bench.frame();
    let said = bench.notice().is_some_and(|line| line.contains("no Live network"));
    assert_eq!(said, !networks::HAS_LIVE);
}

#[test]
fn choosing_a_mode_shows_what_it_waits_for_and_then_the_new_latency() {
    let mut bench = Bench::new();
    let studio = bench.instance().prepare(None, 44_100.0, 512).unwrap();
    bench.activated(&studio);
    assert_eq!((bench.instance().status.latency().unwrap().0, bench.notice()), (4096, None));
    bench.click(header::id("mode").with(0usize));
    bench.frame();
    if !networks::HAS_LIVE {
        return;
    }
    assert!(bench.notice().unwrap().contains("restarts"), "{:?}", bench.notice());
    assert_eq!(bench.instance().status.latency().unwrap().0, 4096, "until the host has restarted");
    let mut live = bench.instance().prepare(Some(studio), 44_100.0, 512).unwrap();
    bench.activated(&live);
    let (samples, ms) = bench.instance().status.latency().unwrap();
    assert_eq!((samples, (10.0 * ms).round()), (1024, 232.0));
    assert_eq!(bench.instance().status.network().unwrap().mode, "Live");
    assert_eq!(bench.notice(), None, "what has happened is no longer waited for");
    let before = bench.columns();
    bench.play(&mut live, 0.5);
    // Half a second has 43 hops of 512 samples.
    assert!((41..=44).contains(&(bench.columns() - before)), "{}", bench.columns() - before);
}

#[test]
fn the_picture_grows_while_audio_plays_and_freezes_on_a_click() {
    let mut bench = Bench::new();
    let mut processor = bench.instance().prepare(None, 44_100.0, 512).unwrap();
    let before = bench.columns();
    bench.play(&mut processor, 0.5);
    let playing = bench.columns();
    // Half a second has 21 hops of 1024 samples.
    assert!((20..=22).contains(&(playing - before)), "{}", playing - before);
    bench.click(braid::id());
    bench.play(&mut processor, 0.5);
    assert_eq!(bench.columns(), playing, "frozen");
    bench.click(braid::id());
    bench.play(&mut processor, 0.5);
    assert!(bench.columns() > playing, "and on again");
}

#[test]
fn a_picture_takes_a_fraction_of_a_sixtieth_of_a_second() {
    let mut bench = Bench::new();
    let mut processor = bench.instance().prepare(None, 44_100.0, 512).unwrap();
    bench.play(&mut processor, 1.0);
    bench.spent();
    bench.play(&mut processor, 3.0);
    let [median, p95] = bench.spent();
    println!("a picture without OpenGL: median {median:?}, p95 {p95:?}");
    // Ten times what it is here; the median, since other programs run, too.
    assert!(median < Duration::from_millis(8), "{median:?}");
}

#[test]
fn audio_is_bit_identical_with_the_window_open_and_closed() {
    let mut bench = Bench::new();
    let mut open = bench.instance().prepare(None, 44_100.0, 512).unwrap();
    let shown = bench.play(&mut open, 1.0);
    bench.close();
    let mut closed = bench.instance().prepare(None, 44_100.0, 512).unwrap();
    let unseen = bench.play(&mut closed, 1.0);
    assert!(shown.iter().any(|sample| *sample != 0.0));
    assert_eq!(shown, unseen);
}

#[test]
fn the_window_is_opened_as_the_project_remembers_it() {
    let bench = Bench::new();
    *bench.params().window.write().unwrap() =
        WindowGeometry { width: 1440.0, height: 900.0, scale: 1.5, ..WindowGeometry::default() };
    let editor = super::UnbraidEditor::new(bench.instance().clone());
    let size = nice_plug::prelude::Editor::size(&editor);
    assert_eq!((size.width, size.height), (2160, 1350));
}

/// A player that notes what it was asked for.
#[derive(Default)]
struct Notes(std::sync::Mutex<(Playback, Vec<String>)>);

impl Player for Notes {
    fn playback(&self) -> Playback {
        self.0.lock().unwrap().0.clone()
    }
    fn open(&self, path: &std::path::Path) {
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
    let notes = std::sync::Arc::new(Notes::default());
    notes.0.lock().unwrap().0 = Playback { title: "Song".into(), length: 100.0, ..Playback::default() };
    let mut bench = Bench::with_player(notes.clone());
    bench.click(player_bar::id("play"));
    bench.press(Key::Space);
    bench.click(player_bar::id("loop"));
    bench.click(player_bar::id("position"));
    bench.drop_file(std::path::Path::new("/music/song.flac"));
    let asked = notes.0.lock().unwrap().1.clone();
    assert_eq!(asked, ["play true", "play true", "loop true", "seek 50", "open /music/song.flac"]);
}

#[test]
fn a_button_is_pressed_by_the_primary_button_only() {
    let mut bench = Bench::new();
    assert_eq!(bench.click_by(strip::id(0, "mute"), PointerButton::Secondary), []);
}
