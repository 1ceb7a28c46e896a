//! Extensions that are not the framework's.

use std::ffi::{CStr, c_char, c_void};
use std::ptr;

use clap_sys::ext::audio_ports::CLAP_EXT_AUDIO_PORTS;
use clap_sys::ext::audio_ports_config::CLAP_EXT_AUDIO_PORTS_CONFIG;
use clap_sys::ext::configurable_audio_ports::{
    CLAP_EXT_CONFIGURABLE_AUDIO_PORTS, CLAP_EXT_CONFIGURABLE_AUDIO_PORTS_COMPAT,
};
use clap_sys::ext::latency::{CLAP_EXT_LATENCY, clap_plugin_latency};
use clap_sys::ext::params::CLAP_EXT_PARAMS;
use clap_sys::ext::tail::{CLAP_EXT_TAIL, clap_plugin_tail};
use nice_plug::wrapper::clap::clap_plugin;

use super::plugin::Plugin;
use super::ports;
use crate::instance::{AudioInstance, HostedPlugin};

/// The plug-in's `get_extension`: ours, or else the framework's.
///
/// # Safety
/// `plugin` is alive, and `id` a string that ends.
pub unsafe extern "C" fn get_extension<P: HostedPlugin>(
    plugin: *const clap_plugin,
    id: *const c_char,
) -> *const c_void {
    // SAFETY: the host calls with a living plug-in and a string that ends.
    let (this, name) = unsafe { (Plugin::<P>::of(plugin), CStr::from_ptr(id)) };
    if let Some(ours) = extension::<P>(name) {
        return ours;
    }
    if name == CLAP_EXT_PARAMS
        && let Some(params) = this.params()
    {
        return ptr::from_ref(&params.filtered).cast();
    }
    // SAFETY: the host's arguments are forwarded.
    this.framework.get_extension.map_or(ptr::null(), |get| unsafe { get(plugin, id) })
}

/// The extensions that are not the framework's.
fn extension<P: HostedPlugin>(name: &CStr) -> Option<*const c_void> {
    let extension = if name == CLAP_EXT_TAIL {
        ptr::from_ref(const { &clap_plugin_tail { get: Some(tail::<P>) } }).cast()
    } else if name == CLAP_EXT_LATENCY {
        ptr::from_ref(const { &clap_plugin_latency { get: Some(latency::<P>) } }).cast()
    } else if name == CLAP_EXT_AUDIO_PORTS {
        ptr::from_ref(const { &ports::audio_ports::<P>() }).cast()
    } else if name == CLAP_EXT_AUDIO_PORTS_CONFIG {
        ptr::from_ref(const { &ports::audio_ports_config::<P>() }).cast()
    } else if name == CLAP_EXT_CONFIGURABLE_AUDIO_PORTS || name == CLAP_EXT_CONFIGURABLE_AUDIO_PORTS_COMPAT {
        ptr::from_ref(const { &ports::configurable_audio_ports::<P>() }).cast()
    } else {
        return None;
    };
    Some(extension)
}

/// The latency, also before activation, when the framework says 0.
unsafe extern "C" fn latency<P: HostedPlugin>(plugin: *const clap_plugin) -> u32 {
    // SAFETY: the host calls with a living plug-in.
    let this = unsafe { Plugin::<P>::of(plugin) };
    this.activation.latency(&this.instance)
}

/// The signal goes on for as long as it is delayed. (The framework knows a tail from its own callback only.)
unsafe extern "C" fn tail<P: HostedPlugin>(plugin: *const clap_plugin) -> u32 {
    // SAFETY: the host calls with a living plug-in.
    unsafe { Plugin::<P>::of(plugin) }.instance.latency()
}
