//! Recording, as the window arms and shows it.

use super::bench::Bench;
use crate::editor::record;

/// A window whose recordings go to a folder of the test's.
fn bench() -> (Bench, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::new();
    assert!(bench.params().recordings.write().unwrap().choose(folder.path()));
    (bench, folder)
}

fn shows(bench: &mut Bench, text: &str) -> bool {
    bench.lines().iter().any(|line| line == text)
}

#[test]
fn the_button_arms_and_disarms_and_the_menu_shows_the_take() {
    let (mut bench, folder) = bench();
    let mut processor = bench.instance().prepare(None, 44_100.0, 512).unwrap();
    bench.activated(&processor);
    assert!(shows(&mut bench, "Record"));
    bench.click(record::id("arm"));
    assert!(bench.instance().recorder.recording().armed);
    assert!(shows(&mut bench, "Armed"));
    // Without a transport it records at once, and its time is shown.
    bench.play(&mut processor, 2.3);
    assert!(bench.instance().recorder.recording().running);
    assert!(shows(&mut bench, "0:02"));
    bench.click(record::id("arm"));
    bench.wait_for(|bench| bench.instance().recorder.recording().last.is_some());
    assert!(shows(&mut bench, "Record"));
    bench.click(record::id("menu"));
    bench.frame();
    let lines = bench.lines();
    for text in ["Not armed", "Last take, 0:02", "Unbraid 001 drums.wav", "Copy paths"] {
        assert!(lines.iter().any(|line| line == text), "{text}: {lines:?}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 4);
}

#[test]
fn a_recording_goes_on_when_the_window_closes() {
    let (mut bench, _folder) = bench();
    let mut processor = bench.instance().prepare(None, 44_100.0, 512).unwrap();
    bench.click(record::id("arm"));
    bench.play(&mut processor, 0.5);
    let recorder = bench.instance().recorder.clone();
    bench.close();
    bench.play(&mut processor, 1.0);
    let seconds = recorder.recording().seconds;
    assert!((1.3..1.6).contains(&seconds), "{seconds}");
    processor.end_take();
    bench.wait_for(|_| recorder.recording().last.is_some());
}

#[test]
fn a_folder_that_cannot_be_written_to_is_a_line_in_the_window() {
    let (mut bench, folder) = bench();
    std::fs::write(folder.path().join("file"), "").unwrap();
    assert!(bench.params().recordings.write().unwrap().choose(&folder.path().join("file/takes")));
    bench.click(record::id("arm"));
    bench.frame();
    assert!(!bench.instance().recorder.recording().armed);
    assert!(bench.notice().unwrap().contains("file/takes"), "{:?}", bench.notice());
}

#[test]
fn the_folder_is_chosen_in_the_window_and_remembered() {
    let (mut bench, folder) = bench();
    bench.click(record::id("menu"));
    bench.frame();
    bench.click(record::id("folder"));
    assert!(shows(&mut bench, "Choose a folder for recordings"));
    bench.frame();
    bench.input(vec![egui::Event::Text("x".into())]);
    assert_eq!(bench.params().recordings.read().unwrap().path(), folder.path(), "nothing is chosen yet");
}
