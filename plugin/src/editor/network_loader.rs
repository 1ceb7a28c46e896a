//! Reading network files on a thread of their own while the window goes on drawing.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use unbraid_engine::network::NetworkPlan;

use crate::networks::{self, NetworkError, Prepared};

/// Reads one file at a time. Cloning gives another handle on the same; dropping the last one waits for the threads, which
/// must not outlive the plug-in's code.
#[derive(Clone, Default)]
pub struct NetworkLoader {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// The file that is being read.
    reading: Option<(PathBuf, Receiver<Prepared>)>,
    /// Threads that may still run, those of replaced files among them.
    threads: Vec<JoinHandle<()>>,
    /// The last network, kept so that the next activation finds it prepared.
    kept: Option<Arc<NetworkPlan>>,
}

impl NetworkLoader {
    /// Starts to read the network at `path`, in place of a file that is being read.
    pub fn start(&self, path: &Path) {
        self.start_with(path, networks::from_file);
    }

    fn start_with(&self, path: &Path, read: impl FnOnce(&Path) -> Prepared + Send + 'static) {
        let mut state = self.state();
        state.threads.retain(|thread| !thread.is_finished());
        let (sender, receiver) = channel();
        let file = path.to_owned();
        let thread = thread::Builder::new().name("unbraid-network".into());
        // The receiver may be gone, replaced by a later file. Without a thread the sender is dropped, which `poll` reports.
        state.threads.extend(thread.spawn(move || drop(sender.send(read(&file)))));
        state.reading = Some((path.to_owned(), receiver));
    }

    /// Whether a file is being read.
    pub fn is_reading(&self) -> bool {
        self.state().reading.is_some()
    }

    /// The file that was read since the last call, and its network or the message why there is none.
    pub fn poll(&self) -> Option<(PathBuf, Prepared)> {
        let mut state = self.state();
        let (_, receiver) = state.reading.as_ref()?;
        let result = match receiver.try_recv() {
            Ok(result) => result,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => Err(NetworkError::Interrupted),
        };
        if let Ok(plan) = &result {
            state.kept = Some(Arc::clone(plan));
        }
        state.reading.take().map(|(path, _)| (path, result))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for State {
    fn drop(&mut self) {
        for thread in self.threads.drain(..) {
            // A panic in there was reported by the panic hook.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn no_thread_outlives_the_last_handle_not_even_one_whose_file_was_replaced() {
        let loader = NetworkLoader::default();
        let window = loader.clone();
        let ended = [const { AtomicBool::new(false) }; 2];
        let ended = Arc::new(ended);
        for (index, file) in ["first.onnx", "second.onnx"].into_iter().enumerate() {
            let ended = ended.clone();
            window.start_with(Path::new(file), move |_| {
                thread::sleep(Duration::from_millis(200));
                ended[index].store(true, Ordering::SeqCst);
                Err(NetworkError::Interrupted)
            });
        }
        drop(window);
        assert!(loader.is_reading(), "a closed window leaves the file to the next one");
        drop(loader);
        assert!(ended.iter().all(|ended| ended.load(Ordering::SeqCst)));
    }
}
