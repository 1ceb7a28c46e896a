//! Requests for a restart: from the audio thread to the host's main thread, and from there to the host.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use unbraid_formats::effect::RestartHandler;

/// Posts a task to the host's main thread that calls [`RestartRequests::request`].
type Schedule = Box<dyn Fn() + Send + Sync>;

/// One instance's way to a restart. Cloning it gives another handle.
#[derive(Clone, Default)]
pub struct RestartRequests(Arc<Shared>);

#[derive(Default)]
struct Shared {
    schedule: OnceLock<Schedule>,
    /// Never locked on the audio thread.
    handler: Mutex<Option<RestartHandler>>,
}

impl RestartRequests {
    /// Sets how the main thread is reached. Only the first call has an effect.
    pub fn set_schedule(&self, schedule: impl Fn() + Send + Sync + 'static) {
        let _ = self.0.schedule.set(Box::new(schedule));
    }

    /// Has the main thread ask the host for a restart. The audio thread may call it: once per change of what is to run.
    pub fn schedule(&self) {
        if let Some(schedule) = self.0.schedule.get() {
            schedule();
        }
    }

    /// Asks the host for a restart. For its main thread. The host may set another handler meanwhile, since the lock is
    /// not held while it is called.
    pub fn request(&self) {
        let handler = self.0.handler.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(request) = handler {
            request();
        }
    }

    /// Sets how the host is asked, `None` once it must not be asked any more. For the main thread.
    pub fn set_handler(&self, handler: Option<RestartHandler>) {
        let previous =
            std::mem::replace(&mut *self.0.handler.lock().unwrap_or_else(PoisonError::into_inner), handler);
        // Dropped after the lock is released: the host's object may call back.
        drop(previous);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn a_host_may_set_another_handler_while_it_is_asked() {
        let requests = RestartRequests::default();
        let asked = Arc::new(AtomicU32::new(0));
        let (inner, count) = (requests.clone(), asked.clone());
        requests.set_handler(Some(Arc::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
            inner.set_handler(None);
        })));
        requests.request();
        requests.request();
        assert_eq!(asked.load(Ordering::Relaxed), 1, "the handler is gone");
    }

    #[test]
    fn without_a_way_to_the_host_nothing_happens() {
        let requests = RestartRequests::default();
        requests.schedule();
        requests.request();
    }
}
