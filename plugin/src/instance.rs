//! One instance as its threads share it.

use std::path::Path;
use std::sync::Arc;

use unbraid_engine::prepare::NetworkPlan;

use crate::display::Display;
use crate::networks;
use crate::params::{Mode, UnbraidParams};
use crate::player::Player;
use crate::processor::{Processor, Wanted};
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
    pub fn wanted(&self) -> Wanted {
        let networks = &self.params.networks;
        Wanted { mode: networks.available(self.params.mode.value()), networks: networks.generation() }
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
        let wanted = self.wanted();
        let file = self.params.networks.file(wanted.mode);
        let (plan, file) = self.network(wanted.mode, file.as_deref())?;
        let processor = Processor::prepare(previous, wanted, &plan, sample_rate, max_block, &self.display)?;
        self.status.prepared(plan.contract(), file);
        Ok(processor)
    }

    /// The network for `mode`, and the file it came from, which is none for the built-in one.
    fn network<'a>(
        &self,
        mode: Mode,
        file: Option<&'a Path>,
    ) -> Result<(Arc<NetworkPlan>, Option<&'a Path>), String> {
        let Some(path) = file else { return Ok((networks::built_in(mode)?, None)) };
        match networks::from_file(path) {
            Ok(plan) => Ok((plan, Some(path))),
            Err(reason) => {
                self.status.complain(format!("{reason}. The built-in network runs instead."));
                Ok((networks::built_in(mode)?, None))
            }
        }
    }
}
