use std::path::PathBuf;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::*;

fn clip() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/clips/francium.flac")
}

fn wait(remote: &Remote) {
    let start = Instant::now();
    while remote.playback().loading {
        assert!(start.elapsed() < Duration::from_secs(60), "the song was never read");
        thread::sleep(Duration::from_millis(5));
    }
}

fn opened(rate: u32) -> (Remote, Source) {
    let (remote, source) = player();
    remote.set_rate(rate);
    remote.open(&clip());
    wait(&remote);
    assert_eq!(remote.take_error(), None);
    (remote, source)
}

fn played(source: &mut Source, samples: usize) -> Vec<f32> {
    let mut left = vec![0.0; samples];
    for block in left.chunks_mut(512) {
        let mut right = vec![0.0; block.len()];
        source.fill(&mut [&mut *block, &mut right]);
    }
    left
}

#[test]
fn a_song_plays_once_it_is_read_and_keeps_its_length_at_any_rate() {
    for rate in [44_100, 48_000] {
        let (remote, mut source) = opened(rate);
        let state = remote.playback();
        assert!(state.playing);
        assert_eq!(state.title, "francium");
        assert!((state.length - 20.0).abs() < 0.01, "{} s at {rate} Hz", state.length);
        let sound = played(&mut source, rate as usize);
        assert!(sound.iter().any(|sample| sample.abs() > 0.01));
        assert!((remote.playback().position - 1.0).abs() < 0.02);
    }
}

#[test]
fn pausing_lets_the_input_through_and_seeking_goes_where_it_says() {
    let (remote, mut source) = opened(44_100);
    played(&mut source, 44_100);
    remote.play(false);
    played(&mut source, 4096);
    let paused = remote.playback().position;
    let mut input = vec![0.25; 512];
    source.fill(&mut [&mut input, &mut vec![0.25; 512]]);
    assert_eq!(input, vec![0.25; 512], "the input is audible");
    assert_eq!(remote.playback().position, paused);
    remote.seek(10.0);
    remote.play(true);
    played(&mut source, 44_100);
    assert!((remote.playback().position - 11.0).abs() < 0.05, "{}", remote.playback().position);
}

#[test]
fn the_end_is_the_beginning_again_with_loop_and_a_pause_without() {
    for looping in [true, false] {
        let (remote, mut source) = opened(44_100);
        remote.set_looping(looping);
        remote.seek(19.5);
        played(&mut source, 44_100);
        let state = remote.playback();
        assert_eq!(state.playing, looping);
        assert!(state.position < 1.0, "{}", state.position);
    }
}

#[test]
fn starting_pausing_and_seeking_make_no_step() {
    let (remote, mut source) = opened(44_100);
    // The song's own largest step between two samples, here and where it goes.
    remote.seek(5.0);
    let calm = played(&mut source, 44_100);
    let step = |sound: &[f32]| sound.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    let own = step(&calm[2048..]).max(0.05);
    let mut sound = played(&mut source, 2048);
    remote.play(false);
    sound.extend(played(&mut source, 2048));
    remote.play(true);
    sound.extend(played(&mut source, 2048));
    remote.seek(6.0);
    sound.extend(played(&mut source, 4096));
    assert!(step(&sound) < 1.5 * own, "{} against {own}", step(&sound));
}

#[test]
fn a_file_that_is_no_song_is_reported_and_playback_goes_on() {
    let (remote, mut source) = opened(44_100);
    played(&mut source, 512);
    remote.open(Path::new("/nowhere/song.flac"));
    wait(&remote);
    assert!(remote.take_error().unwrap().contains("song.flac"));
    assert_eq!(remote.take_error(), None, "said once");
    let state = remote.playback();
    assert!(state.playing && state.title == "francium");
}

#[test]
fn the_audio_thread_frees_no_song() {
    let (remote, mut source) = opened(44_100);
    played(&mut source, 512);
    remote.open(&clip());
    wait(&remote);
    assert!(remote.0.songs.collect().is_none());
    played(&mut source, 4096);
    assert!(remote.0.songs.collect().is_some(), "the old song waits for another thread");
}

#[test]
fn the_audio_thread_plays_on_while_the_windows_locks_are_held() {
    let (remote, mut source) = opened(44_100);
    remote.open(&clip());
    wait(&remote);
    let _locks = (lock(&remote.0.title), lock(&remote.0.error));
    let (done, finished) = mpsc::channel();
    thread::spawn(move || done.send(played(&mut source, 44_100)).unwrap());
    let sound = finished.recv_timeout(Duration::from_secs(60)).expect("a lock was waited for");
    assert!(sound.iter().any(|sample| sample.abs() > 0.01));
}
