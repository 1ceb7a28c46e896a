//! The plug-in as a CLAP host sees it, in front of the framework's.

use std::ffi::CStr;
use std::ptr;
use std::sync::OnceLock;

use clap_sys::events::{clap_input_events, clap_output_events};
use clap_sys::ext::params::{CLAP_EXT_PARAMS, clap_plugin_params};
use nice_plug::wrapper::clap::{clap_host, clap_plugin};

use super::events::Events;
use crate::activation::Activation;
use crate::buses::BusAdapter;
use crate::instance::HostedPlugin;
use crate::layout::Layout;
use crate::try_cell::TryCell;

/// The plug-in as the host sees it. The framework finds its own data through `plugin_data`, which is the same in both
/// tables.
#[repr(C)]
pub struct Plugin<P: HostedPlugin> {
    /// First, so that a pointer to it is a pointer to the whole.
    table: clap_plugin,
    /// The framework's functions.
    pub framework: clap_plugin,
    pub host: *const clap_host,
    pub instance: P::Instance,
    pub activation: Activation,
    /// Once asked for, since the framework's extensions live as long as the plug-in.
    params: OnceLock<Option<ParamsExtension>>,
    pub adapter: TryCell<BusAdapter>,
}

/// The framework's parameter extension, and the same with a filtered `flush`.
#[derive(Clone, Copy)]
pub struct ParamsExtension {
    pub framework: clap_plugin_params,
    pub filtered: clap_plugin_params,
}

impl<P: HostedPlugin> Plugin<P> {
    /// The plug-in whose functions are in `table`.
    pub fn new(
        table: clap_plugin,
        framework: clap_plugin,
        host: *const clap_host,
        instance: P::Instance,
    ) -> Self {
        Self {
            table,
            framework,
            host,
            instance,
            activation: Activation::default(),
            params: OnceLock::new(),
            adapter: TryCell::default(),
        }
    }

    /// The whole behind the pointer that the host holds.
    ///
    /// # Safety
    /// `plugin` came from the factory and is not destroyed.
    pub unsafe fn of<'a>(plugin: *const clap_plugin) -> &'a Self {
        // SAFETY: the factory made a `Plugin`, whose first field the pointer leads to.
        unsafe { &*plugin.cast::<Self>() }
    }

    /// The framework's extension `id`, whose type is `T`.
    ///
    /// # Safety
    /// The extension of that name has that type, and this is the plug-in's main thread.
    pub unsafe fn framework_extension<T>(&self, id: &CStr) -> Option<&T> {
        // SAFETY: the framework's extensions are null or live as long as the plug-in.
        unsafe { self.framework.get_extension?(&self.table, id.as_ptr()).cast::<T>().as_ref() }
    }

    /// The parameter extension, if it was asked for. The audio thread may call it.
    pub fn known_params(&self) -> Option<&ParamsExtension> {
        self.params.get()?.as_ref()
    }

    /// The parameter extension; the first call, on the main thread, asks the framework for it.
    pub fn params(&self) -> Option<&ParamsExtension> {
        let params = self.params.get_or_init(|| {
            // SAFETY: the name belongs to the type.
            let framework = *unsafe { self.framework_extension::<clap_plugin_params>(CLAP_EXT_PARAMS) }?;
            Some(ParamsExtension {
                framework,
                filtered: clap_plugin_params { flush: Some(flush::<P>), ..framework },
            })
        });
        params.as_ref()
    }

    /// The current layout. For the main thread.
    pub fn layout(&self) -> Layout {
        self.activation.layout()
    }

    /// Takes another layout; false while the plug-in is active.
    pub fn set_layout(&self, layout: Layout) -> bool {
        self.activation.set_layout(layout)
    }
}

unsafe extern "C" fn flush<P: HostedPlugin>(
    plugin: *const clap_plugin,
    input: *const clap_input_events,
    output: *const clap_output_events,
) {
    // SAFETY: the host calls with a living plug-in and lists that are as CLAP says.
    unsafe {
        let events = Events::new(input);
        let list = events.list();
        if let Some(flush) = Plugin::<P>::of(plugin).params().and_then(|params| params.framework.flush) {
            flush(plugin, list.as_ref().map_or(ptr::null(), ptr::from_ref), output);
        }
    }
}
