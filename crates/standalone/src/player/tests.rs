use std::path::PathBuf;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::*;

fn clip() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/clips/francium.flac")
}

fn wait(remote: &Remote) {
    wait_until("the song was never read", || !remote.playback().loading);
    wait_until("a request was never served", || remote.0.transport.pending.load(Ordering::Acquire) == 0);
}

fn wait_until(complaint: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(60), "{complaint}");
        thread::sleep(Duration::from_millis(1));
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

/// What the player makes of `input`, however long the feeder takes.
fn played_over(source: &mut Source, input: f32, samples: usize) -> Vec<f32> {
    let mut left = vec![input; samples];
    for block in left.chunks_mut(512) {
        let mut right = vec![input; block.len()];
        // Once before, so that a stream that was published is taken.
        source.fill(&mut [&mut [], &mut []]);
        wait_until("the feeder is late for ever", || source.is_ready(block.len()) || !source.is_playing());
        source.fill(&mut [&mut *block, &mut right]);
    }
    left
}

fn played(source: &mut Source, samples: usize) -> Vec<f32> {
    played_over(source, 0.0, samples)
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
    wait(&remote);
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
        wait(&remote);
        played(&mut source, 44_100);
        if !looping {
            wait_until("the beginning was never made ready", || source.is_announced());
            played(&mut source, 512);
        }
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
    wait(&remote);
    let calm = played(&mut source, 44_100);
    let step = |sound: &[f32]| sound.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    let own = step(&calm[2048..]).max(0.05);
    let mut sound = played(&mut source, 2048);
    remote.play(false);
    sound.extend(played(&mut source, 2048));
    remote.play(true);
    sound.extend(played(&mut source, 2048));
    remote.seek(6.0);
    wait(&remote);
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

/// A song of our own: `sound` at each of `length` samples, on both channels.
fn playing(rate: u32, length: u32, sound: impl Fn(u32) -> f32) -> (Remote, Source) {
    let (remote, source) = player();
    remote.set_rate(rate);
    let channel: Vec<f32> = (0..length).map(sound).collect();
    let settings = *lock(&remote.0.settings);
    remote.0.request(Request::Open(Arc::new([channel.clone(), channel]), settings));
    wait(&remote);
    (remote, source)
}

/// A tone of `pitch` Hz whose loudness tells the half of a second: loud in the first, quiet in the second.
fn tone(pitch: f64, rate: u32) -> impl Fn(u32) -> f32 {
    move |at| {
        let seconds = f64::from(at) / f64::from(rate);
        let loudness = if seconds.fract() < 0.5 { 0.5 } else { 0.05 };
        #[expect(clippy::cast_possible_truncation)]
        let sample = (loudness * (std::f64::consts::TAU * pitch * seconds).sin()) as f32;
        sample
    }
}

/// Upward zero crossings a second.
fn pitch(sound: &[f32], rate: u32) -> f64 {
    let crossings = sound.windows(2).filter(|pair| pair[0] <= 0.0 && pair[1] > 0.0).count();
    f64::from(u32::try_from(crossings).unwrap()) * f64::from(rate)
        / f64::from(u32::try_from(sound.len()).unwrap())
}

#[test]
fn at_its_own_tempo_and_pitch_a_song_is_played_bit_by_bit() {
    let sound = tone(441.0, 44_100);
    let (_remote, mut source) = playing(44_100, 88_200, &sound);
    let played = played(&mut source, 44_100);
    let fade = usize::from(source::FADE);
    for (at, sample) in played.iter().enumerate().skip(fade) {
        assert_eq!(*sample, sound(u32::try_from(at).unwrap()), "sample {at}");
    }
}

#[test]
fn tempo_leaves_the_pitch_and_transposition_leaves_the_tempo() {
    for rate in [44_100, 48_000] {
        for (tempo, semitones) in [(50, 0), (75, 0), (150, 0), (100, 12), (100, -5), (80, 3)] {
            let (remote, mut source) = playing(rate, 12 * rate, tone(400.0, rate));
            remote.practise(Practice { tempo, semitones, ..Practice::default() });
            wait(&remote);
            let sound = played(&mut source, 4 * rate as usize);
            let case = format!("{tempo} %, {semitones} semitones, {rate} Hz");
            let expected = 400.0 * (f64::from(semitones) / 12.0).exp2();
            let heard = pitch(&sound[rate as usize / 2..], rate);
            assert!((heard / expected - 1.0).abs() < 0.01, "{case}: {heard} Hz, not {expected}");
            let position = remote.playback().position;
            let expected = 4.0 * f64::from(tempo) / 100.0;
            assert!((position - expected).abs() < 0.05, "{case}: at {position} s, not {expected}");
            // The change of loudness comes every half second of the song.
            let loud: Vec<bool> =
                sound.chunks(rate as usize / 50).map(|part| part.iter().any(|s| s.abs() > 0.2)).collect();
            let changes = loud.windows(2).filter(|pair| pair[0] != pair[1]).count();
            let expected = usize::try_from(4 * 2 * u32::from(tempo) / 100).unwrap();
            assert!(changes.abs_diff(expected) <= 1, "{case}: {changes} changes, not {expected}");
        }
    }
}

#[test]
fn a_passage_is_repeated_from_a_to_b_and_only_while_the_loop_is_on() {
    let rate = 44_100;
    let ramp = |at: u32| f32::from(u16::try_from(at / 100).unwrap()) / 10_000.0;
    let (remote, mut source) = playing(rate, 10 * rate, ramp);
    remote.practise(Practice { start: Some(2.0), end: Some(3.0), ..Practice::default() });
    remote.seek(1.5);
    wait(&remote);
    let played_from = |source: &mut Source, seconds: f64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let samples = (seconds * f64::from(rate)) as usize;
        played(source, samples)
    };
    played_from(&mut source, 3.2);
    // 1.5 s to B, then one whole round and 0.7 s of the next.
    let position = remote.playback().position;
    assert!((position - 2.7).abs() < 0.05, "{position}");
    let round = played_from(&mut source, 2.0);
    let (lowest, highest) = (ramp(2 * rate), ramp(3 * rate));
    let inside = round.iter().filter(|sample| (lowest..=highest).contains(sample)).count();
    assert!(inside > round.len() - 1000, "all but the seams lies between A and B");
    remote.set_looping(false);
    wait(&remote);
    played_from(&mut source, 2.0);
    assert!(remote.playback().position > 3.5, "{}", remote.playback().position);
}

#[test]
fn setting_b_while_it_plays_goes_back_to_a() {
    let (remote, mut source) = playing(44_100, 441_000, tone(400.0, 44_100));
    played(&mut source, 3 * 44_100);
    remote.practise(Practice { start: Some(1.0), ..Practice::default() });
    wait(&remote);
    assert!(!source.is_announced(), "nothing jumps when A is set");
    let here = remote.playback().position;
    remote.practise(Practice { start: Some(1.0), end: Some(here), ..Practice::default() });
    wait(&remote);
    played(&mut source, 22_050);
    let position = remote.playback().position;
    assert!((position - 1.5).abs() < 0.05, "{position}");
}

#[test]
fn a_loop_that_is_switched_in_the_middle_of_a_song_makes_no_jump() {
    let sound = tone(441.0, 44_100);
    let (remote, mut source) = playing(44_100, 10 * 44_100, &sound);
    let mut all = played(&mut source, 44_100);
    for looping in [false, true] {
        remote.set_looping(looping);
        wait(&remote);
        all.extend(played(&mut source, 44_100));
    }
    for (at, sample) in all.iter().enumerate().skip(usize::from(source::FADE)) {
        assert_eq!(*sample, sound(u32::try_from(at).unwrap()), "sample {at}");
    }
}

#[test]
fn a_count_in_comes_before_the_song_and_holds_its_place() {
    let rate = 44_100;
    let (remote, mut source) = playing(rate, 441_000, |_| 0.5);
    remote.play(false);
    played(&mut source, 1024);
    remote.practise(Practice { count_in: 4, bpm: 240, ..Practice::default() });
    remote.seek(2.0);
    wait(&remote);
    remote.play(true);
    wait(&remote);
    // Four beats of a quarter of a second; the input is not audible in them, and the clicks come apart from the song.
    let counted = played_over(&mut source, 0.25, 44_000);
    assert!(counted[1000..].iter().all(|sample| *sample == 0.0));
    assert!((remote.playback().position - 2.0).abs() < 0.01);
    let mut clicks = vec![0.0; 44_000];
    source.add_clicks(&mut [&mut clicks], 0);
    for beat in 0..4 {
        let begin = beat * 11_025;
        assert!(clicks[begin..begin + 800].iter().any(|sample| sample.abs() > 0.1), "beat {beat}");
        assert!(
            clicks[begin + 3000..begin + 10_000].iter().all(|sample| *sample == 0.0),
            "after beat {beat}"
        );
    }
    let song = played(&mut source, 44_100);
    assert!(song[1000..].iter().all(|sample| *sample == 0.5));
    assert!((remote.playback().position - 3.0).abs() < 0.02, "{}", remote.playback().position);
}

#[test]
fn a_stream_that_runs_dry_fades_and_goes_on() {
    let (remote, mut source) = playing(44_100, 441_000, |_| 0.5);
    // Faster than the feeder may be.
    let mut sound = vec![0.0; 441_000];
    for block in sound.chunks_mut(512) {
        let mut right = vec![0.0; block.len()];
        source.fill(&mut [&mut *block, &mut right]);
    }
    let largest = sound.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    assert!(largest < 0.01, "a step of {largest}");
    assert!(remote.0.transport.dropouts.load(Ordering::Relaxed) > 0, "it was counted");
    let after = played(&mut source, 4096);
    assert_eq!(after.last(), Some(&0.5), "it plays again");
}

#[test]
fn a_rate_that_cannot_be_stretched_is_said_and_the_song_plays_on() {
    let (remote, mut source) = playing(22_050, 220_500, tone(400.0, 22_050));
    remote.practise(Practice { tempo: 50, ..Practice::default() });
    wait(&remote);
    assert!(remote.take_error().unwrap().contains("not 22050"));
    played(&mut source, 22_050);
    assert!((remote.playback().position - 1.0).abs() < 0.05);
}
