//! The class that hosts see, in front of the framework's.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use nice_plug::wrapper::vst3::Wrapper;
use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::{
    AudioBusBuffers, BusDirection, BusDirections_, BusInfo, IAudioProcessorTrait, IComponentHandler,
    IComponentHandlerTrait, IComponentTrait, IEditControllerTrait, IoMode, MediaType, ParamID, ParamValue,
    ParameterInfo, ProcessData, ProcessSetup, RestartFlags_, RoutingInfo, SpeakerArrangement, String128,
    SymbolicSampleSizes_, TChar,
};
use nice_plug::wrapper::vst3::vst3::Steinberg::{
    FIDString, FUnknown, IBStream, IPlugView, IPluginBaseTrait, TBool, TUID, int32, kInvalidArgument,
    kResultFalse, kResultOk, tresult, uint32,
};
use nice_plug::wrapper::vst3::vst3::{Class, ComPtr, ComRef};

use super::changes::Changes;
use super::forward::forward;
use crate::STEMS;
use crate::buses::{BusAdapter, HostBus, Layout, OUTPUT_BUSES};
use crate::effect::{AudioInstance, HostedPlugin, Outcome, Parameters, RestartHandler};
use crate::try_cell::TryCell;

/// Owns the framework's class and forwards every interface to it, except for audio.
pub struct Plugin<P: HostedPlugin> {
    pub(super) framework: Wrapper<P>,
    instance: P::Instance,
    adapter: TryCell<BusAdapter>,
    /// Largest block that the host announced, in samples.
    max_frames: AtomicUsize,
}

impl<P: HostedPlugin> Class for Plugin<P> {
    type Interfaces = <Wrapper<P> as Class>::Interfaces;
}

/// The host's object for requests of its main thread.
struct HostHandler(ComPtr<IComponentHandler>);

// SAFETY: VST3 objects count references atomically. The object is called where the framework runs main-thread tasks, as
// its own handler is. It is released on the host's main thread: `terminate` and `Plugin::drop` take it away, and a request
// under way then holds a reference of its own only as long as it runs.
unsafe impl Send for HostHandler {}
// SAFETY: as above.
unsafe impl Sync for HostHandler {}

impl HostHandler {
    /// Asks as the framework does. Hosts read the latency and activate the plug-in again.
    #[allow(
        clippy::unnecessary_cast,
        clippy::cast_possible_wrap,
        reason = "the enumeration's type differs between systems"
    )]
    fn request_restart(&self) {
        // SAFETY: the object is counted, so it is alive.
        unsafe { self.0.restartComponent(RestartFlags_::kLatencyChanged as int32) };
    }
}

impl<P: HostedPlugin> Plugin<P> {
    /// A new instance, `None` if the framework constructed none.
    pub fn create() -> Option<Self> {
        let (framework, instance) = P::capture_during(Wrapper::new);
        Some(Self {
            framework,
            instance: instance?,
            adapter: TryCell::default(),
            max_frames: AtomicUsize::new(0),
        })
    }

    /// Allocates for the layout on which the host has settled.
    fn prepare(&self) {
        let frames = self.max_frames.load(Ordering::Relaxed);
        // If another thread processes at this moment, the host breaks the rules and goes without.
        let _ = self.adapter.try_with(|adapter| match self.layout() {
            Some(layout) => adapter.prepare(layout, frames),
            None => adapter.close(),
        });
    }

    /// The framework's current layout.
    fn layout(&self) -> Option<Layout> {
        let channels = |direction: BusDirection, index: usize| {
            let mut arrangement: SpeakerArrangement = 0;
            let index = int32::try_from(index).ok()?;
            // SAFETY: the framework answers from its own layout and writes only on success.
            let answer = unsafe { self.framework.getBusArrangement(direction, index, &mut arrangement) };
            (answer == kResultOk).then(|| arrangement.count_ones() as usize)
        };
        let output = |index| channels(BusDirections_::kOutput as BusDirection, index);
        Some(Layout {
            input: channels(BusDirections_::kInput as BusDirection, 0)?,
            main: output(0)?,
            stems: output(1)
                .map(|_| std::array::from_fn::<_, STEMS, _>(|stem| output(1 + stem).unwrap_or(0))),
        })
    }
}

impl<P: HostedPlugin> Drop for Plugin<P> {
    fn drop(&mut self) {
        // For hosts that do not terminate what they release.
        self.instance.set_restart_handler(None);
    }
}

/// The `index`-th of a host's buses.
///
/// # Safety
/// `buses` is null or points to `count` buses of single precision.
unsafe fn bus(buses: *const AudioBusBuffers, count: int32, index: usize) -> HostBus {
    if buses.is_null() || usize::try_from(count).is_ok_and(|count| index >= count) || count < 0 {
        return HostBus::MISSING;
    }
    // SAFETY: within the host's array; the union holds what the sample size says.
    unsafe {
        let bus = &*buses.add(index);
        HostBus {
            channels: bus.__field0.channelBuffers32,
            count: usize::try_from(bus.numChannels).unwrap_or(0),
        }
    }
}

forward!(IAudioProcessorTrait {
    fn setBusArrangements(
        inputs: *mut SpeakerArrangement,
        num_ins: int32,
        outputs: *mut SpeakerArrangement,
        num_outs: int32,
    ) -> tresult;
    fn getBusArrangement(dir: BusDirection, index: int32, arr: *mut SpeakerArrangement) -> tresult;
    fn canProcessSampleSize(symbolic_sample_size: int32) -> tresult;
    fn getLatencySamples() -> uint32;
    fn setProcessing(state: TBool) -> tresult;
} {
    unsafe fn setupProcessing(&self, setup: *mut ProcessSetup) -> tresult {
        // SAFETY: a host passes null or a setup.
        if let Some(setup) = unsafe { setup.as_ref() } {
            let frames = usize::try_from(setup.maxSamplesPerBlock).unwrap_or(0);
            self.max_frames.store(frames, Ordering::Relaxed);
            self.prepare();
        }
        // Twice, because the framework applies the mode (offline or not) with the next setup only.
        // SAFETY: the host's arguments are forwarded as they are.
        unsafe {
            self.framework.setupProcessing(setup);
            self.framework.setupProcessing(setup)
        }
    }

    unsafe fn process(&self, data: *mut ProcessData) -> tresult {
        // SAFETY: the host calls with data that are as they say.
        unsafe { data.as_ref().map_or(kInvalidArgument, |call| self.process_call(call)) }
    }

    /// The signal goes on for as long as it is delayed. (The framework knows a tail from its own callback only.)
    unsafe fn getTailSamples(&self) -> uint32 {
        self.instance.latency()
    }
});

impl<P: HostedPlugin> Plugin<P> {
    /// # Safety
    /// The call is as it says.
    unsafe fn process_call(&self, call: &ProcessData) -> tresult {
        #[allow(
            clippy::unnecessary_cast,
            clippy::cast_possible_wrap,
            reason = "the enumeration's type differs between systems"
        )]
        let single = call.symbolicSampleSize == SymbolicSampleSizes_::kSample32 as int32;
        let outcome = self.adapter.try_with(|adapter| {
            // SAFETY: the buffers are of single precision where they are looked at; all else is as the call says.
            unsafe {
                let outputs: [HostBus; OUTPUT_BUSES] = std::array::from_fn(|index| {
                    if single { bus(call.outputs, call.numOutputs, index) } else { HostBus::MISSING }
                });
                let changes = Changes::new(call.inputParameterChanges, &self.instance);
                let frames = usize::try_from(call.numSamples).unwrap_or(0);
                if frames == 0 || outputs.iter().all(|bus| bus.channels.is_null() || bus.count == 0) {
                    // Without any output channel this is no audio but a host that flushes parameters, which some do
                    // before activation, too.
                    changes.for_each(|change| self.instance.apply(change.parameter, change.change));
                    return Some(Outcome::Processed);
                }
                let block = adapter.begin(frames, bus(call.inputs, call.numInputs, 0), outputs)?;
                Some(self.instance.process(block, changes))
            }
        });
        let outcome = outcome.flatten().unwrap_or(Outcome::NotProcessed);
        if outcome == Outcome::NeedsRestart {
            self.instance.schedule_restart();
        }
        match outcome {
            _ if !single && call.numOutputs > 0 => kInvalidArgument,
            Outcome::Processed | Outcome::NeedsRestart => kResultOk,
            Outcome::NotProcessed => kResultFalse,
        }
    }
}

forward!(IComponentTrait {
    fn getControllerClassId(class_id: *mut TUID) -> tresult;
    fn setIoMode(mode: IoMode) -> tresult;
    fn getBusCount(media: MediaType, dir: BusDirection) -> int32;
    fn getBusInfo(media: MediaType, dir: BusDirection, index: int32, info: *mut BusInfo) -> tresult;
    fn getRoutingInfo(in_info: *mut RoutingInfo, out_info: *mut RoutingInfo) -> tresult;
    fn activateBus(media: MediaType, dir: BusDirection, index: int32, state: TBool) -> tresult;
    fn setState(state: *mut IBStream) -> tresult;
    fn getState(state: *mut IBStream) -> tresult;
} {
    unsafe fn setActive(&self, state: TBool) -> tresult {
        if state != 0 {
            // The layout is settled now and stays until the plug-in is deactivated.
            self.prepare();
        }
        // SAFETY: the host's arguments are forwarded as they are.
        let result = unsafe { self.framework.setActive(state) };
        if state != 0 && result != kResultOk {
            let _ = self.adapter.try_with(BusAdapter::close);
        }
        result
    }
});

forward!(IPluginBaseTrait {
    fn initialize(context: *mut FUnknown) -> tresult;
} {
    unsafe fn terminate(&self) -> tresult {
        self.instance.set_restart_handler(None);
        // SAFETY: there are no arguments.
        unsafe { self.framework.terminate() }
    }
});

forward!(IEditControllerTrait {
    fn setComponentState(state: *mut IBStream) -> tresult;
    fn setState(state: *mut IBStream) -> tresult;
    fn getState(state: *mut IBStream) -> tresult;
    fn getParameterCount() -> int32;
    fn getParameterInfo(index: int32, info: *mut ParameterInfo) -> tresult;
    fn getParamStringByValue(id: ParamID, value: ParamValue, string: *mut String128) -> tresult;
    fn getParamValueByString(id: ParamID, string: *mut TChar, value: *mut ParamValue) -> tresult;
    fn normalizedParamToPlain(id: ParamID, value: ParamValue) -> ParamValue;
    fn plainParamToNormalized(id: ParamID, value: ParamValue) -> ParamValue;
    fn getParamNormalized(id: ParamID) -> ParamValue;
    fn createView(name: FIDString) -> *mut IPlugView;
} {
    unsafe fn setParamNormalized(&self, id: ParamID, value: ParamValue) -> tresult {
        if !value.is_finite() {
            // It would be saved as a value that cannot be read again.
            return kInvalidArgument;
        }
        // SAFETY: the host's arguments are forwarded as they are.
        unsafe { self.framework.setParamNormalized(id, value) }
    }

    unsafe fn setComponentHandler(&self, handler: *mut IComponentHandler) -> tresult {
        // SAFETY: a host passes null or an object that is alive; it is counted here.
        let ours = unsafe { ComRef::from_raw(handler) }.map(|handler| HostHandler(handler.to_com_ptr()));
        let ours = ours.map(|handler| -> RestartHandler { Arc::new(move || handler.request_restart()) });
        self.instance.set_restart_handler(ours);
        // SAFETY: the host's arguments are forwarded as they are.
        unsafe { self.framework.setComponentHandler(handler) }
    }
});
