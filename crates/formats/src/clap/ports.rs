//! CLAP's audio ports: the framework's, with the channels of our own layout.

use std::ffi::{CStr, c_char};
use std::ptr;

use clap_sys::ext::audio_ports::{
    CLAP_EXT_AUDIO_PORTS, CLAP_PORT_MONO, CLAP_PORT_STEREO, clap_audio_port_info, clap_plugin_audio_ports,
};
use clap_sys::ext::audio_ports_config::{clap_audio_ports_config, clap_plugin_audio_ports_config};
use clap_sys::ext::configurable_audio_ports::{
    clap_audio_port_configuration_request, clap_plugin_configurable_audio_ports,
};
use clap_sys::id::CLAP_INVALID_ID;
use nice_plug::wrapper::clap::clap_plugin;

use super::plugin::Plugin;
use crate::instance::HostedPlugin;
use crate::layout::Layout;

/// The layouts that a host can select, by their index, with names. New ones are appended: hosts save the index.
const CONFIGS: [(&CStr, Option<Layout>); 7] = [
    (c"Stereo with stems", Layout::new(2, 2, Some([2; 4]))),
    (c"Stereo", Layout::new(2, 2, None)),
    (c"Mono", Layout::new(1, 1, None)),
    (c"Mono with mono stems", Layout::new(1, 1, Some([1; 4]))),
    (c"Mono with stereo stems", Layout::new(1, 1, Some([2; 4]))),
    (c"Mono to stereo with stems", Layout::new(1, 2, Some([2; 4]))),
    (c"Mono to stereo", Layout::new(1, 2, None)),
];

fn config(index: u32) -> Option<(&'static CStr, Layout)> {
    let (name, layout) = CONFIGS.get(index as usize)?;
    Some((name, (*layout)?))
}

/// `clap.audio-ports`.
pub const fn audio_ports<P: HostedPlugin>() -> clap_plugin_audio_ports {
    clap_plugin_audio_ports { count: Some(count::<P>), get: Some(get::<P>) }
}

/// `clap.audio-ports-config`.
pub const fn audio_ports_config<P: HostedPlugin>() -> clap_plugin_audio_ports_config {
    clap_plugin_audio_ports_config {
        count: Some(config_count),
        get: Some(config_get),
        select: Some(config_select::<P>),
    }
}

/// `clap.configurable-audio-ports`.
pub const fn configurable_audio_ports<P: HostedPlugin>() -> clap_plugin_configurable_audio_ports {
    clap_plugin_configurable_audio_ports {
        can_apply_configuration: Some(can_apply::<P>),
        apply_configuration: Some(apply::<P>),
    }
}

/// The type of a port with this many channels; null for an empty one.
fn port_type(channels: usize) -> *const c_char {
    match channels {
        1 => CLAP_PORT_MONO.as_ptr(),
        2 => CLAP_PORT_STEREO.as_ptr(),
        _ => ptr::null(),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a handful of buses and channels")]
const fn small(number: usize) -> u32 {
    number as u32
}

unsafe extern "C" fn count<P: HostedPlugin>(plugin: *const clap_plugin, is_input: bool) -> u32 {
    // SAFETY: the host calls with a living plug-in.
    let layout = unsafe { Plugin::<P>::of(plugin) }.layout();
    if is_input { 1 } else { small(layout.output_buses()) }
}

unsafe extern "C" fn get<P: HostedPlugin>(
    plugin: *const clap_plugin,
    index: u32,
    is_input: bool,
    info: *mut clap_audio_port_info,
) -> bool {
    // SAFETY: the host calls with a living plug-in, on its main thread, and with memory for the answer. The framework's own
    // layout stays the first, which has all ports.
    unsafe {
        let this = Plugin::<P>::of(plugin);
        let layout = this.layout();
        let Some(channels) = layout.channels(is_input, index as usize) else { return false };
        let ports: Option<&clap_plugin_audio_ports> = this.framework_extension(CLAP_EXT_AUDIO_PORTS);
        let Some(get) = ports.and_then(|ports| ports.get) else { return false };
        if info.is_null() || !get(plugin, index, is_input, info) {
            return false;
        }
        let info = &mut *info;
        info.channel_count = small(channels);
        info.port_type = port_type(channels);
        if layout.channels(true, 0) != layout.channels(false, 0) {
            info.in_place_pair = CLAP_INVALID_ID;
        }
    }
    true
}

unsafe extern "C" fn config_count(_plugin: *const clap_plugin) -> u32 {
    small(CONFIGS.len())
}

unsafe extern "C" fn config_get(
    _plugin: *const clap_plugin,
    index: u32,
    info: *mut clap_audio_ports_config,
) -> bool {
    let Some((name, layout)) = config(index) else { return false };
    if info.is_null() {
        return false;
    }
    let [main, ..] = layout.outputs();
    // SAFETY: the host passes memory for the answer; the type is plain old data, for which zeros are a value.
    let info = unsafe {
        info.write(std::mem::zeroed());
        &mut *info
    };
    info.id = index;
    for (to, from) in info.name.iter_mut().zip(name.to_bytes()) {
        *to = from.cast_signed() as c_char;
    }
    info.input_port_count = 1;
    info.output_port_count = small(layout.output_buses());
    info.has_main_input = true;
    info.main_input_channel_count = small(layout.input());
    info.main_input_port_type = port_type(layout.input());
    info.has_main_output = true;
    info.main_output_channel_count = small(main);
    info.main_output_port_type = port_type(main);
    true
}

unsafe extern "C" fn config_select<P: HostedPlugin>(plugin: *const clap_plugin, id: u32) -> bool {
    // SAFETY: the host calls with a living plug-in.
    let this = unsafe { Plugin::<P>::of(plugin) };
    config(id).is_some_and(|(_, layout)| this.set_layout(layout))
}

/// The layout that a host asks for, if the plug-in agrees.
///
/// # Safety
/// `requests` is null or points to `count` requests, and the plug-in is alive.
unsafe fn requested<P: HostedPlugin>(
    plugin: *const clap_plugin,
    requests: *const clap_audio_port_configuration_request,
    count: u32,
) -> Option<Layout> {
    if requests.is_null() {
        return None;
    }
    // SAFETY: the caller's promise.
    let (this, requests) =
        unsafe { (Plugin::<P>::of(plugin), std::slice::from_raw_parts(requests, count as usize)) };
    let layout = requests.iter().try_fold(this.layout(), |layout, request| {
        layout.with(request.is_input, request.port_index as usize, request.channel_count as usize)
    });
    layout?.agreed()
}

unsafe extern "C" fn can_apply<P: HostedPlugin>(
    plugin: *const clap_plugin,
    requests: *const clap_audio_port_configuration_request,
    count: u32,
) -> bool {
    // SAFETY: the host's arguments are as CLAP says.
    unsafe { requested::<P>(plugin, requests, count) }.is_some()
}

unsafe extern "C" fn apply<P: HostedPlugin>(
    plugin: *const clap_plugin,
    requests: *const clap_audio_port_configuration_request,
    count: u32,
) -> bool {
    // SAFETY: the host's arguments are as CLAP says.
    unsafe {
        requested::<P>(plugin, requests, count)
            .is_some_and(|layout| Plugin::<P>::of(plugin).set_layout(layout))
    }
}
