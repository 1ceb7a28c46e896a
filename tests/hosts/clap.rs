//! The product's promises, kept by the bundled CLAP plug-in in a host.

use unbraid_host::{Blocks, Change};
use unbraid_tests::{
    Audio, INAUDIBLE, MODES, RATE, active_host, active_host_in, clip, difference, energy, loaded_host,
    loaded_host_in, noise, play, play_in, sum,
};

/// Main and the four stems.
const PORTS: [&str; 5] = ["Main", "Vocals", "Drums", "Bass", "Other"];

/// Every mode with each of some values.
fn in_both_modes<T: Copy, const N: usize>(values: [T; N]) -> impl Iterator<Item = (&'static str, T)> {
    MODES.into_iter().flat_map(move |mode| values.map(|value| (mode, value)))
}

/// Audio without its first `from` and its last `less` samples.
fn tail(audio: &Audio, from: usize, less: usize) -> Audio {
    audio.iter().map(|channel| channel[from..channel.len() - less].to_vec()).collect()
}

#[test]
fn it_has_five_named_stereo_outputs() {
    let host = loaded_host();
    let names: Vec<_> = host.output_ports().iter().map(|port| port.name.as_str()).collect();
    assert_eq!(names, PORTS);
    assert_eq!(host.output_ports().iter().map(|port| port.channels).sum::<usize>(), 10);
    assert!(host.output_ports()[0].main && host.output_ports()[1..].iter().all(|port| !port.main));
    assert_eq!((host.input_ports().len(), host.input_ports()[0].channels), (1, 2));
}

#[test]
fn at_zero_db_the_main_output_is_the_input_later_and_the_stems_sum_to_it() {
    let song = noise(RATE as usize);
    for (mode, block) in in_both_modes([1, 17, 512, 2027]) {
        let mut host = active_host_in(mode, RATE, block);
        let latency = host.latency();
        let played = play(&mut host, &song, block as usize);
        let main = difference(&song, &played.ports[0], latency);
        assert!(main < INAUDIBLE, "{mode}, block {block}: main differs by {main:e}");
        let stems = difference(&song, &sum(&played.ports[1..]), latency);
        assert!(stems < INAUDIBLE, "{mode}, block {block}: the stems' sum differs by {stems:e}");
    }
}

#[test]
fn at_every_sample_rate_the_main_output_is_the_input_later() {
    for (mode, rate) in in_both_modes([22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000]) {
        let song = noise(rate as usize / 2);
        let mut host = active_host_in(mode, rate, 512);
        let latency = host.latency();
        let played = play(&mut host, &song, 512);
        let error = difference(&song, &played.ports[0], latency);
        assert!(error < INAUDIBLE, "{mode}, {rate} Hz: differs by {error:e}");
    }
}

#[test]
fn an_impulse_arrives_after_the_reported_latency() {
    for (mode, block) in in_both_modes([64, 512, 1024]) {
        // Anywhere in a hop, not only at its start.
        for position in [0, 1, 511, 1000, 1023, 1024, 3333] {
            let mut song = vec![vec![0.0; 6000]; 2];
            song.iter_mut().for_each(|channel| channel[position] = 1.0);
            let mut host = active_host_in(mode, RATE, block);
            let latency = host.latency();
            let played = play(&mut host, &song, block as usize);
            let left = &played.ports[0][0];
            let loudest = left.iter().enumerate().max_by(|one, other| one.1.abs().total_cmp(&other.1.abs()));
            assert_eq!(
                loudest.map(|(at, _)| at),
                Some(position + latency),
                "{mode}, block {block}, sample {position}"
            );
        }
    }
}

#[test]
fn the_latency_is_the_modes_and_constant() {
    for (mode, latency) in [("Studio", 4096), ("Live", 1024)] {
        let mut host = active_host_in(mode, RATE, 512);
        assert_eq!(host.latency(), latency, "{mode}");
        play(&mut host, &clip(1.0), 512);
        assert_eq!(host.latency(), latency, "{mode}: playing changes nothing");
        host.deactivate();
        host.activate(f64::from(RATE), 512).unwrap();
        assert_eq!(host.latency(), latency, "{mode}: nor does another activation");
    }
}

#[test]
fn the_output_does_not_depend_on_how_the_host_cuts_time() {
    let song = clip(3.0);
    for mode in MODES {
        let reference = play(&mut active_host_in(mode, RATE, 2048), &song, 512).ports;
        for sizes in [&[1][..], &[17], &[2027], &[2048], &[1, 2027, 64, 333, 1024, 5]] {
            let mut host = active_host_in(mode, RATE, 2048);
            let played = play_in(&mut host, &song, Blocks::cycle(sizes)).ports;
            assert!(played == reference, "{mode}: blocks of {sizes:?} give other samples than blocks of 512");
        }
    }
}

#[test]
fn offline_rendering_equals_real_time() {
    let song = clip(2.0);
    for mode in MODES {
        let real_time = play(&mut active_host_in(mode, RATE, 512), &song, 512).ports;
        let mut host = loaded_host_in(mode);
        host.set_offline(true).unwrap();
        host.activate(f64::from(RATE), 512).unwrap();
        assert!(play(&mut host, &song, 512).ports == real_time, "{mode}");
    }
}

#[test]
fn playing_again_gives_the_same_samples() {
    let song = clip(2.0);
    for mode in MODES {
        let mut host = active_host_in(mode, RATE, 512);
        let first = play(&mut host, &song, 512).ports;
        assert!(play(&mut host, &song, 512).ports == first, "{mode}: stop and play starts afresh");
        host.deactivate();
        host.activate(f64::from(RATE), 512).unwrap();
        assert!(play(&mut host, &song, 512).ports == first, "{mode}: so does another activation");
    }
}

#[test]
fn a_change_of_mode_asks_for_a_restart_and_leads_to_the_other_network() {
    let song = clip(1.0);
    let alone = MODES.map(|mode| play(&mut active_host_in(mode, RATE, 512), &song, 512).ports);
    assert!(alone[0] != alone[1], "the modes sound the same");
    let mut host = active_host_in("Studio", RATE, 512);
    let id = "mode".to_owned();
    let value = host.value_of_text(&id, "Live").unwrap();
    host.take_restart_request();
    let changed = host.stream(&song, Blocks::of(512), &[Change { at: 10_000, id, value }], &mut |_done| {});
    let error = difference(&tail(&song, 0, 4096), &changed.unwrap().ports[0], 4096);
    assert!(error < INAUDIBLE, "Studio goes on until the host restarts: {error:e}");
    assert!(host.take_restart_request());
    for mode in [1, 0, 1] {
        host.deactivate();
        host.set_text("mode", MODES[mode]).unwrap();
        host.activate(f64::from(RATE), 512).unwrap();
        assert!(play(&mut host, &song, 512).ports == alone[mode], "{} after a change", MODES[mode]);
    }
}

#[test]
fn silence_stays_exact_silence() {
    for mode in MODES {
        let mut host = active_host_in(mode, RATE, 512);
        let silence = vec![vec![0.0; RATE as usize]; 2];
        let played = play(&mut host, &silence, 512);
        assert!(played.ports.iter().flatten().flatten().all(|&sample| sample == 0.0), "{mode}");
    }
}

#[test]
fn real_music_comes_apart() {
    let song = clip(12.0);
    let whole = energy(&song);
    for mode in MODES {
        let played = play(&mut active_host_in(mode, RATE, 512), &song, 512);
        for (name, stem) in PORTS[1..].iter().zip(&played.ports[1..]) {
            let share = energy(stem) / whole;
            // How much each should have is a matter of the networks, and of `cargo xtask evaluate`.
            assert!(share > 0.0 && share < 0.98, "{mode}: {name} has {share:.1e} of the song's energy");
        }
    }
}

#[test]
fn a_stem_at_minus_infinity_is_gone_from_the_main_output_only() {
    let song = clip(2.0);
    let mut host = loaded_host();
    host.set_text("vocals_level", "-inf dB").unwrap();
    host.activate(f64::from(RATE), 512).unwrap();
    let played = play(&mut host, &song, 512);
    let rest = sum(&played.ports[2..]);
    assert!(difference(&rest, &played.ports[0], 0) < INAUDIBLE, "main is drums + bass + other");
    assert!(energy(&played.ports[1]) > 0.0, "the stem's own output is before the level");
}

#[test]
fn mute_all_and_the_main_output_is_silent() {
    let song = clip(2.0);
    let mut host = active_host(RATE, 512);
    let at = RATE as usize / 2;
    let changes: Vec<Change> = ["vocals", "drums", "bass", "other"]
        .iter()
        .map(|stem| {
            let id = format!("{stem}_mute");
            let value = host.value_of_text(&id, "On").unwrap();
            Change { at, id, value }
        })
        .collect();
    let played = host.stream(&song, Blocks::of(512), &changes, &mut |_done| {}).unwrap();
    // Ramps take at most 10 ms; the latency is allowed for on top, whichever side of it the control acts on.
    let silent_from = at + RATE as usize / 50 + host.latency();
    let main = &played.ports[0];
    assert!(energy(&main.iter().map(|channel| channel[..at].to_vec()).collect()) > 0.0);
    assert!(main.iter().all(|channel| channel[silent_from..].iter().all(|&sample| sample == 0.0)));
}

#[test]
fn bypass_is_the_delayed_input_whatever_the_levels_are() {
    let song = clip(2.0);
    let mut host = loaded_host();
    host.set_text("vocals_level", "-inf dB").unwrap();
    host.set_text("output_gain", "6 dB").unwrap();
    host.set_text("bypass", "On").unwrap();
    host.activate(f64::from(RATE), 512).unwrap();
    let latency = host.latency();
    let played = play(&mut host, &song, 512);
    assert!(difference(&song, &played.ports[0], latency) < INAUDIBLE);
}

#[test]
fn unusable_input_does_no_lasting_harm() {
    let song = clip(3.0);
    let mut spoilt = song.clone();
    let at = RATE as usize;
    for (offset, value) in
        [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e-42, 16.0, -16.0].into_iter().enumerate()
    {
        spoilt[0][at + 7 * offset] = value;
    }
    let mut host = active_host(RATE, 512);
    let latency = host.latency();
    // `play` checks that every output sample is a number.
    let played = play(&mut host, &spoilt, 512);
    let after = at + 4096 + 64;
    let error = difference(&tail(&song, after, 0), &tail(&played.ports[0], after, 0), latency);
    assert!(error < INAUDIBLE, "a window later, main is the input again: {error:e}");
}

#[test]
fn the_state_survives_saving_and_loading() {
    let settings = [
        ("vocals_level", "-7.5 dB"),
        ("drums_mute", "On"),
        ("other_solo", "On"),
        ("focus", "75 %"),
        ("bass_sensitivity", "-30 %"),
        ("stem_tap", "Post-level"),
        ("output_gain", "-3 dB"),
    ];
    let mut host = loaded_host();
    for (id, text) in settings {
        host.set_text(id, text).unwrap();
    }
    let state = host.save_state().unwrap();
    let mut other = loaded_host();
    for (id, _) in settings {
        assert_ne!(
            host.value(id).unwrap(),
            other.value(id).unwrap(),
            "{id} is at its default in a new instance"
        );
    }
    other.load_state(&state).unwrap();
    for (id, _) in settings {
        assert_eq!(host.value(id).unwrap(), other.value(id).unwrap(), "{id}");
        assert_eq!(host.text(id).unwrap(), other.text(id).unwrap(), "{id}");
    }
    host.activate(f64::from(RATE), 512).unwrap();
    other.activate(f64::from(RATE), 512).unwrap();
    let song = clip(1.0);
    assert!(play(&mut host, &song, 512).ports == play(&mut other, &song, 512).ports);
}

#[test]
fn a_state_that_is_no_state_is_refused_and_changes_nothing() {
    let mut host = loaded_host();
    host.set_text("vocals_level", "-7.5 dB").unwrap();
    for bytes in [&b""[..], b"{", b"no state at all", &[0xff; 64]] {
        assert!(host.load_state(bytes).is_err(), "{bytes:?}");
    }
    assert_eq!(host.text("vocals_level").unwrap(), "-7.5 dB");
}

#[test]
fn two_instances_do_not_hear_each_other() {
    let song = clip(2.0);
    let mut alone = active_host(RATE, 512);
    let alone = play(&mut alone, &song, 512).ports;
    let (left, right) = std::thread::scope(|scope| {
        let worker = || {
            let mut host = active_host(RATE, 512);
            play(&mut host, &song, 512).ports
        };
        let other = scope.spawn(worker);
        (worker(), other.join().expect("the other instance plays"))
    });
    assert!(left == alone && right == alone);
}
