//! The thread that moves levels, mutes and solos: a song's mix, and MIDI controls, which it learns.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::console::Console;
use super::midi::{Bindings, Message};
use super::mix::Mix;
use super::target::{PARAMETERS, Target};
use crate::files;

/// How often messages are looked for.
const INTERVAL: Duration = Duration::from_millis(5);

/// How often changes are kept.
const KEEPING: Duration = Duration::from_millis(500);

/// Smallest move of a parameter that says that it is meant.
const MOVED: f32 = 1e-3;

/// Learning of a control, as the window sees it. Not for the audio thread.
#[derive(Default)]
pub struct Learning(Mutex<State>);

#[derive(Default)]
struct State {
    active: bool,
    target: Option<Target>,
    /// What is waited for, for people.
    line: String,
    error: Option<String>,
}

impl Learning {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts to learn, or stops.
    pub fn set(&self, active: bool) {
        let mut state = self.state();
        state.active = active;
        state.target = None;
        state.line = "MIDI: move a level, mute or solo in the window".into();
    }

    /// What is waited for, while something is learned.
    pub fn line(&self) -> Option<String> {
        let state = self.state();
        state.active.then(|| state.line.clone())
    }

    /// Leaves one line for people.
    pub fn report(&self, error: String) {
        self.state().error = Some(error);
    }

    /// What went wrong since the last call.
    pub fn take_error(&self) -> Option<String> {
        self.state().error.take()
    }
}

/// Moves the parameters of a console, by a song's mix and by MIDI controls.
pub struct Worker {
    console: Console,
    desk: Desk,
}

impl Worker {
    /// Serves `console`. What is learned is kept in `file`.
    pub fn new(console: Console, file: Option<PathBuf>) -> Self {
        let desk = Desk { values: values(&console), bindings: Bindings::default(), file };
        Self { console, desk }
    }

    /// Recalls the mixes that come, moves what MIDI controls move, and learns them, until `learning` is gone. `keep` is
    /// called twice a second, with `true` once the last mix has settled.
    pub fn run(mut self, mixes: &Receiver<Option<Mix>>, learning: &Weak<Learning>, keep: impl Fn(bool)) {
        if let Some(learning) = learning.upgrade() {
            self.desk.load(&learning);
        }
        let (mut kept, mut settling) = (Instant::now(), false);
        loop {
            match mixes.recv_timeout(INTERVAL) {
                Ok(mix) => {
                    if let Some(mix) = mix {
                        self.console.recall(&mix);
                    }
                    (kept, settling) = (Instant::now(), true);
                }
                Err(RecvTimeoutError::Timeout) => (),
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let Some(learning) = learning.upgrade() else { return };
            self.desk.learn_target(&self.console, &learning);
            while let Some(message) = self.console.message() {
                self.desk.receive(message, &mut self.console, &learning);
            }
            if kept.elapsed() >= KEEPING && self.console.is_settled() {
                keep(std::mem::take(&mut settling));
                kept = Instant::now();
            }
        }
    }
}

fn values(console: &Console) -> [f32; PARAMETERS] {
    let mut values = [0.0; PARAMETERS];
    for (value, target) in values.iter_mut().zip(Target::all()) {
        *value = target.value(console.params());
    }
    values
}

struct Desk {
    /// Values of the parameters when they were looked at last.
    values: [f32; PARAMETERS],
    bindings: Bindings,
    file: Option<PathBuf>,
}

impl Desk {
    /// Reads what was learned before.
    fn load(&mut self, learning: &Learning) {
        let Some(file) = &self.file else { return };
        match files::read(file) {
            Ok(bindings) => self.bindings = bindings.unwrap_or_default(),
            Err(error) => learning.report(error),
        }
    }

    /// While a control is learned, the parameter that was moved last is the one it is learned for.
    fn learn_target(&mut self, console: &Console, learning: &Learning) {
        let values = values(console);
        let mut state = learning.state();
        if state.active {
            let moved = Target::all().zip(self.values.iter().zip(&values));
            if let Some((target, _)) = moved.into_iter().find(|(_, (old, new))| (*old - *new).abs() > MOVED) {
                state.target = Some(target);
                state.line = format!(
                    "MIDI: now move the control for {} on your device",
                    target.name(console.params())
                );
            }
        }
        self.values = values;
    }

    fn receive(&mut self, message: Message, console: &mut Console, learning: &Learning) {
        let mut state = learning.state();
        if state.active {
            let Some(target) = state.target else { return };
            match self.bindings.bind(message.control, target) {
                Ok(()) => {
                    state.active = false;
                    let write = self.file.as_ref().map_or(Ok(()), |file| files::write(file, &self.bindings));
                    state.error = write.err();
                }
                Err(error) => state.error = Some(error),
            }
            return;
        }
        drop(state);
        let values = &self.values;
        let value = |target: Target| values[target.index()];
        if let Some((target, value)) = self.bindings.change(message, value) {
            console.set(target, value);
            // A key that is struck again before the audio thread has run switches back.
            self.values[target.index()] = value;
        }
    }
}
