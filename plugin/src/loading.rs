//! A network on its way: prepared on a thread of its own, so that a host waits for it no longer than it may.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use unbraid_engine::prepare::NetworkPlan;
use unbraid_engine::realtime::{NetworkSlot, Separator};

/// A prepared network with one stream through it, or the one line that says why there is none.
pub type Loaded = Result<(Arc<NetworkPlan>, Box<dyn Separator>), String>;

/// What is done with a line for people when a network that somebody waits for cannot be had.
type Report = Box<dyn FnOnce(String) + Send>;

enum State {
    Preparing,
    Ready(Loaded),
    /// An engine runs without it already.
    Awaited(Arc<NetworkSlot>, Report),
    Gone,
}

struct PluginShared {
    state: Mutex<State>,
    ready: Condvar,
    plan: Mutex<Option<Arc<NetworkPlan>>>,
}

/// The thread that prepares one network. Dropping it waits for that thread, which must not outlive the plug-in's code.
pub struct Loading {
    shared: Arc<PluginShared>,
    thread: Option<JoinHandle<()>>,
}

impl Loading {
    /// Starts `load` on a thread of its own.
    pub fn start(load: impl FnOnce() -> Loaded + Send + 'static) -> Self {
        let shared = Arc::new(PluginShared {
            state: Mutex::new(State::Preparing),
            ready: Condvar::new(),
            plan: Mutex::new(None),
        });
        let worker = shared.clone();
        let thread = thread::spawn(move || worker.finish(load()));
        Self { shared, thread: Some(thread) }
    }

    /// Waits for the network, for `timeout` at most; with none, as long as it takes. Takes it out: asked again, there
    /// is nothing. Not for the audio thread.
    pub fn wait(&self, timeout: Option<Duration>) -> Option<Loaded> {
        let preparing = |state: &mut State| matches!(state, State::Preparing);
        let state = lock(&self.shared.state);
        let mut state = match timeout {
            None => self.shared.ready.wait_while(state, preparing).unwrap_or_else(PoisonError::into_inner),
            Some(timeout) => {
                let waited = self.shared.ready.wait_timeout_while(state, timeout, preparing);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        match std::mem::replace(&mut *state, State::Gone) {
            State::Ready(loaded) => Some(loaded),
            other => {
                *state = other;
                None
            }
        }
    }

    /// Lets the network go through `door` as soon as it is there. If it cannot be had, `report_problem` is told why, and the
    /// engine goes on without. Not for the audio thread.
    pub fn send_through(&self, door: Arc<NetworkSlot>, report_problem: impl FnOnce(String) + Send + 'static) {
        let mut state = lock(&self.shared.state);
        let report_problem: Report = Box::new(report_problem);
        match std::mem::replace(&mut *state, State::Gone) {
            State::Ready(loaded) => deliver(loaded, &door, report_problem),
            State::Preparing => *state = State::Awaited(door, report_problem),
            other => *state = other,
        }
    }

    /// The network's plan, once it is there.
    pub fn plan(&self) -> Option<Arc<NetworkPlan>> {
        lock(&self.shared.plan).clone()
    }
}

impl Drop for Loading {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            // A panic in there has been reported by the panic hook; the engine goes on without a network.
            let _ = thread.join();
        }
    }
}

impl PluginShared {
    fn finish(&self, loaded: Loaded) {
        *lock(&self.plan) = loaded.as_ref().ok().map(|(plan, _)| plan.clone());
        let mut state = lock(&self.state);
        match std::mem::replace(&mut *state, State::Gone) {
            State::Awaited(door, report_problem) => deliver(loaded, &door, report_problem),
            _ => {
                *state = State::Ready(loaded);
                self.ready.notify_all();
            }
        }
    }
}

fn deliver(loaded: Loaded, door: &NetworkSlot, report_problem: Report) {
    match loaded {
        Ok((_, separator)) => {
            if door.deliver(separator).is_err() {
                report_problem(
                    "the network changed while it was loaded: restart the plug-in to use it".into(),
                );
            }
        }
        Err(reason) => report_problem(reason),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use unbraid_engine::realtime::Engine;

    use super::*;
    use crate::mode::Mode;
    use crate::networks;

    fn studio() -> Loaded {
        let plan = networks::built_in(Mode::Studio)?;
        let network = plan.instance().map_err(|fault| fault.to_string())?;
        Ok((plan, Box::new(network)))
    }

    /// A load that does not end before it is told to.
    fn held(load: impl FnOnce() -> Loaded + Send + 'static) -> (Loading, mpsc::Sender<()>) {
        let (go, held) = mpsc::channel();
        (
            Loading::start(move || {
                let _ = held.recv();
                load()
            }),
            go,
        )
    }

    #[test]
    fn patience_ends_and_the_network_comes_through_the_door() {
        let (loading, go) = held(studio);
        assert!(loading.wait(Some(Duration::from_millis(10))).is_none(), "it cannot be there yet");
        let contract = networks::built_in(Mode::Studio).unwrap().contract().clone();
        let (mut engine, door) = Engine::awaiting(&contract, 44_100.0, 512).unwrap();
        loading.send_through(door, |reason| panic!("{reason}"));
        assert!(loading.plan().is_none());
        go.send(()).unwrap();
        drop(loading);
        let [mut left, mut right] = [const { [0.0; 512] }; 2];
        for _ in 0..contract.hop.div_ceil(512) {
            engine.process([&mut left, &mut right], [const { None }; 4]);
        }
        assert!(!engine.health().waiting_for_network);
    }

    #[test]
    fn who_waits_long_enough_has_it_at_once() {
        let loading = Loading::start(studio);
        let (plan, _) = loading.wait(None).expect("ready").unwrap();
        assert!(Arc::ptr_eq(&plan, &loading.plan().unwrap()));
        assert!(loading.wait(None).is_none(), "it was taken");
    }

    #[test]
    fn a_network_that_cannot_be_had_is_complained_about() {
        let (loading, go) = held(|| Err("mine.onnx: broken".into()));
        assert!(loading.wait(Some(Duration::ZERO)).is_none());
        let contract = networks::built_in(Mode::Studio).unwrap().contract().clone();
        let (engine, door) = Engine::awaiting(&contract, 44_100.0, 512).unwrap();
        let (tell, told) = mpsc::channel();
        loading.send_through(door, move |reason| tell.send(reason).unwrap());
        go.send(()).unwrap();
        assert_eq!(told.recv().unwrap(), "mine.onnx: broken");
        assert!(engine.health().waiting_for_network);
    }
}
