//! One instance as its threads share it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use unbraid_engine::prepare::NetworkPlan;

use crate::display::Display;
use crate::loading::Loading;
use crate::mode::Mode;
use crate::networks;
use crate::params::UnbraidParams;
use crate::player::Player;
use crate::processor::{Host, Processor, Selection};
use crate::status::Status;

/// What the audio thread, the host's main thread and the window of one instance have in common. Cloning it is cheap and
/// gives another handle on the same.
#[derive(Clone, Default)]
pub struct Instance {
    /// The parameters, and what else is remembered with the project.
    pub params: Arc<UnbraidParams>,
    /// Numbers that the window shows.
    pub status: Arc<Status>,
    /// Picture and levels.
    pub display: Arc<Display>,
    /// A file player, in a program that has one.
    pub player: Option<Arc<dyn Player>>,
}

impl Instance {
    /// What is to run: the mode that is chosen and can be had, and the networks. The audio thread may call it.
    pub fn selection(&self) -> Selection {
        let networks = &self.params.networks;
        Selection { mode: networks.available(self.params.mode.value()), networks: networks.generation() }
    }

    /// Makes a processor for what is chosen, for audio at `sample_rate` Hz in blocks of at most `max_block` samples.
    ///
    /// Hosts activate up to six times while a project loads, so what can be kept of `previous` is: all of it if nothing
    /// changed, else its network. Blocks until the network is ready, so that an offline host hears it from the first
    /// block on. A file of the user's own that cannot be used is reported in the status, and the built-in network runs.
    ///
    /// # Errors
    /// One line for people if the built-in network or the host's settings cannot be used.
    pub fn prepare(
        &self,
        previous: Option<Processor>,
        sample_rate: f32,
        max_block: u32,
    ) -> Result<Processor, String> {
        self.prepare_within(None, previous, sample_rate, max_block)
    }

    /// As [`Instance::prepare`], but waits for a network that is not ready no longer than `timeout`, if any. The
    /// processor then begins with the dry signal, and the network comes to it when it is ready.
    ///
    /// # Errors
    /// As [`Instance::prepare`].
    pub fn prepare_within(
        &self,
        timeout: Option<Duration>,
        previous: Option<Processor>,
        sample_rate: f32,
        max_block: u32,
    ) -> Result<Processor, String> {
        let selection = self.selection();
        let file = self.params.networks.file(selection.mode);
        let host = Host { sample_rate, max_block };
        if let Some(plan) = networks::ready(selection.mode, file.as_deref()) {
            self.status.prepared(plan.contract(), file.as_deref());
            return Processor::prepare(previous, selection, &plan, host, &self.display);
        }
        if let Some(previous) = previous {
            if previous.is_loading(selection, host) {
                return Ok(previous);
            }
            // Only now, off the audio thread, and because its network is of no more use.
            drop(previous);
        }
        let loading = {
            let (instance, file) = (self.clone(), file.clone());
            Loading::start(move || {
                let plan = instance.network(selection.mode, file.as_deref())?;
                let network = plan.instance().map_err(|fault| fault.to_string())?;
                Ok((plan, Box::new(network)))
            })
        };
        if let Some(loaded) = loading.wait(timeout) {
            let (plan, network) = loaded?;
            return Processor::new(network, plan, selection, host, &self.display);
        }
        // A file that does not even say what it is will be complained about, and replaced, when the loading gets there.
        let contract = networks::contract(selection.mode, file.as_deref())
            .or_else(|_| networks::contract(selection.mode, None))?;
        let status = self.status.clone();
        let report_problem =
            move |reason| status.report_problem(format!("{reason}. You hear the dry signal."));
        Processor::loading_network(loading, &contract, report_problem, selection, host, &self.display)
    }

    /// Prepares the network for `mode` from the user's own `file`, if there is one and it can be used, or else the
    /// built-in one, and says in the status which it is.
    fn network(&self, mode: Mode, file: Option<&Path>) -> Result<Arc<NetworkPlan>, String> {
        let own = file.and_then(|path| match networks::from_file(path) {
            Ok(plan) => Some((plan, Some(path))),
            Err(reason) => {
                self.status.report_problem(format!("{reason}. The built-in network runs instead."));
                None
            }
        });
        let (plan, file) = match own {
            Some(own) => own,
            None => (networks::built_in(mode)?, None),
        };
        self.status.prepared(plan.contract(), file);
        Ok(plan)
    }
}
