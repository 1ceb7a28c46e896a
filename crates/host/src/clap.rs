//! One loaded plug-in instance and everything that is asked of it on the main thread.

use std::ffi::CString;
use std::io::Cursor;
use std::path::Path;
use std::sync::atomic::Ordering;

use clack_extensions::audio_ports::{AudioPortFlags, AudioPortInfoBuffer, PluginAudioPorts};
use clack_extensions::audio_ports_config::{AudioPortsConfigBuffer, PluginAudioPortsConfig};
use clack_extensions::latency::PluginLatency;
use clack_extensions::params::{ParamInfoBuffer, PluginParams};
use clack_extensions::render::{PluginRender, RenderMode};
use clack_extensions::state::PluginState;
use clack_host::events::Pckn;
use clack_host::events::event_types::ParamValueEvent;
use clack_host::prelude::*;
use clack_host::process::StoppedPluginAudioProcessor;
use clack_host::utils::ClapId;

use crate::error::Error;
use crate::handlers::{Handlers, MainThread, Messages};
use crate::parameters::parameter_id;

/// A function that counts the calling thread's requests to the system's allocator; `None` where it cannot.
pub type RequestCounter = fn() -> Option<u64>;

/// An audio port (a bus) of the plug-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its name, as a DAW shows it.
    pub name: String,
    /// How many channels it has.
    pub channels: usize,
    /// The main port of its direction.
    pub main: bool,
}

/// A parameter of the plug-in.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// CLAP's numeric id, see [`crate::parameter_id`].
    pub id: u32,
    /// Its name, as a DAW shows it.
    pub name: String,
    /// Smallest CLAP value.
    pub min: f64,
    /// Largest CLAP value.
    pub max: f64,
    /// CLAP value of a new instance.
    pub default: f64,
}

/// A plug-in instance in this host. Lives on the thread that made it, which is the plug-in's main thread.
pub struct ClapHost {
    /// Present while the plug-in is active. Must be gone before `instance` is dropped, or the instance leaks.
    pub(crate) processor: Option<StoppedPluginAudioProcessor<Handlers>>,
    /// Sample rate in Hz and largest block of the current activation.
    pub(crate) activation: Option<(f64, u32)>,
    pub(crate) inputs: Vec<Port>,
    pub(crate) outputs: Vec<Port>,
    /// Counts the requests of callbacks to the system's allocator.
    pub(crate) counter: Option<RequestCounter>,
    name: String,
    version: String,
    instance: PluginInstance<Handlers>,
}

impl ClapHost {
    /// Loads the bundle and makes one instance of the first plug-in in it.
    ///
    /// # Errors
    /// [`Error::Load`] and [`Error::Instantiate`], with what the loader or the plug-in says.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let failed = |reason: String| Error::Load { path: path.to_owned(), reason };
        if !path.exists() {
            return Err(failed("no such file".into()));
        }
        // Systems look for a bare file name in their own folders of libraries, not in the current folder.
        let file = std::path::absolute(path).map_err(|error| failed(error.to_string()))?;
        // SAFETY: loading a library runs its code. The file is the plug-in that this workspace builds, or one that
        // the user names; there is no way to check more before loading.
        let entry = unsafe { PluginEntry::load(&file) }.map_err(|error| failed(error.to_string()))?;
        let factory =
            entry.get_plugin_factory().ok_or_else(|| Error::Instantiate("no plug-in factory".into()))?;
        let descriptor = factory
            .plugin_descriptors()
            .next()
            .ok_or_else(|| Error::Instantiate("its factory is empty".into()))?;
        let id = descriptor.id().ok_or_else(|| Error::Instantiate("it has no id".into()))?.to_owned();
        let text = |text: Option<&std::ffi::CStr>| {
            text.map_or_else(String::new, |text| text.to_string_lossy().into_owned())
        };
        let (name, version) = (text(descriptor.name()), text(descriptor.version()));

        let info = HostInfo::new("Unbraid's own host", "Unbraid", "", env!("CARGO_PKG_VERSION"))
            .map_err(|error| Error::Instantiate(error.to_string()))?;
        let mut instance = PluginInstance::<Handlers>::new(
            |_| Messages::default(),
            |shared| MainThread { shared },
            &entry,
            &id,
            &info,
        )
        .map_err(|error| Error::Instantiate(error.to_string()))?;
        let inputs = ports(&mut instance, true)?;
        let outputs = ports(&mut instance, false)?;
        Ok(Self {
            processor: None,
            activation: None,
            inputs,
            outputs,
            counter: None,
            name,
            version,
            instance,
        })
    }

    /// The plug-in's name and version from its descriptor.
    #[must_use]
    pub fn name_and_version(&self) -> (&str, &str) {
        (&self.name, &self.version)
    }

    /// The input ports, in the plug-in's order.
    #[must_use]
    pub fn input_ports(&self) -> &[Port] {
        &self.inputs
    }

    /// The output ports, in the plug-in's order.
    #[must_use]
    pub fn output_ports(&self) -> &[Port] {
        &self.outputs
    }

    /// The names of the layouts of ports that the plug-in offers.
    ///
    /// # Errors
    /// [`Error::MissingExtension`] when it offers no choice.
    pub fn layouts(&mut self) -> Result<Vec<String>, Error> {
        Ok(self.numbered_layouts()?.into_iter().map(|(_, name)| name).collect())
    }

    /// Chooses one of the layouts by its name, which changes the ports.
    ///
    /// # Errors
    /// [`Error::Active`]; [`Error::UnknownLayout`] when there is none of this name; [`Error::MissingExtension`].
    pub fn select_layout(&mut self, name: &str) -> Result<(), Error> {
        if self.processor.is_some() {
            return Err(Error::Active);
        }
        let layouts = self.numbered_layouts()?;
        let unknown = || Error::UnknownLayout {
            name: name.to_owned(),
            known: layouts.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", "),
        };
        let (id, _) = layouts.iter().find(|(_, found)| found == name).ok_or_else(unknown)?;
        let handle = self.instance.plugin_handle();
        let layouts_of: PluginAudioPortsConfig =
            handle.get_extension().ok_or(Error::MissingExtension("audio-ports-config"))?;
        layouts_of.select(&handle, *id).map_err(|_| unknown())?;
        self.inputs = ports(&mut self.instance, true)?;
        self.outputs = ports(&mut self.instance, false)?;
        Ok(())
    }

    fn numbered_layouts(&mut self) -> Result<Vec<(ClapId, String)>, Error> {
        let handle = self.instance.plugin_handle();
        let layouts: PluginAudioPortsConfig =
            handle.get_extension().ok_or(Error::MissingExtension("audio-ports-config"))?;
        let mut buffer = AudioPortsConfigBuffer::new();
        Ok((0..layouts.count(&handle))
            .filter_map(|index| {
                let layout = layouts.get(&handle, index, &mut buffer)?;
                Some((layout.id, String::from_utf8_lossy(layout.name).into_owned()))
            })
            .collect())
    }

    /// All parameters, in the plug-in's order.
    ///
    /// # Errors
    /// [`Error::MissingExtension`] when the plug-in has none.
    pub fn parameters(&mut self) -> Result<Vec<Parameter>, Error> {
        let handle = self.instance.plugin_handle();
        let params: PluginParams = handle.get_extension().ok_or(Error::MissingExtension("params"))?;
        let mut buffer = ParamInfoBuffer::new();
        let mut found = Vec::new();
        for index in 0..params.count(&handle) {
            if let Some(info) = params.get_info(&handle, index, &mut buffer) {
                found.push(Parameter {
                    id: info.id.get(),
                    name: String::from_utf8_lossy(info.name).into_owned(),
                    min: info.min_value,
                    max: info.max_value,
                    default: info.default_value,
                });
            }
        }
        Ok(found)
    }

    /// The CLAP id of a parameter, after checking that the plug-in has it.
    fn checked_id(&mut self, id: &str) -> Result<ClapId, Error> {
        let wanted = parameter_id(id);
        let parameters = self.parameters()?;
        if parameters.iter().any(|parameter| parameter.id == wanted) {
            Ok(ClapId::new(wanted))
        } else {
            let names: Vec<_> = parameters.into_iter().map(|parameter| parameter.name).collect();
            Err(Error::UnknownParameter { id: id.to_owned(), known: names.join(", ") })
        }
    }

    /// The CLAP value that the plug-in understands `text` as, in the parameter `id` (`"-3 dB"`, `"Live"`, …).
    ///
    /// # Errors
    /// [`Error::UnknownParameter`] and [`Error::BadValue`].
    pub fn value_of_text(&mut self, id: &str, text: &str) -> Result<f64, Error> {
        let clap_id = self.checked_id(id)?;
        let refused = || Error::BadValue { id: id.to_owned(), text: text.to_owned() };
        let c_text = CString::new(text).map_err(|_| refused())?;
        let handle = self.instance.plugin_handle();
        let params: PluginParams = handle.get_extension().ok_or(Error::MissingExtension("params"))?;
        params.text_to_value(&handle, clap_id, &c_text).ok_or_else(refused)
    }

    /// The parameter's current CLAP value.
    ///
    /// # Errors
    /// [`Error::UnknownParameter`].
    pub fn value(&mut self, id: &str) -> Result<f64, Error> {
        let clap_id = self.checked_id(id)?;
        let handle = self.instance.plugin_handle();
        let params: PluginParams = handle.get_extension().ok_or(Error::MissingExtension("params"))?;
        params
            .get_value(&handle, clap_id)
            .ok_or_else(|| Error::UnknownParameter { id: id.to_owned(), known: "no value for it".into() })
    }

    /// The text that the plug-in shows for the parameter's current value.
    ///
    /// # Errors
    /// [`Error::UnknownParameter`], or [`Error::BadValue`] when the plug-in has no text for it.
    pub fn text(&mut self, id: &str) -> Result<String, Error> {
        let clap_id = self.checked_id(id)?;
        let value = self.value(id)?;
        let handle = self.instance.plugin_handle();
        let params: PluginParams = handle.get_extension().ok_or(Error::MissingExtension("params"))?;
        let mut buffer = [0u8; 256];
        let text = params
            .value_to_text(&handle, clap_id, value, &mut buffer)
            .map_err(|_| Error::BadValue { id: id.to_owned(), text: value.to_string() })?;
        Ok(String::from_utf8_lossy(text).into_owned())
    }

    /// Sets a parameter by the text of its value while the plug-in is inactive.
    ///
    /// # Errors
    /// [`Error::UnknownParameter`], [`Error::BadValue`], and [`Error::Active`] while the plug-in is active (send a
    /// [`crate::Change`] along with the audio instead).
    pub fn set_text(&mut self, id: &str, text: &str) -> Result<(), Error> {
        let value = self.value_of_text(id, text)?;
        let event = ParamValueEvent::new(0, ClapId::new(parameter_id(id)), Pckn::match_all(), value);
        let mut handle = self.instance.inactive_plugin_handle().ok_or(Error::Active)?;
        let params: PluginParams =
            handle.as_main_thread().get_extension().ok_or(Error::MissingExtension("params"))?;
        let events = [event];
        params.flush(&mut handle, &InputEvents::from_buffer(&events), &mut OutputEvents::void());
        Ok(())
    }

    /// Tells the plug-in that it renders offline (a DAW's bounce) or in real time (the default).
    ///
    /// # Errors
    /// [`Error::MissingExtension`] when the plug-in does not take part in that, or refuses.
    pub fn set_offline(&mut self, offline: bool) -> Result<(), Error> {
        let handle = self.instance.plugin_handle();
        let render: PluginRender = handle.get_extension().ok_or(Error::MissingExtension("render"))?;
        let mode = if offline { RenderMode::Offline } else { RenderMode::Realtime };
        render.set(&handle, mode).map_err(|_| Error::MissingExtension("render"))
    }

    /// Activates the plug-in for a sample rate in Hz and blocks of up to `max_block` samples.
    ///
    /// # Errors
    /// [`Error::Activate`] with the plug-in's refusal; [`Error::Active`] when it is active already.
    pub fn activate(&mut self, rate: f64, max_block: u32) -> Result<(), Error> {
        if self.processor.is_some() {
            return Err(Error::Active);
        }
        let refused = |reason: String| Error::Activate { rate, max_block, reason };
        if max_block == 0 {
            return Err(refused("a block needs at least one sample".into()));
        }
        let configuration =
            PluginAudioConfiguration { sample_rate: rate, min_frames_count: 1, max_frames_count: max_block };
        let processor =
            self.instance.activate(|_, _| (), configuration).map_err(|error| refused(error.to_string()))?;
        self.processor = Some(processor);
        self.activation = Some((rate, max_block));
        self.serve_callbacks();
        Ok(())
    }

    /// Deactivates the plug-in, if it is active.
    pub fn deactivate(&mut self) {
        if let Some(processor) = self.processor.take() {
            self.instance.deactivate(processor);
        }
        self.activation = None;
        self.serve_callbacks();
    }

    /// The latency that the plug-in reports, in samples.
    pub fn latency(&mut self) -> usize {
        let handle = self.instance.plugin_handle();
        let Some(latency) = handle.get_extension::<PluginLatency>() else { return 0 };
        latency.get(&handle) as usize
    }

    /// The plug-in's saved state, as a DAW stores it in its project.
    ///
    /// # Errors
    /// [`Error::State`] or [`Error::MissingExtension`].
    pub fn save_state(&mut self) -> Result<Vec<u8>, Error> {
        let handle = self.instance.plugin_handle();
        let state: PluginState = handle.get_extension().ok_or(Error::MissingExtension("state"))?;
        let mut bytes = Vec::new();
        state.save(&handle, &mut bytes).map_err(|error| Error::State(error.to_string()))?;
        Ok(bytes)
    }

    /// Gives the plug-in a state saved before.
    ///
    /// # Errors
    /// [`Error::State`] when the plug-in refuses it, or [`Error::MissingExtension`].
    pub fn load_state(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let handle = self.instance.plugin_handle();
        let state: PluginState = handle.get_extension().ok_or(Error::MissingExtension("state"))?;
        state.load(&handle, &mut Cursor::new(bytes)).map_err(|error| Error::State(error.to_string()))?;
        self.serve_callbacks();
        Ok(())
    }

    /// The plug-in has asked to be restarted (deactivated and activated) since the last call.
    pub fn take_restart_request(&mut self) -> bool {
        self.serve_callbacks();
        self.instance.access_shared_handler(|shared| shared.restart_requested.swap(false, Ordering::SeqCst))
    }

    /// Warnings and errors that the plug-in logged since the last question.
    pub fn take_warnings(&mut self) -> Vec<String> {
        self.instance.access_shared_handler(|shared| {
            shared.warnings.lock().map(|mut list| std::mem::take(&mut *list)).unwrap_or_default()
        })
    }

    /// Calls the plug-in's main-thread callback when it has asked for it, as a DAW does between events.
    pub(crate) fn serve_callbacks(&mut self) {
        let wanted = self
            .instance
            .access_shared_handler(|shared| shared.callback_requested.swap(false, Ordering::SeqCst));
        if wanted {
            self.instance.call_on_main_thread_callback();
        }
    }
}

impl Drop for ClapHost {
    fn drop(&mut self) {
        self.deactivate();
    }
}

/// All ports of one direction.
fn ports(instance: &mut PluginInstance<Handlers>, input: bool) -> Result<Vec<Port>, Error> {
    let handle = instance.plugin_handle();
    let extension: PluginAudioPorts = handle.get_extension().ok_or(Error::MissingExtension("audio-ports"))?;
    let mut buffer = AudioPortInfoBuffer::new();
    Ok((0..extension.count(&handle, input))
        .filter_map(|index| {
            extension.get(&handle, index, input, &mut buffer).map(|info| Port {
                name: String::from_utf8_lossy(info.name).into_owned(),
                channels: info.channel_count as usize,
                main: info.flags.contains(AudioPortFlags::IS_MAIN),
            })
        })
        .collect())
}
