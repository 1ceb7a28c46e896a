//! The plug-in's function table: activation and `process` are ours, the rest is the framework's.

use std::ptr;

use clap_sys::audio_buffer::clap_audio_buffer;
use clap_sys::process::{CLAP_PROCESS_CONTINUE, CLAP_PROCESS_ERROR, clap_process, clap_process_status};
use nice_plug::wrapper::clap::clap_plugin;

use super::events::Events;
use super::extensions::get_extension;
use super::plugin::Plugin;
use super::transport::transport;
use crate::buses::{BusAdapter, HostBus};
use crate::instance::{AudioInstance, HostedPlugin, Outcome};

/// Our function table in front of the framework's.
pub fn table<P: HostedPlugin>(framework: clap_plugin) -> clap_plugin {
    clap_plugin {
        activate: Some(activate::<P>),
        deactivate: Some(deactivate::<P>),
        get_extension: Some(get_extension::<P>),
        process: Some(process::<P>),
        destroy: Some(destroy::<P>),
        ..framework
    }
}

unsafe extern "C" fn destroy<P: HostedPlugin>(plugin: *const clap_plugin) {
    // SAFETY: the host destroys what it got from the factory, once.
    unsafe {
        let destroy = Plugin::<P>::of(plugin).framework.destroy;
        if let Some(destroy) = destroy {
            destroy(plugin);
        }
        drop(Box::from_raw(plugin.cast::<Plugin<P>>().cast_mut()));
    }
}

unsafe extern "C" fn activate<P: HostedPlugin>(
    plugin: *const clap_plugin,
    sample_rate: f64,
    min_frames: u32,
    max_frames: u32,
) -> bool {
    // SAFETY: the host calls with a living plug-in.
    let this = unsafe { Plugin::<P>::of(plugin) };
    // Asked for here so that the callback finds it, whether the host asks or not.
    let _ = this.params();
    let max_block = max_frames as usize;
    this.activation.set_rate(sample_rate, max_block);
    let prepared = this.adapter.try_with(|adapter| adapter.prepare(this.layout(), max_block));
    // SAFETY: the host's arguments are forwarded.
    let activate = |activate: unsafe extern "C" fn(*const clap_plugin, f64, u32, u32) -> bool| unsafe {
        activate(plugin, sample_rate, min_frames, max_frames)
    };
    let activated = prepared.is_some() && this.framework.activate.is_some_and(activate);
    this.activation.set_active(activated);
    if !activated {
        let _ = this.adapter.try_with(BusAdapter::close);
    }
    activated
}

unsafe extern "C" fn deactivate<P: HostedPlugin>(plugin: *const clap_plugin) {
    // SAFETY: the host calls with a living plug-in.
    let this = unsafe { Plugin::<P>::of(plugin) };
    this.activation.set_active(false);
    if let Some(deactivate) = this.framework.deactivate {
        // SAFETY: as above.
        unsafe { deactivate(plugin) };
    }
}

/// The `index`-th of a host's buses.
///
/// # Safety
/// `buses` is null or points to `count` buses.
unsafe fn bus(buses: *const clap_audio_buffer, count: u32, index: usize) -> HostBus {
    if buses.is_null() || index >= count as usize {
        return HostBus::MISSING;
    }
    // SAFETY: within the host's array.
    let bus = unsafe { &*buses.add(index) };
    HostBus { channels: bus.data32, count: bus.channel_count as usize }
}

unsafe extern "C" fn process<P: HostedPlugin>(
    plugin: *const clap_plugin,
    call: *const clap_process,
) -> clap_process_status {
    // SAFETY: the host calls with a living plug-in, and with a call that is as it says.
    unsafe {
        let this = Plugin::<P>::of(plugin);
        let Some(call) = call.as_ref() else { return CLAP_PROCESS_ERROR };
        let outcome = this.adapter.try_with(|adapter| {
            let input = bus(call.audio_inputs, call.audio_inputs_count, 0);
            let outputs =
                std::array::from_fn(|index| bus(call.audio_outputs, call.audio_outputs_count, index));
            let block = adapter.begin(call.frames_count as usize, input, outputs)?;
            let changes = Events::new(call.in_events);
            let changes = changes.changes(&this.instance);
            Some(this.instance.process(block, transport(call.transport), changes))
        });
        // Changes made in the window are queued in the framework, which tells the host about them here.
        if let Some(params) = this.known_params()
            && let Some(flush) = params.framework.flush
        {
            flush(plugin, ptr::null(), call.out_events);
        }
        let outcome = outcome.flatten().unwrap_or(Outcome::NotProcessed);
        if outcome == Outcome::NeedsRestart
            && let Some(request) = (*this.host).request_restart
        {
            request(this.host);
        }
        match outcome {
            Outcome::Processed | Outcome::NeedsRestart => CLAP_PROCESS_CONTINUE,
            Outcome::NotProcessed => CLAP_PROCESS_ERROR,
        }
    }
}
