//! One instance of the plug-in, from its entry point.

use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr;
use std::sync::Arc;

use clap_sys::ext::audio_ports::{CLAP_EXT_AUDIO_PORTS, clap_audio_port_info, clap_plugin_audio_ports};
use clap_sys::ext::audio_ports_config::{
    CLAP_EXT_AUDIO_PORTS_CONFIG, clap_audio_ports_config, clap_plugin_audio_ports_config,
};
use clap_sys::ext::latency::{CLAP_EXT_LATENCY, clap_plugin_latency};
use clap_sys::factory::plugin_factory::{CLAP_PLUGIN_FACTORY_ID, clap_plugin_factory};
use clap_sys::host::clap_host;
use clap_sys::plugin::clap_plugin;
use clap_sys::version::CLAP_VERSION;
use nice_plug::prelude::ClapPlugin;
use unbraid_plugin::Unbraid;
use unbraid_plugin::recorder::Recorder;

use crate::hosts::library::clap_entry;

unsafe extern "C" fn no_extension(_host: *const clap_host, _id: *const c_char) -> *const c_void {
    ptr::null()
}

unsafe extern "C" fn ignore(_host: *const clap_host) {}

// SAFETY: CLAP lets a host process on any thread, one at a time.
unsafe impl Send for Instance {}

/// One plug-in instance, ready to process.
pub struct Instance {
    pub plugin: *const clap_plugin,
    /// With linked code only.
    pub recorder: Option<Arc<Recorder>>,
    _host: Box<clap_host>,
}

impl Instance {
    pub fn new() -> Self {
        let host = Box::new(clap_host {
            clap_version: CLAP_VERSION,
            host_data: ptr::null_mut(),
            name: c"test".as_ptr(),
            vendor: c"".as_ptr(),
            url: c"".as_ptr(),
            version: c"1".as_ptr(),
            get_extension: Some(no_extension),
            request_restart: Some(ignore),
            request_process: Some(ignore),
            request_callback: Some(ignore),
        });
        let id = CString::new(Unbraid::CLAP_ID).unwrap();
        // SAFETY: the calls follow the order that CLAP prescribes, with arguments that live as long as the
        // instance.
        unsafe {
            let entry = clap_entry();
            assert!(entry.init.unwrap()(c"/nowhere/unbraid.clap".as_ptr()));
            let factory = entry.get_factory.unwrap()(CLAP_PLUGIN_FACTORY_ID.as_ptr());
            let factory = factory.cast::<clap_plugin_factory>();
            let (plugin, mut made) = unbraid_plugin::made_during(|| {
                let plugin = (*factory).create_plugin.unwrap()(factory, &*host, id.as_ptr());
                assert!(!plugin.is_null());
                assert!((*plugin).init.unwrap()(plugin));
                plugin
            });
            let recorder = made.pop().map(|made| made.recorder);
            Self { plugin, recorder, _host: host }
        }
    }

    pub fn activate(&self, rate: f64, frames: u32) {
        // SAFETY: the plug-in is initialised and not active.
        unsafe {
            assert!((*self.plugin).activate.unwrap()(self.plugin, rate, 1, frames));
            assert!((*self.plugin).start_processing.unwrap()(self.plugin));
        }
    }

    pub fn extension<T>(&self, id: &CStr) -> &T {
        // SAFETY: the extension of this name has this type and lives as long as the plug-in.
        unsafe {
            let extension = (*self.plugin).get_extension.unwrap()(self.plugin, id.as_ptr());
            extension.cast::<T>().as_ref().unwrap()
        }
    }

    /// Names and channels of the input or output ports.
    pub fn ports(&self, is_input: bool) -> Vec<(String, u32)> {
        let ports: &clap_plugin_audio_ports = self.extension(CLAP_EXT_AUDIO_PORTS);
        // SAFETY: the plug-in is alive and fills in what it is asked for.
        unsafe {
            (0..ports.count.unwrap()(self.plugin, is_input))
                .map(|index| {
                    let mut info = std::mem::MaybeUninit::zeroed();
                    assert!(ports.get.unwrap()(self.plugin, index, is_input, info.as_mut_ptr()));
                    let info: clap_audio_port_info = info.assume_init();
                    (CStr::from_ptr(info.name.as_ptr()).to_str().unwrap().to_owned(), info.channel_count)
                })
                .collect()
        }
    }

    /// The configurations of ports that the plug-in offers.
    pub fn configs(&self) -> Vec<clap_audio_ports_config> {
        let configs: &clap_plugin_audio_ports_config = self.extension(CLAP_EXT_AUDIO_PORTS_CONFIG);
        // SAFETY: the plug-in is alive and fills in what it is asked for.
        unsafe {
            (0..configs.count.unwrap()(self.plugin))
                .map(|index| {
                    let mut info = std::mem::MaybeUninit::zeroed();
                    assert!(configs.get.unwrap()(self.plugin, index, info.as_mut_ptr()));
                    info.assume_init()
                })
                .collect()
        }
    }

    /// Selects the first configuration with these channels of the main ports and this number of outputs.
    pub fn select_config(&self, input: usize, main: usize, outputs: u32) -> bool {
        let found = self.configs().into_iter().find(|config| {
            config.main_input_channel_count as usize == input
                && config.main_output_channel_count as usize == main
                && config.output_port_count == outputs
        });
        let configs: &clap_plugin_audio_ports_config = self.extension(CLAP_EXT_AUDIO_PORTS_CONFIG);
        // SAFETY: the plug-in is alive.
        found.is_some_and(|config| unsafe { configs.select.unwrap()(self.plugin, config.id) })
    }

    pub fn latency(&self) -> usize {
        let latency: &clap_plugin_latency = self.extension(CLAP_EXT_LATENCY);
        // SAFETY: the plug-in is alive.
        unsafe { latency.get.unwrap()(self.plugin) as usize }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // SAFETY: the calls follow the order that CLAP prescribes; nothing uses the plug-in afterwards.
        unsafe {
            (*self.plugin).stop_processing.unwrap()(self.plugin);
            (*self.plugin).deactivate.unwrap()(self.plugin);
            (*self.plugin).destroy.unwrap()(self.plugin);
        }
    }
}
