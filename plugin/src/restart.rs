//! Requests for a restart: from the audio thread to the host's main thread, and from there to the host.

use std::sync::{Arc, OnceLock};

use unbraid_formats::instance::RestartHandler;

/// One instance's way to a restart, both parts of which are set once, before any audio. Cloning it gives another handle.
#[derive(Clone, Default)]
pub struct RestartRequests(Arc<Parts>);

#[derive(Default)]
struct Parts {
    /// Posts a task to the host's main thread that calls [`RestartRequests::request`].
    schedule: OnceLock<Box<dyn Fn() + Send + Sync>>,
    /// Asks the host; not set where the audio thread may ask it itself.
    handler: OnceLock<RestartHandler>,
}

impl RestartRequests {
    /// Sets how the main thread is reached.
    pub fn set_schedule(&self, schedule: impl Fn() + Send + Sync + 'static) {
        let _ = self.0.schedule.set(Box::new(schedule));
    }

    /// Sets how the host is asked.
    pub fn set_handler(&self, handler: RestartHandler) {
        let _ = self.0.handler.set(handler);
    }

    /// Has the main thread ask the host for a restart. The audio thread may call it: once per change of what is to run.
    pub fn schedule(&self) {
        if let Some(schedule) = self.0.schedule.get() {
            schedule();
        }
    }

    /// Asks the host for a restart. For its main thread.
    pub fn request(&self) {
        if let Some(request) = self.0.handler.get() {
            request();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn a_request_goes_through_the_main_thread_to_the_host() {
        let requests = RestartRequests::default();
        requests.schedule();
        requests.request();
        let asked = Arc::new(AtomicU32::new(0));
        let count = asked.clone();
        requests.set_handler(Box::new(move || _ = count.fetch_add(1, Ordering::Relaxed)));
        let main_thread = requests.clone();
        requests.set_schedule(move || main_thread.request());
        requests.schedule();
        assert_eq!(asked.load(Ordering::Relaxed), 1, "and nothing happens before both parts are there");
    }
}
