//! One instance as the main thread and the window share it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use unbraid_engine::SetupError;
use unbraid_engine::network::NetworkPlan;

use crate::display::Display;
use crate::loading::{LoadedNetwork, Loading};
use crate::mode::Mode;
use crate::networks::{self, NetworkError};
use crate::params::UnbraidParams;
use crate::player::Player;
use crate::processor::{HostConfig, Parts, Processor, Selection};
use crate::recorder::Recorder;
use crate::status::Status;

/// Parameters, status and display of one instance, for the host's main thread and the window. (The audio thread has the
/// [`Processor`], with ends of its own of all three.) Cloning gives another handle on the same.
#[derive(Clone)]
pub struct Instance {
    /// The parameters, and what else is remembered with the project.
    pub params: Arc<UnbraidParams>,
    /// Numbers and messages that the window shows.
    pub status: Arc<Status>,
    /// Spectrogram and levels.
    pub display: Arc<Display>,
    /// A file player, in a program that has one.
    pub player: Option<Arc<dyn Player>>,
    /// Recording of the stems.
    pub recorder: Arc<Recorder>,
}

impl Default for Instance {
    fn default() -> Self {
        let status = Arc::<Status>::default();
        Self {
            params: Arc::default(),
            recorder: Arc::new(Recorder::new(status.clone())),
            status,
            display: Arc::default(),
            player: None,
        }
    }
}

/// Why an instance cannot be activated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ActivationError {
    /// The host's configuration cannot be used.
    #[error(transparent)]
    Host(#[from] SetupError),
    /// Not even the built-in network can be used.
    #[error(transparent)]
    Network(#[from] NetworkError),
}

impl Instance {
    /// The mode and networks that are to run.
    pub fn selection(&self) -> Selection {
        Selection::of(&self.params)
    }

    /// Makes a processor for the selection, for audio at `sample_rate` Hz in blocks of at most `max_block` samples. Waits
    /// until the network is ready, so that an offline host has it from the first block on.
    ///
    /// Hosts activate up to six times while a project loads, so what can be kept of `previous` is: all of it if nothing
    /// changed, else its network. A file of the user's own that cannot be used is reported in the status, and the built-in
    /// network runs.
    ///
    /// # Errors
    /// [`ActivationError`] if the built-in network or the host's configuration cannot be used.
    pub fn prepare(
        &self,
        previous: Option<Processor>,
        sample_rate: f32,
        max_block: u32,
    ) -> Result<Processor, ActivationError> {
        self.prepare_within(None, previous, sample_rate, max_block)
    }

    /// As [`Instance::prepare`], but waits for a network that is not ready for `timeout` at most, if any. The processor
    /// then passes through until the network is ready.
    ///
    /// # Errors
    /// As [`Instance::prepare`].
    pub fn prepare_within(
        &self,
        timeout: Option<Duration>,
        previous: Option<Processor>,
        sample_rate: f32,
        max_block: u32,
    ) -> Result<Processor, ActivationError> {
        let selection = self.selection();
        let host = HostConfig { sample_rate, max_block };
        let file = self.params.networks.file(selection.mode);
        if let Some(plan) = networks::ready(selection.mode, file.as_deref()) {
            self.status.prepared(plan.contract(), file.as_deref());
            return self.with_plan(plan, previous, selection, host);
        }
        match previous {
            Some(previous) if previous.is_loading(selection, host) => Ok(previous),
            _ => self.load(timeout, file, selection, host),
        }
    }

    /// A processor with a network of `plan`: the previous one, or with its network, or with a new one.
    fn with_plan(
        &self,
        plan: Arc<NetworkPlan>,
        previous: Option<Processor>,
        selection: Selection,
        host: HostConfig,
    ) -> Result<Processor, ActivationError> {
        let stream = match previous.filter(|previous| previous.has_network_of(&plan)) {
            Some(previous) if previous.host() == host => return Ok(previous.for_selection(selection)),
            Some(previous) => previous.into_network(),
            None => None,
        };
        let network = match stream {
            Some(stream) => LoadedNetwork { plan, stream },
            None => instantiate(plan)?,
        };
        self.with_network(network, selection, host)
    }

    fn with_network(
        &self,
        network: LoadedNetwork,
        selection: Selection,
        host: HostConfig,
    ) -> Result<Processor, ActivationError> {
        let mut processor = Processor::new(network.plan.contract(), selection, host, &self.parts())?;
        match processor.publish(network) {
            Loading::OtherContract(_) => Err(NetworkError::Replaced.into()),
            Loading::Published | Loading::Continues => Ok(processor),
        }
    }

    /// A processor whose network is being loaded.
    fn load(
        &self,
        timeout: Option<Duration>,
        file: Option<PathBuf>,
        selection: Selection,
        host: HostConfig,
    ) -> Result<Processor, ActivationError> {
        // A file without a contract is reported, and replaced by the built-in network, when it is loaded.
        let contract = networks::contract(selection.mode, file.as_deref())
            .or_else(|_| networks::contract(selection.mode, None))?;
        let mut processor = Processor::new(&contract, selection, host, &self.parts())?;
        let status = self.status.clone();
        let load = move || instantiate(own_or_built_in(&status, selection.mode, file.as_deref())?);
        let status = self.status.clone();
        let report = move |error| status.report_problem(format!("{error}. You hear the dry signal."));
        match processor.load(timeout, load, report)? {
            Loading::Published | Loading::Continues => Ok(processor),
            // The built-in network in the place of a file that has a contract and cannot be used.
            Loading::OtherContract(network) => self.with_network(network, selection, host),
        }
    }

    fn parts(&self) -> Parts<'_> {
        Parts { params: &self.params, status: &self.status, display: &self.display, recorder: &self.recorder }
    }
}

fn instantiate(plan: Arc<NetworkPlan>) -> Result<LoadedNetwork, NetworkError> {
    let stream = Box::new(plan.instance()?);
    Ok(LoadedNetwork { plan, stream })
}

/// Prepares the network for `mode` from the user's own `file`, if there is one and it can be used, or else the built-in
/// one, and notes in the status which it is.
fn own_or_built_in(status: &Status, mode: Mode, file: Option<&Path>) -> networks::Prepared {
    let own = file.and_then(|path| match networks::from_file(path) {
        Ok(plan) => Some((plan, Some(path))),
        Err(error) => {
            status.report_problem(format!("{error}. The built-in network runs instead."));
            None
        }
    });
    let (plan, file) = match own {
        Some(own) => own,
        None => (networks::built_in(mode)?, None),
    };
    status.prepared(plan.contract(), file);
    Ok(plan)
}
