//! The state of one instance that the framework's object and our own entry point in front of it share.

use std::cell::RefCell;
use std::sync::Arc;

use unbraid_formats::TryCell;

use crate::instance::Instance;
use crate::processor::Processor;
use crate::restart::RestartRequests;

/// A handle on the shared state; cloning it is cheap.
#[derive(Clone, Default)]
pub struct PluginShared {
    /// Parameters, status and display, for the main thread and the window.
    pub instance: Instance,
    /// The audio side of the current activation, for one callback at a time.
    pub processor: Arc<TryCell<Option<Processor>>>,
    /// Requests for a restart.
    pub restart: RestartRequests,
}

enum Capture {
    Awaited,
    Of(PluginShared),
}

thread_local! {
    /// The framework makes its object itself and keeps it; the object announces itself here to the code that had it made.
    static CAPTURE: RefCell<Option<Capture>> = const { RefCell::new(None) };
    /// Instances that were made on this thread, while somebody wants to know.
    static MADE: RefCell<Option<Vec<Instance>>> = const { RefCell::new(None) };
}

/// Runs `make`, and returns its result with the instances that were made in it on this thread: for programs and tests
/// that are host and window at once.
pub fn made_during<R>(make: impl FnOnce() -> R) -> (R, Vec<Instance>) {
    MADE.set(Some(Vec::new()));
    let result = make();
    (result, MADE.take().unwrap_or_default())
}

impl PluginShared {
    /// Runs `make`, in which the framework makes its object on this thread, and returns its result with the state of the
    /// object, `None` if it made none.
    pub fn capture_during<R>(make: impl FnOnce() -> R) -> (R, Option<Self>) {
        CAPTURE.set(Some(Capture::Awaited));
        let made = make();
        match CAPTURE.take() {
            Some(Capture::Of(shared)) => (made, Some(shared)),
            Some(Capture::Awaited) | None => (made, None),
        }
    }

    /// Announces that the framework's object was made, to [`PluginShared::capture_during`] on this thread.
    pub fn announce(&self) {
        MADE.with_borrow_mut(|made| made.iter_mut().for_each(|made| made.push(self.instance.clone())));
        CAPTURE.with_borrow_mut(|capture| {
            if matches!(capture, Some(Capture::Awaited)) {
                *capture = Some(Capture::Of(self.clone()));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::Unbraid;

    #[test]
    fn capturing_gives_the_state_of_the_object_that_was_made_and_only_then() {
        let (plugin, shared) = PluginShared::capture_during(Unbraid::default);
        let shared = shared.expect("an object was made");
        assert!(Arc::ptr_eq(&plugin.instance().params, &shared.instance.params));
        let (_, none) = PluginShared::capture_during(|| ());
        assert!(none.is_none());
        drop(plugin);
        assert_eq!(Arc::strong_count(&shared.processor), 1, "no handle is left in the thread");
        drop(Unbraid::default());
        assert!(CAPTURE.take().is_none());
    }
}
