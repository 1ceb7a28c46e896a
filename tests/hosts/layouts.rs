//! Layouts of buses in CLAP: chosen by the host, and independent of the saved state.

use unbraid_host::ClapHost;
use unbraid_tests::{Audio, INAUDIBLE, RATE, clip, difference, loaded_host, noise, play, sum};

/// Name, channels of main input and output, and output ports of each layout.
const LAYOUTS: [(&str, usize, usize, usize); 7] = [
    ("Stereo with stems", 2, 2, 5),
    ("Stereo", 2, 2, 1),
    ("Mono", 1, 1, 1),
    ("Mono with mono stems", 1, 1, 5),
    ("Mono with stereo stems", 1, 1, 5),
    ("Mono to stereo with stems", 1, 2, 5),
    ("Mono to stereo", 1, 2, 1),
];

fn host_with(layout: &str) -> ClapHost {
    let mut host = loaded_host();
    host.select_layout(layout).unwrap();
    host
}

/// As many of a song's channels as the layout has.
fn for_layout(song: &Audio, host: &ClapHost) -> Audio {
    song[..host.input_ports()[0].channels].to_vec()
}

/// The song as it has to come out of a bus with `channels` channels: a mono one on each.
fn on_channels(song: &Audio, channels: usize) -> Audio {
    song.iter().cycle().take(channels).cloned().collect()
}

#[test]
fn seven_layouts_are_offered_and_the_first_is_the_default() {
    let mut host = loaded_host();
    assert_eq!(host.layouts().unwrap(), LAYOUTS.map(|(name, ..)| name));
    assert_eq!(host.output_ports().len(), 5);
    for (name, input, main, ports) in LAYOUTS {
        host.select_layout(name).unwrap();
        assert_eq!((host.input_ports().len(), host.input_ports()[0].channels), (1, input), "{name}");
        assert_eq!(host.output_ports().len(), ports, "{name}");
        assert_eq!(host.output_ports()[0].channels, main, "{name}");
        assert_eq!(
            (host.input_ports()[0].name.as_str(), host.output_ports()[0].name.as_str()),
            ("Main", "Main")
        );
    }
    assert!(host.select_layout("Quadraphonic").is_err());
}

#[test]
fn in_every_layout_main_is_the_input_later_and_the_latency_the_same() {
    let song = noise(30_000);
    let mut latencies = Vec::new();
    for (name, _, main, _) in LAYOUTS {
        let mut host = host_with(name);
        host.activate(f64::from(RATE), 512).unwrap();
        let latency = host.latency();
        let song = for_layout(&song, &host);
        let played = play(&mut host, &song, 512);
        let error = difference(&on_channels(&song, main), &played.ports[0], latency);
        assert!(error < INAUDIBLE, "{name}: {error:e}");
        latencies.push(latency);
    }
    assert!(latencies.windows(2).all(|pair| pair[0] == pair[1]), "{latencies:?}");
}

#[test]
fn the_mix_is_the_same_with_and_without_the_stems_buses() {
    let song = clip(2.0);
    let main = |layout: &str| {
        let mut host = host_with(layout);
        host.set_text("vocals_level", "-20 dB").unwrap();
        host.set_text("drums_mute", "On").unwrap();
        host.activate(f64::from(RATE), 512).unwrap();
        play(&mut host, &song, 512).ports.swap_remove(0)
    };
    let with_stems = main("Stereo with stems");
    assert!(difference(&song, &with_stems, 4096) > 0.01, "the levels do something");
    assert!(main("Stereo") == with_stems);
}

#[test]
fn mono_follows_the_controls() {
    let mut host = host_with("Mono");
    host.set_text("output_gain", "-12 dB").unwrap();
    host.activate(f64::from(RATE), 512).unwrap();
    let song: Audio = noise(20_000)[..1].to_vec();
    let played = play(&mut host, &song, 512);
    let gain = 10f32.powf(-12.0 / 20.0);
    let quieter: Audio = vec![song[0].iter().map(|sample| gain * sample).collect()];
    assert!(difference(&quieter, &played.ports[0], host.latency()) < INAUDIBLE);
    for stem in ["vocals", "drums", "bass", "other"] {
        let mut host = host_with("Mono");
        for other in ["vocals", "drums", "bass", "other"] {
            let mute = if other == stem { "Off" } else { "On" };
            host.set_text(&format!("{other}_mute"), mute).unwrap();
        }
        host.activate(f64::from(RATE), 512).unwrap();
        let alone = play(&mut host, &song, 512);
        assert!(alone.ports[0][0].iter().any(|&sample| sample != 0.0), "{stem} is audible in mono");
    }
}

#[test]
fn a_session_is_restored_into_any_other_layout() {
    let song = clip(1.0);
    for (saved_in, ..) in LAYOUTS {
        let mut before = host_with(saved_in);
        before.set_text("vocals_level", "-7.5 dB").unwrap();
        before.set_text("focus", "80 %").unwrap();
        let state = before.save_state().unwrap();
        for (restored_in, _, main, _) in LAYOUTS {
            let mut after = host_with(restored_in);
            after.load_state(&state).unwrap();
            assert_eq!(after.text("vocals_level").unwrap(), "-7.5 dB", "{saved_in} to {restored_in}");
            assert_eq!(after.text("focus").unwrap(), "80 %", "{saved_in} to {restored_in}");
            after.activate(f64::from(RATE), 512).unwrap();
            let song = for_layout(&song, &after);
            let played = play(&mut after, &song, 512);
            assert_eq!(played.ports[0].len(), main, "the layout is the host's, not the state's");
        }
    }
}

#[test]
fn a_host_may_change_the_layout_again_and_again() {
    let song = noise(12_000);
    let mut host = loaded_host();
    for (name, _, main, ports) in LAYOUTS.into_iter().chain(LAYOUTS).rev() {
        host.deactivate();
        host.select_layout(name).unwrap();
        host.activate(f64::from(RATE), 256).unwrap();
        let song = for_layout(&song, &host);
        let latency = host.latency();
        let played = play(&mut host, &song, 256);
        assert!(difference(&on_channels(&song, main), &played.ports[0], latency) < INAUDIBLE, "{name}");
        if ports == 5 {
            let stems = sum(&played.ports[1..]);
            assert!(difference(&on_channels(&song, stems.len()), &stems, latency) < INAUDIBLE, "{name}");
        }
        assert!(host.select_layout(name).is_err(), "not while it is active");
    }
}
