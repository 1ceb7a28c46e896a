//! The supply of an engine's network: at once, or from a thread that prepares it, so that a host waits no longer than it
//! may.

use std::sync::mpsc::{self, RecvTimeoutError, SendError};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use unbraid_engine::engine::NetworkSlot;
use unbraid_engine::network::{NetworkPlan, Separator};

use crate::networks::NetworkError;

/// A prepared network: its plan and one stream through it.
pub struct LoadedNetwork {
    /// The plan.
    pub plan: Arc<NetworkPlan>,
    /// The stream.
    pub stream: Box<dyn Separator>,
}

/// What came of loading a network.
pub enum Loading {
    /// It is in the engine's slot.
    Published,
    /// It goes on beside the engine, which passes through meanwhile.
    Continues,
    /// The network has another contract than the engine.
    OtherContract(LoadedNetwork),
}

/// One engine's slot and the way its network gets there. Dropping it waits for a thread that still loads, which must not
/// outlive the plug-in's code. Not for the audio thread.
pub struct NetworkSupply {
    published: Published,
    thread: Option<JoinHandle<()>>,
}

/// The slot, and the plan of the network that was published into it.
#[derive(Clone)]
struct Published {
    slot: NetworkSlot,
    plan: Arc<OnceLock<Arc<NetworkPlan>>>,
}

impl Published {
    fn publish(&self, network: LoadedNetwork) -> Loading {
        let LoadedNetwork { plan, stream } = network;
        match self.slot.publish(stream) {
            Ok(()) => {
                // One network a supply, so that nothing was here before.
                let _ = self.plan.set(plan);
                Loading::Published
            }
            Err(stream) => Loading::OtherContract(LoadedNetwork { plan, stream }),
        }
    }
}

impl NetworkSupply {
    /// The supply of one network into `slot`.
    pub fn new(slot: NetworkSlot) -> Self {
        Self { published: Published { slot, plan: Arc::default() }, thread: None }
    }

    /// The plan of the network that was published.
    pub fn plan(&self) -> Option<&Arc<NetworkPlan>> {
        self.published.plan.get()
    }

    /// A thread still loads.
    pub fn is_loading(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Publishes a network that is ready.
    pub fn publish(&mut self, network: LoadedNetwork) -> Loading {
        self.published.publish(network)
    }

    /// Runs `load` on a thread of its own, which publishes the network, and waits for `timeout` at most; with none, as
    /// long as it takes. An error that comes later goes to `report`.
    ///
    /// # Errors
    /// The error of `load` within the timeout, or [`NetworkError::Interrupted`].
    pub fn load(
        &mut self,
        timeout: Option<Duration>,
        load: impl FnOnce() -> Result<LoadedNetwork, NetworkError> + Send + 'static,
        report: impl FnOnce(NetworkError) + Send + 'static,
    ) -> Result<Loading, NetworkError> {
        // Without a buffer, so that the thread knows whether its outcome was received.
        let (sender, receiver) = mpsc::sync_channel(0);
        let published = self.published.clone();
        let work = move || {
            let outcome = load().map(|network| published.publish(network));
            match sender.send(outcome) {
                Err(SendError(Err(error))) => report(error),
                Err(SendError(Ok(Loading::OtherContract(_)))) => report(NetworkError::Replaced),
                _ => {}
            }
        };
        let thread = thread::Builder::new().name("unbraid-network".into()).spawn(work);
        self.thread = Some(thread.map_err(|_| NetworkError::Interrupted)?);
        let received = match timeout {
            None => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(timeout) => receiver.recv_timeout(timeout),
        };
        match received {
            Ok(outcome) => outcome,
            Err(RecvTimeoutError::Timeout) => Ok(Loading::Continues),
            Err(RecvTimeoutError::Disconnected) => Err(NetworkError::Interrupted),
        }
    }
}

impl Drop for NetworkSupply {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            // A panic in there has been reported by the panic hook; the engine goes on without a network.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use unbraid_engine::engine::Engine;
    use unbraid_engine::network::Contract;

    use super::*;
    use crate::mode::Mode;
    use crate::networks;

    fn studio() -> Result<LoadedNetwork, NetworkError> {
        let plan = networks::built_in(Mode::Studio)?;
        let stream = Box::new(plan.instance()?);
        Ok(LoadedNetwork { plan, stream })
    }

    fn contract() -> Contract {
        networks::contract(Mode::Studio, None).unwrap()
    }

    fn engine(contract: &Contract) -> (Engine, NetworkSupply) {
        let engine = Engine::new(contract, 44_100.0, 512).unwrap();
        let supply = NetworkSupply::new(engine.network_slot());
        (engine, supply)
    }

    /// Whether the engine still passes through after the next frame.
    fn waits(mut engine: Engine) -> bool {
        let [mut left, mut right] = [const { [0.0; 4096] }; 2];
        engine.process([&mut left, &mut right], [const { None }; 4]);
        engine.health().waiting_for_network
    }

    /// A load that does not end before it is told to.
    fn held<T>(load: impl FnOnce() -> T + Send + 'static) -> (impl FnOnce() -> T + Send, mpsc::Sender<()>) {
        let (go, held) = mpsc::channel();
        let load = move || {
            let _ = held.recv();
            load()
        };
        (load, go)
    }

    fn unreported(error: NetworkError) {
        panic!("{error}");
    }

    #[test]
    fn after_the_timeout_the_network_is_published_into_the_running_engine() {
        let (engine, mut supply) = engine(&contract());
        let (load, go) = held(studio);
        let loading = supply.load(Some(Duration::from_millis(10)), load, unreported);
        assert!(matches!(loading, Ok(Loading::Continues)), "it cannot be there yet");
        assert!(supply.is_loading() && supply.plan().is_none());
        go.send(()).unwrap();
        drop(supply);
        assert!(!waits(engine));
    }

    #[test]
    fn without_a_timeout_the_network_is_there_at_once() {
        let (engine, mut supply) = engine(&contract());
        assert!(matches!(supply.load(None, studio, unreported), Ok(Loading::Published)));
        assert!(Arc::ptr_eq(supply.plan().unwrap(), &networks::built_in(Mode::Studio).unwrap()));
        assert!(!waits(engine));
    }

    #[test]
    fn an_error_is_given_back_in_time_and_reported_later() {
        let (engine, mut supply) = engine(&contract());
        let fails = || Err(NetworkError::Replaced);
        assert_eq!(supply.load(None, fails, unreported).err(), Some(NetworkError::Replaced));
        let (load, go) = held(fails);
        let (tell, told) = mpsc::channel();
        let loading = supply.load(Some(Duration::ZERO), load, move |error| tell.send(error).unwrap());
        assert!(matches!(loading, Ok(Loading::Continues)));
        go.send(()).unwrap();
        assert_eq!(told.recv().unwrap(), NetworkError::Replaced);
        drop(supply);
        assert!(waits(engine));
    }

    #[test]
    fn a_load_that_panics_is_an_error() {
        let (_engine, mut supply) = engine(&contract());
        let panics = || std::panic::resume_unwind(Box::new(()));
        assert_eq!(supply.load(None, panics, unreported).err(), Some(NetworkError::Interrupted));
    }

    #[test]
    fn a_network_of_another_contract_is_given_back_in_time_and_reported_later() {
        let other = Contract { name: "Other".into(), ..contract() };
        let (_engine, mut supply) = engine(&other);
        let loading = supply.load(None, studio, unreported);
        assert!(
            matches!(loading, Ok(Loading::OtherContract(network)) if network.plan.contract() == &contract())
        );
        let (load, go) = held(studio);
        let (tell, told) = mpsc::channel();
        assert!(supply.load(Some(Duration::ZERO), load, move |error| tell.send(error).unwrap()).is_ok());
        go.send(()).unwrap();
        assert_eq!(told.recv().unwrap(), NetworkError::Replaced);
    }
}
