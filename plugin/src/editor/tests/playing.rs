//! The window while audio plays.

use std::time::Duration;

use nice_plug::prelude::{Editor, Params};

use super::bench::Bench;
use crate::editor::{UnbraidEditor, header, spectrogram};
use crate::networks;
use crate::params::window_geometry::WindowGeometry;
use crate::params::{SpectrogramSource, UnbraidParams};

#[test]
fn without_a_live_network_a_message_says_that_studio_runs() {
    let mut bench = Bench::new();
    bench.click(header::id("mode").with(0usize));
    bench.frame();
    let said = bench.notice().is_some_and(|line| line.contains("no Live network"));
    assert_eq!(said, !networks::HAS_LIVE);
}

#[test]
fn choosing_a_mode_asks_for_a_restart_and_then_shows_the_new_latency() {
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
    assert_eq!(bench.notice(), None, "the restart is done");
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
    bench.click(spectrogram::id());
    bench.play(&mut processor, 0.5);
    assert_eq!(bench.columns(), playing, "frozen");
    bench.click(spectrogram::id());
    bench.play(&mut processor, 0.5);
    assert!(bench.columns() > playing, "and on again");
}

#[test]
fn a_frame_takes_less_than_half_a_sixtieth_of_a_second() {
    let mut bench = Bench::new();
    let mut processor = bench.instance().prepare(None, 44_100.0, 512).unwrap();
    bench.play(&mut processor, 1.0);
    bench.spent();
    bench.play(&mut processor, 3.0);
    let [median, p95] = bench.spent();
    println!("a frame without OpenGL: median {median:?}, p95 {p95:?}");
    // Ten times the measured time; the median, since other programs run, too.
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
    let editor = UnbraidEditor::new(bench.instance().clone());
    let size = editor.size();
    assert_eq!((size.width, size.height), (2160, 1350));
}

#[test]
fn the_switch_chooses_input_or_output_for_the_project_and_does_not_freeze_the_picture() {
    let mut bench = Bench::new();
    let source = |bench: &Bench| *bench.params().spectrogram.read().unwrap();
    assert_eq!(source(&bench), SpectrogramSource::Out);
    bench.click(spectrogram::source_id().with(0usize));
    assert_eq!(source(&bench), SpectrogramSource::In);
    assert!(!bench.lines().iter().any(|line| line.contains("Frozen")));
    let fields = bench.params().serialize_fields();
    assert_eq!(fields["spectrogram"], r#""in""#);
    bench.click(spectrogram::source_id().with(1usize));
    assert_eq!(source(&bench), SpectrogramSource::Out);
    let project = UnbraidParams::default();
    project.deserialize_fields(&fields);
    assert_eq!(*project.spectrogram.read().unwrap(), SpectrogramSource::In, "as it was saved");
}
