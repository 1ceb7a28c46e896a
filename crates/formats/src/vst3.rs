//! The VST3 entry point: the framework's class with a `process` of our own.

mod buses;
mod changes;
mod factory;
mod forward;
mod forwarded;
mod handler;
mod held;
mod plugin;

use std::ffi::c_void;
use std::ptr;

use nice_plug::wrapper::setup_logger;
use nice_plug::wrapper::vst3::vst3::ComWrapper;
use nice_plug::wrapper::vst3::vst3::Steinberg::IPluginFactory;

use crate::instance::HostedPlugin;
use factory::Factory;

pub use changes::Changes;

/// A new factory of `P`, counted once, which a library gives to the host as its `GetPluginFactory` does.
pub fn factory<P: HostedPlugin>() -> *mut c_void {
    ComWrapper::new(Factory::<P>::new())
        .to_com_ptr::<IPluginFactory>()
        .map_or(ptr::null_mut(), |factory| factory.into_raw().cast())
}

/// Sets up logging. To be called when the host loads the library.
pub fn module_entry<P: HostedPlugin>() {
    setup_logger::<P>();
}
