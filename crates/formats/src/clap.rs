//! The CLAP entry point: the framework's plug-in with audio, layouts and latency of our own.

mod calls;
mod events;
mod extensions;
mod plugin;
mod ports;
mod transport;

use std::ffi::{CStr, c_char, c_void};
use std::ptr;
use std::sync::Arc;

pub use nice_plug::wrapper::clap::clap_plugin_entry;
use nice_plug::wrapper::clap::{
    CLAP_PLUGIN_FACTORY_ID, CLAP_VERSION, Wrapper, clap_host, clap_plugin, clap_plugin_descriptor,
    clap_plugin_factory,
};
use nice_plug::wrapper::setup_logger;

use crate::instance::HostedPlugin;
use plugin::Plugin;

pub use events::Events;

/// The entry point of `P`, which a library exports as `clap_entry`.
pub const fn entry<P: HostedPlugin>() -> clap_plugin_entry {
    clap_plugin_entry {
        clap_version: CLAP_VERSION,
        init: Some(init::<P>),
        deinit: Some(deinit),
        get_factory: Some(get_factory::<P>),
    }
}

unsafe extern "C" fn init<P: HostedPlugin>(_path: *const c_char) -> bool {
    setup_logger::<P>();
    true
}

unsafe extern "C" fn deinit() {}

unsafe extern "C" fn get_factory<P: HostedPlugin>(id: *const c_char) -> *const c_void {
    let factory: &'static clap_plugin_factory = const {
        &clap_plugin_factory {
            get_plugin_count: Some(get_plugin_count),
            get_plugin_descriptor: Some(get_plugin_descriptor::<P>),
            create_plugin: Some(create_plugin::<P>),
        }
    };
    // SAFETY: a host passes null or a string that ends.
    if !id.is_null() && unsafe { CStr::from_ptr(id) } == CLAP_PLUGIN_FACTORY_ID {
        ptr::from_ref(factory).cast()
    } else {
        ptr::null()
    }
}

unsafe extern "C" fn get_plugin_count(_factory: *const clap_plugin_factory) -> u32 {
    1
}

unsafe extern "C" fn get_plugin_descriptor<P: HostedPlugin>(
    _factory: *const clap_plugin_factory,
    index: u32,
) -> *const clap_plugin_descriptor {
    if index == 0 { P::clap_descriptor().clap_plugin_descriptor() } else { ptr::null() }
}

unsafe extern "C" fn create_plugin<P: HostedPlugin>(
    _factory: *const clap_plugin_factory,
    host: *const clap_host,
    id: *const c_char,
) -> *const clap_plugin {
    // SAFETY: a host passes null or a string that ends.
    if host.is_null() || id.is_null() || unsafe { CStr::from_ptr(id) } != P::clap_descriptor().clap_id() {
        return ptr::null();
    }
    // SAFETY: the host is not null and outlives its plug-ins. The wrapper stays alive, leaked, until the
    // framework's `destroy` takes it back.
    let create = || unsafe { *(*Arc::into_raw(Wrapper::<P>::new(host))).clap_plugin.as_ptr() };
    let (framework, Some(instance)) = P::capture_during(create) else { return ptr::null() };
    let ours = Plugin::<P>::new(calls::table::<P>(framework), framework, host, instance);
    Box::into_raw(Box::new(ours)).cast::<clap_plugin>()
}
