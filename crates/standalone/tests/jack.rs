//! The program under JACK's dummy driver: its named ports, and the sound that comes out of them.
#![cfg(target_os = "linux")]

#[path = "support.rs"]
#[allow(dead_code)]
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use jack::{AudioIn, AudioOut, Client, ClientOptions, Control, Port, PortFlags, ProcessScope};
use support::{Folder, JackServer, PATIENT, TIMEOUT, program_under_jack, wait_for};

const RATE: usize = 44_100;
const PERIOD: usize = 256;
const LENGTH: usize = 2 * RATE;
/// Studio's latency with periods shorter than half a hop: window and slicing.
const LATENCY: usize = 4096 + 1024;

/// What the test's client plays and records.
struct Recorder {
    song: Vec<Vec<f32>>,
    recorded: Vec<Vec<f32>>,
    outputs: Vec<Port<AudioOut>>,
    inputs: Vec<Port<AudioIn>>,
    at: usize,
    /// Everything is connected and separated: the song may begin.
    ready: Arc<AtomicBool>,
    /// Sound comes out of every stem: the network is there, for which a busy machine takes its time.
    separates: Arc<AtomicBool>,
    noise: u32,
    done: Option<mpsc::Sender<Vec<Vec<f32>>>>,
}

impl jack::ProcessHandler for Recorder {
    fn process(&mut self, _client: &Client, scope: &ProcessScope) -> Control {
        if !self.ready.load(Ordering::Acquire) {
            for port in &mut self.outputs {
                port.as_mut_slice(scope).fill_with(|| random(&mut self.noise));
            }
            let audible = |port: &Port<AudioIn>| port.as_slice(scope).iter().any(|&sample| sample != 0.0);
            if self.inputs[2..].iter().all(audible) {
                self.separates.store(true, Ordering::Release);
            }
            return Control::Continue;
        }
        let at = self.at;
        let frames = scope.n_frames() as usize;
        for (port, song) in self.outputs.iter_mut().zip(&self.song) {
            for (offset, sample) in port.as_mut_slice(scope).iter_mut().enumerate() {
                *sample = song.get(at + offset).copied().unwrap_or(0.0);
            }
        }
        for (port, recorded) in self.inputs.iter().zip(&mut self.recorded) {
            recorded.extend_from_slice(port.as_slice(scope));
        }
        self.at = at + frames;
        if at + frames >= LENGTH
            && let Some(done) = self.done.take()
        {
            let _ = done.send(std::mem::take(&mut self.recorded));
        }
        Control::Continue
    }
}

/// The next sample of quiet noise.
fn random(state: &mut u32) -> f32 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    0.5 * (f32::from(u16::try_from(*state >> 16).unwrap()) / 32_768.0 - 1.0)
}

/// Quiet noise with one loud sample in it.
fn song(impulse: usize) -> Vec<Vec<f32>> {
    let mut state = 1u32;
    (0..2)
        .map(|_| {
            let mut channel: Vec<f32> = (0..LENGTH).map(|_| random(&mut state)).collect();
            channel[impulse] = 1.0;
            channel
        })
        .collect()
}

#[test]
fn it_has_twelve_named_ports_and_one_for_midi_and_separates() {
    let mut server = JackServer::start("test", RATE, PERIOD, PATIENT);
    // SAFETY: this test is alone in its process and no thread has been started yet.
    unsafe { std::env::set_var("JACK_DEFAULT_SERVER", &server.name) };
    let client = wait_for("the JACK server", || {
        server.revive();
        Client::new("listener", ClientOptions::NO_START_SERVER).ok().map(|(client, _)| client)
    });
    assert_eq!((client.sample_rate() as usize, client.buffer_size() as usize), (RATE, PERIOD));

    let home = Folder::new("jack");
    let ports = |flags| client.ports(Some("^unbraid:"), Some("audio"), flags);
    let midi = || client.ports(Some("^unbraid:"), Some("midi"), PortFlags::empty());
    let mut program = program_under_jack(&home, &mut server, &home.0.join("stderr"), || {
        ports(PortFlags::IS_OUTPUT).len() >= 10 && !midi().is_empty()
    });
    let ports = (ports(PortFlags::IS_INPUT), ports(PortFlags::IS_OUTPUT));
    let pair = |name: &str| [1, 2].map(|channel| format!("unbraid:{name}_{channel}"));
    assert_eq!(ports.0, pair("input"));
    assert_eq!(midi(), ["unbraid:midi_input"]);
    assert_eq!(ports.1, ["output", "vocals", "drums", "bass", "other"].map(pair).concat());

    let outputs: Vec<_> =
        (0..2).map(|at| client.register_port(&format!("out_{at}"), AudioOut::default()).unwrap()).collect();
    let inputs: Vec<_> =
        (0..10).map(|at| client.register_port(&format!("in_{at}"), AudioIn::default()).unwrap()).collect();
    let impulse = 40_000;
    let song = song(impulse);
    let (done, finished) = mpsc::channel();
    let (ready, separates) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
    let recorder = Recorder {
        song: song.clone(),
        recorded: (0..10).map(|_| Vec::with_capacity(LENGTH + PERIOD)).collect(),
        outputs,
        inputs,
        at: 0,
        ready: ready.clone(),
        separates: separates.clone(),
        noise: 2,
        done: Some(done),
    };
    // JACK connects the ports of active clients only, so the song waits.
    let client = client.activate_async((), recorder).unwrap();
    // The program's ports can be connected once it processes, a moment after they are there.
    let connect = |from: &str, to: &str| {
        wait_for("a connection", || client.as_client().connect_ports_by_name(from, to).ok());
    };
    for (index, port) in ports.0.iter().enumerate() {
        connect(&format!("listener:out_{index}"), port);
    }
    for (index, port) in ports.1.iter().enumerate() {
        connect(port, &format!("listener:in_{index}"));
    }
    wait_for("the network", || separates.load(Ordering::Acquire).then_some(()));
    ready.store(true, Ordering::Release);
    let recorded = finished.recv_timeout(TIMEOUT).expect("the song was played");
    client.deactivate().unwrap();

    let loudest = recorded[0].iter().enumerate().max_by(|one, other| one.1.abs().total_cmp(&other.1.abs()));
    let delay = loudest.map_or(0, |(at, _)| at) - impulse;
    // What goes round through two clients may come back a period later.
    assert!([LATENCY, LATENCY + PERIOD].contains(&delay), "the song came back after {delay} samples");
    for at in 0..LENGTH - delay {
        for channel in 0..2 {
            let expected = song[channel][at];
            let main = recorded[channel][at + delay];
            assert!((main - expected).abs() < 1e-6, "sample {at}: main is {main}, not {expected}");
            let sum: f32 = (1..5).map(|bus| recorded[2 * bus + channel][at + delay]).sum();
            assert!((sum - expected).abs() < 1e-6, "sample {at}: the stems sum to {sum}, not {expected}");
        }
    }
    assert!(
        recorded[2..].iter().all(|channel| channel.iter().any(|&sample| sample != 0.0)),
        "a stem is silent"
    );

    // As `Ctrl-C` does.
    program.signal("INT");
    assert_eq!(program.end().code(), Some(0));
}
