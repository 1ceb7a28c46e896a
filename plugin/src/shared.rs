//! What the framework's object of one instance and our own entry point in front of it have in common.

use std::cell::RefCell;
use std::sync::Arc;

use unbraid_formats::TryCell;

use crate::instance::Instance;
use crate::processor::Processor;
use crate::restart::RestartRequests;

/// A handle on what is shared; cloning it is cheap.
#[derive(Clone, Default)]
pub struct PluginShared {
    /// What window and audio have in common.
    pub instance: Instance,
    /// What processes between activation and the next; the callback has it to itself.
    pub processor: Arc<TryCell<Option<Processor>>>,
    /// The way to a restart.
    pub restart: RestartRequests,
}

enum Capture {
    Awaited,
    Of(PluginShared),
}

thread_local! {
    /// The framework makes its object itself and keeps it; this is how its maker gets to know it.
    static CAPTURE: RefCell<Option<Capture>> = const { RefCell::new(None) };
}

impl PluginShared {
    /// Runs `make`, in which the framework makes its object, and returns what it made and what that shares; `None` if it
    /// made no object.
    pub fn capture_during<R>(make: impl FnOnce() -> R) -> (R, Option<Self>) {
        CAPTURE.set(Some(Capture::Awaited));
        let made = make();
        match CAPTURE.take() {
            Some(Capture::Of(shared)) => (made, Some(shared)),
            Some(Capture::Awaited) | None => (made, None),
        }
    }

    /// Tells whoever awaits it that the framework's object was made.
    pub fn announce(&self) {
        CAPTURE.with_borrow_mut(|birth| {
            if matches!(birth, Some(Capture::Awaited)) {
                *birth = Some(Capture::Of(self.clone()));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::Unbraid;

    #[test]
    fn who_awaits_an_object_gets_what_it_shares_and_nobody_else_does() {
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
