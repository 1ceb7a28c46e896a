//! The CLAP entry point: the framework's plug-in with a `process` of our own.

mod events;

use std::ffi::{CStr, c_char, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::{Arc, OnceLock};

use clap_sys::audio_buffer::clap_audio_buffer;
use clap_sys::events::{clap_input_events, clap_output_events};
use clap_sys::ext::audio_ports::{CLAP_EXT_AUDIO_PORTS, clap_plugin_audio_ports};
use clap_sys::ext::params::{CLAP_EXT_PARAMS, clap_plugin_params};
use clap_sys::ext::tail::{CLAP_EXT_TAIL, clap_plugin_tail};
use clap_sys::process::{CLAP_PROCESS_CONTINUE, CLAP_PROCESS_ERROR, clap_process, clap_process_status};
pub use nice_plug::wrapper::clap::clap_plugin_entry;
use nice_plug::wrapper::clap::{
    CLAP_PLUGIN_FACTORY_ID, CLAP_VERSION, Wrapper, clap_host, clap_plugin, clap_plugin_descriptor,
    clap_plugin_factory,
};
use nice_plug::wrapper::setup_logger;

use crate::buses::{BusAdapter, HostBus, Layout};
use crate::effect::{AudioInstance, HostedPlugin, Outcome};
use crate::try_cell::TryCell;

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
    let ours = Plugin::<P> {
        vtable: clap_plugin {
            activate: Some(activate::<P>),
            get_extension: Some(get_extension::<P>),
            process: Some(process::<P>),
            destroy: Some(destroy::<P>),
            ..framework
        },
        framework,
        host,
        instance,
        params: OnceLock::new(),
        adapter: TryCell::default(),
    };
    Box::into_raw(Box::new(ours)).cast::<clap_plugin>()
}

/// The plug-in as the host sees it. The framework finds its own data through `plugin_data`, which is the same in both
/// tables.
#[repr(C)]
struct Plugin<P: HostedPlugin> {
    /// First, so that a pointer to it is a pointer to the whole.
    vtable: clap_plugin,
    framework: clap_plugin,
    host: *const clap_host,
    instance: P::Instance,
    /// Once asked for, since the framework's extensions live as long as the plug-in.
    params: OnceLock<Option<ParamsExtension>>,
    adapter: TryCell<BusAdapter>,
}

/// The framework's parameter extension, and the same with a filtered `flush`.
#[derive(Clone, Copy)]
struct ParamsExtension {
    framework: clap_plugin_params,
    filtered: clap_plugin_params,
}

impl<P: HostedPlugin> Plugin<P> {
    /// The whole behind the pointer that the host holds.
    ///
    /// # Safety
    /// `plugin` came from [`create_plugin`] and is not destroyed.
    unsafe fn of<'a>(plugin: *const clap_plugin) -> &'a Self {
        // SAFETY: `create_plugin` made a `Plugin`, whose first field the pointer leads to.
        unsafe { &*plugin.cast::<Self>() }
    }

    /// The framework's extension `id`, whose type is `T`.
    ///
    /// # Safety
    /// The extension of that name has that type, and this is the plug-in's main thread.
    unsafe fn framework_extension<T>(&self, id: &CStr) -> Option<&T> {
        // SAFETY: the framework's extensions are null or live as long as the plug-in.
        unsafe { self.framework.get_extension?(&self.vtable, id.as_ptr()).cast::<T>().as_ref() }
    }

    /// The parameter extension; the first call, on the main thread, asks the framework for it.
    fn params(&self) -> Option<&ParamsExtension> {
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

    /// The framework's current layout. For the main thread.
    fn layout(&self) -> Option<Layout> {
        // SAFETY: the name belongs to the type.
        let ports: &clap_plugin_audio_ports = unsafe { self.framework_extension(CLAP_EXT_AUDIO_PORTS) }?;
        let (count, get) = (ports.count?, ports.get?);
        let channels = |index: u32, is_input| {
            let mut info = MaybeUninit::zeroed();
            // SAFETY: the framework fills `info` in whenever it returns true.
            unsafe {
                let known = index < count(&self.vtable, is_input)
                    && get(&self.vtable, index, is_input, info.as_mut_ptr());
                known.then(|| info.assume_init().channel_count as usize)
            }
        };
        let mut stems = (1..).map(|index| channels(index, false).unwrap_or(0));
        Some(Layout {
            input: channels(0, true)?,
            main: channels(0, false)?,
            stems: channels(1, false).map(|_| std::array::from_fn(|_| stems.next().unwrap_or(0))),
        })
    }
}

unsafe extern "C" fn destroy<P: HostedPlugin>(plugin: *const clap_plugin) {
    // SAFETY: the host destroys what it got from `create_plugin`, once.
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
    let Some(layout) = this.layout() else { return false };
    let prepared = this.adapter.try_with(|adapter| adapter.prepare(layout, max_frames as usize));
    // SAFETY: the host's arguments are forwarded.
    let activate = |activate: unsafe extern "C" fn(*const clap_plugin, f64, u32, u32) -> bool| unsafe {
        activate(plugin, sample_rate, min_frames, max_frames)
    };
    let activated = prepared.is_some() && this.framework.activate.is_some_and(activate);
    if !activated {
        let _ = this.adapter.try_with(BusAdapter::close);
    }
    activated
}

unsafe extern "C" fn get_extension<P: HostedPlugin>(
    plugin: *const clap_plugin,
    id: *const c_char,
) -> *const c_void {
    let tail: &'static clap_plugin_tail = const { &clap_plugin_tail { get: Some(tail::<P>) } };
    // SAFETY: the host calls with a living plug-in and a string that ends.
    let (this, name) = unsafe { (Plugin::<P>::of(plugin), CStr::from_ptr(id)) };
    if name == CLAP_EXT_TAIL {
        return ptr::from_ref(tail).cast();
    }
    if name == CLAP_EXT_PARAMS
        && let Some(params) = this.params()
    {
        return ptr::from_ref(&params.filtered).cast();
    }
    // SAFETY: the host's arguments are forwarded.
    this.framework.get_extension.map_or(ptr::null(), |get| unsafe { get(plugin, id) })
}

/// The signal goes on for as long as it is delayed. (The framework knows a tail from its own callback only.)
unsafe extern "C" fn tail<P: HostedPlugin>(plugin: *const clap_plugin) -> u32 {
    // SAFETY: the host calls with a living plug-in.
    unsafe { Plugin::<P>::of(plugin) }.instance.latency()
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
            Some(this.instance.process(block, Events::new(call.in_events).changes(&this.instance)))
        });
        // Changes made in the window are queued in the framework, which tells the host about them here.
        if let Some(Some(params)) = this.params.get()
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
