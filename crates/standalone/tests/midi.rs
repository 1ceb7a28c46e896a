//! MIDI under JACK: a pad that was learned mutes a stem of what plays.
#![cfg(target_os = "linux")]

#[path = "support.rs"]
#[allow(dead_code)]
mod support;

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use jack::{AudioIn, AudioOut, Client, ClientOptions, Control, MidiOut, Port, ProcessScope, RawMidi};
use support::{Folder, JackServer, PATIENT, program_under_jack, wait_for};

/// Plays noise and listens; strikes all pads once when it is told to.
struct Player {
    noise: Port<AudioOut>,
    pads: Port<MidiOut>,
    output: Port<AudioIn>,
    state: u32,
    strike: Arc<AtomicBool>,
    /// Loudest sample of the last period, as bits.
    peak: Arc<AtomicU32>,
}

impl jack::ProcessHandler for Player {
    fn process(&mut self, _client: &Client, scope: &ProcessScope) -> Control {
        for sample in self.noise.as_mut_slice(scope) {
            self.state = self.state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *sample = f32::from(u8::try_from(self.state >> 24).unwrap()) / 256.0 - 0.5;
        }
        let peak = self.output.as_slice(scope).iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
        self.peak.store(peak.to_bits(), Ordering::Relaxed);
        let mut writer = self.pads.writer(scope);
        if self.strike.swap(false, Ordering::Relaxed) {
            for note in 36..40 {
                writer.write(&RawMidi { time: 0, bytes: &[0x99, note, 100] }).unwrap();
            }
        }
        Control::Continue
    }
}

#[test]
fn pads_that_were_learned_mute_the_stems_that_play_and_let_them_out_again() {
    let mut server = JackServer::start("midi", 44_100, 256, PATIENT);
    // SAFETY: this test is alone in its process and no thread has been started yet.
    unsafe { std::env::set_var("JACK_DEFAULT_SERVER", &server.name) };
    let client = wait_for("the JACK server", || {
        server.revive();
        Client::new("player", ClientOptions::NO_START_SERVER).ok().map(|(client, _)| client)
    });
    let home = Folder::new("midi");
    let stems = ["vocals", "drums", "bass", "other"].into_iter().zip(36..);
    let learned: Vec<String> = stems
        .map(|(stem, note)| format!(r#""{stem}_mute": {{"note": {{"channel": 10, "number": {note}}}}}"#))
        .collect();
    fs::create_dir_all(home.0.join("data/unbraid")).unwrap();
    fs::write(home.0.join("data/unbraid/midi.json"), format!("{{{}}}", learned.join(", "))).unwrap();
    let ports = || client.port_by_name("unbraid:midi_input").is_some();
    let mut running = program_under_jack(&home, &mut server, &home.0.join("stderr"), ports);

    let (strike, peak) = (Arc::<AtomicBool>::default(), Arc::<AtomicU32>::default());
    let player = Player {
        noise: client.register_port("noise", AudioOut::default()).unwrap(),
        pads: client.register_port("pads", MidiOut::default()).unwrap(),
        output: client.register_port("output", AudioIn::default()).unwrap(),
        state: 1,
        strike: strike.clone(),
        peak: peak.clone(),
    };
    let client = client.activate_async((), player).unwrap();
    for (from, to) in [
        ("player:noise", "unbraid:input_1"),
        ("player:pads", "unbraid:midi_input"),
        ("unbraid:output_1", "player:output"),
    ] {
        wait_for("a connection", || client.as_client().connect_ports_by_name(from, to).ok());
    }
    let loudness = || f32::from_bits(peak.load(Ordering::Relaxed));
    wait_for("sound", || (loudness() > 0.2).then_some(()));
    strike.store(true, Ordering::Relaxed);
    wait_for("silence", || (loudness() == 0.0).then_some(()));
    strike.store(true, Ordering::Relaxed);
    wait_for("sound again", || (loudness() > 0.2).then_some(()));
    client.deactivate().unwrap();
    running.signal("INT");
    assert_eq!(running.end().code(), Some(0));
}
