//! The host's component handler, behind an object of ours that stays the same.
//!
//! The framework borrows the handler that it was given while it calls it, and panics if the host sets another one
//! meanwhile. So it is given this object, which takes a reference of its own for each call.

use std::sync::{Arc, Mutex, PoisonError};

use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::{
    IComponentHandler, IComponentHandlerTrait, ParamID, ParamValue, RestartFlags_,
};
use nice_plug::wrapper::vst3::vst3::Steinberg::{int32, kResultFalse, tresult};
use nice_plug::wrapper::vst3::vst3::{Class, ComPtr};

/// Forwards to the host's handler, if there is one.
#[derive(Clone, Default)]
pub struct Handler(Arc<Mutex<Option<HostHandler>>>);

/// A counted reference to the host's object.
#[derive(Clone)]
struct HostHandler(ComPtr<IComponentHandler>);

// SAFETY: VST3 objects count their references atomically. This one is called where the framework calls its handlers, on the
// host's main thread or what the framework has for one. The plug-in releases it on the host's main thread: `terminate` and
// `Plugin::drop` take it away, and a call under way then holds a reference of its own only as long as it runs.
unsafe impl Send for HostHandler {}

impl Class for Handler {
    type Interfaces = (IComponentHandler,);
}

impl Handler {
    /// Takes another host handler, or none. For the main thread.
    pub fn set(&self, host: Option<ComPtr<IComponentHandler>>) {
        let host = host.map(HostHandler);
        let previous = std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), host);
        // Released after the lock, since the host's object may call back.
        drop(previous);
    }

    /// Asks the host to read the latency and activate the plug-in again, as the framework does.
    #[allow(
        clippy::unnecessary_cast,
        clippy::cast_possible_wrap,
        reason = "the flags' type differs between systems"
    )]
    pub fn request_restart(&self) {
        // SAFETY: the argument is a plain number.
        unsafe { self.restartComponent(RestartFlags_::kLatencyChanged as int32) };
    }

    /// Calls the host's handler, without the lock, so that it may set another one meanwhile.
    fn call(&self, call: impl FnOnce(&ComPtr<IComponentHandler>) -> tresult) -> tresult {
        let host = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        host.map_or(kResultFalse, |host| call(&host.0))
    }
}

impl IComponentHandlerTrait for Handler {
    unsafe fn beginEdit(&self, id: ParamID) -> tresult {
        // SAFETY: the object is counted, so it is alive; so below.
        self.call(|host| unsafe { host.beginEdit(id) })
    }

    unsafe fn performEdit(&self, id: ParamID, value: ParamValue) -> tresult {
        // SAFETY: as above.
        self.call(|host| unsafe { host.performEdit(id, value) })
    }

    unsafe fn endEdit(&self, id: ParamID) -> tresult {
        // SAFETY: as above.
        self.call(|host| unsafe { host.endEdit(id) })
    }

    unsafe fn restartComponent(&self, flags: int32) -> tresult {
        // SAFETY: as above.
        self.call(|host| unsafe { host.restartComponent(flags) })
    }
}
