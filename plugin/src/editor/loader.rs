//! Reading a network file beside the window, which goes on drawing.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;

use unbraid_engine::network::NetworkPlan;

use crate::networks::{self, NetworkError, Prepared};

/// At most one file that is being read.
#[derive(Default)]
pub struct Loader {
    reading: Option<(PathBuf, Receiver<Prepared>)>,
    /// The last network that was read, kept so that the activation that follows finds it prepared.
    kept: Option<Arc<NetworkPlan>>,
}

impl Loader {
    /// Starts to read the network in the file at `path`, in place of one that is being read.
    pub fn start(&mut self, path: PathBuf) {
        let (sender, receiver) = channel();
        let file = path.clone();
        let thread = thread::Builder::new().name("unbraid-network".into());
        // The window may close before the file is read, and then nobody receives it. If no thread can be had, the
        // sender is dropped, which `poll` reports.
        let _ = thread.spawn(move || {
            let _ = sender.send(networks::from_file(&file));
        });
        self.reading = Some((path, receiver));
    }

    /// Whether a file is being read.
    pub fn is_reading(&self) -> bool {
        self.reading.is_some()
    }

    /// The file that has been read since the last call, and what came of it.
    pub fn poll(&mut self) -> Option<(PathBuf, Prepared)> {
        let (_, receiver) = self.reading.as_ref()?;
        let result = match receiver.try_recv() {
            Ok(result) => result,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => Err(NetworkError::Interrupted),
        };
        if let Ok(plan) = &result {
            self.kept = Some(Arc::clone(plan));
        }
        self.reading.take().map(|(path, _)| (path, result))
    }
}
