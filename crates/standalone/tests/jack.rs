//! The program under JACK's dummy driver: twelve named ports, and the sound that comes out of them.
#![cfg(target_os = "linux")]

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use jack::{AudioIn, AudioOut, Client, ClientOptions, Control, Port, PortFlags, ProcessScope};

const RATE: usize = 44_100;
const PERIOD: usize = 256;
const LENGTH: usize = 2 * RATE;
/// Studio's latency with periods shorter than half a hop: window and spread.
const LATENCY: usize = 4096 + 1024;

/// A program that ends with the test.
struct Running(Child);

impl Running {
    /// Whether the signal could be sent. By a shell, which has `kill` within: minimal systems lack the program of that name.
    fn signal(&self, name: &str) -> bool {
        let kill = format!("kill -{name} {}", self.0.id());
        Command::new("sh").args(["-c", &kill]).status().is_ok_and(|status| status.success())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Asked to end first: a server that is killed stays in JACK's registry, which has room for eight.
        self.signal("TERM");
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(5) {
            if matches!(self.0.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Longest wait. Several of the server's own timeouts: it gives each client 20 s for a period, and a program that leaves in the
/// middle of one on a busy machine can cost it more than one.
const PATIENCE: Duration = Duration::from_secs(180);

/// Waits until `found` finds something.
fn wait_for<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited {PATIENCE:?} for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A JACK server of our own, which waits for every client and so loses nothing on a busy machine.
fn server() -> Running {
    let name = format!("unbraid-test-{}", std::process::id());
    // SAFETY: this test is alone in its process and no thread has been started yet.
    unsafe { std::env::set_var("JACK_DEFAULT_SERVER", &name) };
    let child = Command::new("jackd")
        .args(["--name", &name, "--no-realtime", "--sync", "--timeout", "20000", "-d", "dummy"])
        .args(["--rate", &RATE.to_string(), "--period", &PERIOD.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("jackd is missing: apt-get install jackd2, or run all tests by `cargo xtask test`");
    Running(child)
}

fn program() -> Running {
    let child = Command::new(env!("CARGO_BIN_EXE_unbraid-standalone"))
        .args(["--backend", "jack"])
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .spawn()
        .expect("the program starts");
    Running(child)
}

/// What the test's client plays and hears.
struct Recorder {
    song: Vec<Vec<f32>>,
    heard: Vec<Vec<f32>>,
    outputs: Vec<Port<AudioOut>>,
    inputs: Vec<Port<AudioIn>>,
    at: usize,
    /// Everything is connected: the song may begin.
    ready: Arc<AtomicBool>,
    done: Option<mpsc::Sender<Vec<Vec<f32>>>>,
}

impl jack::ProcessHandler for Recorder {
    fn process(&mut self, _client: &Client, scope: &ProcessScope) -> Control {
        if !self.ready.load(Ordering::Acquire) {
            self.outputs.iter_mut().for_each(|port| port.as_mut_slice(scope).fill(0.0));
            return Control::Continue;
        }
        let at = self.at;
        let frames = scope.n_frames() as usize;
        for (port, song) in self.outputs.iter_mut().zip(&self.song) {
            for (offset, sample) in port.as_mut_slice(scope).iter_mut().enumerate() {
                *sample = song.get(at + offset).copied().unwrap_or(0.0);
            }
        }
        for (port, heard) in self.inputs.iter().zip(&mut self.heard) {
            heard.extend_from_slice(port.as_slice(scope));
        }
        self.at = at + frames;
        if at + frames >= LENGTH
            && let Some(done) = self.done.take()
        {
            let _ = done.send(std::mem::take(&mut self.heard));
        }
        Control::Continue
    }
}

/// Quiet noise with one loud sample in it.
fn song(impulse: usize) -> Vec<Vec<f32>> {
    let mut state = 1u32;
    (0..2)
        .map(|_| {
            let mut channel: Vec<f32> = (0..LENGTH)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    0.5 * ((state >> 8) as f32 / 8_388_608.0 - 1.0)
                })
                .collect();
            channel[impulse] = 1.0;
            channel
        })
        .collect()
}

#[test]
fn it_has_twelve_named_ports_and_separates() {
    let _server = server();
    let client = wait_for("the JACK server", || {
        Client::new("listener", ClientOptions::NO_START_SERVER).ok().map(|(client, _)| client)
    });
    assert_eq!((client.sample_rate() as usize, client.buffer_size() as usize), (RATE, PERIOD));

    let mut program = program();
    let ports = wait_for("the program's ports", || {
        if let Ok(Some(status)) = program.0.try_wait() {
            panic!("the program ended at once: {status}");
        }
        let ports = |flags| client.ports(Some("^unbraid:"), None, flags);
        let (inputs, outputs) = (ports(PortFlags::IS_INPUT), ports(PortFlags::IS_OUTPUT));
        (outputs.len() >= 10).then_some((inputs, outputs))
    });
    let pair = |name: &str| [1, 2].map(|channel| format!("unbraid:{name}_{channel}"));
    assert_eq!(ports.0, pair("input"));
    assert_eq!(ports.1, ["output", "vocals", "drums", "bass", "other"].map(pair).concat());

    let outputs: Vec<_> =
        (0..2).map(|at| client.register_port(&format!("out_{at}"), AudioOut::default()).unwrap()).collect();
    let inputs: Vec<_> =
        (0..10).map(|at| client.register_port(&format!("in_{at}"), AudioIn::default()).unwrap()).collect();
    let impulse = 40_000;
    let song = song(impulse);
    let (done, finished) = mpsc::channel();
    let ready = Arc::new(AtomicBool::new(false));
    let recorder = Recorder {
        song: song.clone(),
        heard: (0..10).map(|_| Vec::with_capacity(LENGTH + PERIOD)).collect(),
        outputs,
        inputs,
        at: 0,
        ready: ready.clone(),
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
    ready.store(true, Ordering::Release);
    let heard = finished.recv_timeout(Duration::from_secs(60)).expect("the song was played");
    client.deactivate().unwrap();

    let loudest = heard[0].iter().enumerate().max_by(|one, other| one.1.abs().total_cmp(&other.1.abs()));
    let delay = loudest.map_or(0, |(at, _)| at) - impulse;
    // What goes round through two clients may come back a period later.
    assert!([LATENCY, LATENCY + PERIOD].contains(&delay), "the song came back after {delay} samples");
    for at in 0..LENGTH - delay {
        for channel in 0..2 {
            let wanted = song[channel][at];
            let main = heard[channel][at + delay];
            assert!((main - wanted).abs() < 1e-6, "sample {at}: main is {main}, not {wanted}");
            let sum: f32 = (1..5).map(|bus| heard[2 * bus + channel][at + delay]).sum();
            assert!((sum - wanted).abs() < 1e-6, "sample {at}: the stems sum to {sum}, not {wanted}");
        }
    }
    assert!(heard[2..].iter().all(|channel| channel.iter().any(|&sample| sample != 0.0)), "a stem is silent");

    // As `Ctrl-C` does.
    assert!(program.signal("INT"));
    let status = wait_for("the program's end", || program.0.try_wait().unwrap());
    // It ends in its own time. (The framework then reports the window that it could not open without a display.)
    assert!(status.code().is_some(), "{status}");
}
