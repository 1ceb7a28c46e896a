//! What the tests of the program have in common: processes that end with the test, and waiting for them.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Longest wait. Several of the server's own timeouts: it gives each client 20 s for a period, and a program that leaves in the
/// middle of one on a busy machine can cost it more than one.
pub const TIMEOUT: Duration = Duration::from_secs(180);

/// A process that ends with the test.
pub struct Running(pub Child);

impl Running {
    /// Sends a signal, as `INT`. By a shell, which has `kill` within: minimal systems lack the program of that name.
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.0.id());
        assert!(
            Command::new("sh").args(["-c", &kill]).status().is_ok_and(|status| status.success()),
            "{kill}"
        );
    }

    /// Stops it until it is told to go on. On a busy machine the signal alone leaves threads running for a while.
    pub fn stall(&self) {
        self.signal("STOP");
        let tasks = format!("/proc/{}/task", self.0.id());
        // The state is behind the name, which is in brackets.
        let stopped = |task: std::io::Result<std::fs::DirEntry>| {
            let stat = task.and_then(|task| std::fs::read_to_string(task.path().join("stat")));
            stat.is_ok_and(|stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T')))
        };
        wait_for("all threads to stop", || std::fs::read_dir(&tasks).unwrap().all(stopped).then_some(()));
    }

    /// Waits for its end.
    pub fn end(&mut self) -> ExitStatus {
        wait_for("a program's end", || self.0.try_wait().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(Some(_))) {
            return;
        }
        // Asked to end first: a server that is killed stays in JACK's registry, which has room for eight. One that has
        // stalled ends when it has given up its clients.
        self.signal("CONT");
        self.signal("TERM");
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(60) {
            if matches!(self.0.try_wait(), Ok(Some(_))) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until `find` finds something.
pub fn wait_for<T>(what: &str, mut find: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(start.elapsed() < TIMEOUT, "waited {TIMEOUT:?} for {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The program, told nothing yet. Without a display, and with a home folder of its own.
pub fn program(home: &Folder) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unbraid-standalone"));
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env("HOME", &home.0);
    command.env("XDG_DATA_HOME", home.0.join("data"));
    command
}

/// Starts the program under JACK, with what it says on stderr in the file `said`, and waits until it is `ready`. On a busy
/// machine a server may turn a client away, which ends the program; then it is started again.
pub fn program_under_jack(
    home: &Folder,
    server: &mut JackServer,
    said: &Path,
    mut ready: impl FnMut() -> bool,
) -> Running {
    wait_for("the program under JACK", || {
        server.revive();
        let mut command = program(home);
        command.args(["--backend", "jack"]).env("JACK_DEFAULT_SERVER", &server.name);
        let mut running = Running(command.stderr(File::create(said).unwrap()).spawn().unwrap());
        wait_for("the program's start", || {
            (ready() || running.0.try_wait().unwrap().is_some()).then_some(())
        });
        match running.0.try_wait().unwrap() {
            None => Some(running),
            Some(status) => {
                let said = std::fs::read_to_string(said).unwrap();
                let turned_away = ["initialize the JACK backend", "activate the JACK client"];
                assert!(turned_away.iter().any(|what| said.contains(what)), "{status}: {said}");
                None
            }
        }
    })
}

/// A folder that goes with the test.
pub struct Folder(pub PathBuf);

impl Folder {
    /// An empty folder for the test called `name`.
    pub fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("unbraid-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Options of a server that waits 20 s for each client in every period, and so loses nothing on a busy machine. (Whoever
/// leaves it may wait for ten times that, if jackd's threads miss one another: in a debugger, `JackEngine::ClientDeactivate`.)
pub const PATIENT: &[&str] = &["--sync", "--timeout", "20000"];
/// Options of a server as people start it, which goes on without a client that is late.
pub const USUAL: &[&str] = &[];

/// A JACK server of our own.
pub struct JackServer {
    /// The server's process.
    pub running: Running,
    /// The server's name.
    pub name: String,
    rate: usize,
    period: usize,
    options: &'static [&'static str],
}

impl JackServer {
    /// Starts a server for the test called `test`, with these options.
    pub fn start(test: &str, rate: usize, period: usize, options: &'static [&'static str]) -> Self {
        let name = format!("unbraid-{test}-{}", std::process::id());
        Self { running: Self::run(&name, rate, period, options), name, rate, period, options }
    }

    fn run(name: &str, rate: usize, period: usize, options: &[&str]) -> Running {
        let child = Command::new("jackd")
            .args(["--name", name, "--no-realtime"])
            .args(options)
            .args(["-d", "dummy"])
            .args(["--rate", &rate.to_string(), "--period", &period.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("jackd is missing: apt-get install jackd2, or run all tests by `cargo xtask test`");
        Running(child)
    }

    /// Starts it again if it has ended by itself, as one of several that start at the same time may.
    pub fn revive(&mut self) {
        if self.running.0.try_wait().unwrap().is_some() {
            self.running = Self::run(&self.name, self.rate, self.period, self.options);
        }
    }
}

/// One thread more than there are cores, each busy for ever: until dropped.
pub struct BusyLoops {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl BusyLoops {
    /// Starts them.
    pub fn start() -> Self {
        let stop = Arc::<AtomicBool>::default();
        let threads = (0..thread::available_parallelism().map_or(1, usize::from) + 1).map(|_| {
            let stop = stop.clone();
            thread::spawn(move || while !stop.load(Ordering::Relaxed) {})
        });
        Self { threads: threads.collect(), stop }
    }
}

impl Drop for BusyLoops {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.drain(..).for_each(|thread| thread.join().unwrap());
    }
}
