//! The class that hosts see, in front of the framework's.

use std::sync::atomic::{AtomicBool, Ordering};

use nice_plug::wrapper::vst3::Wrapper;
use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::{
    AudioBusBuffers, BusDirection, BusInfo, IAudioProcessorTrait, IComponentHandler, IComponentTrait,
    IEditControllerTrait, IoMode, MediaType, ParamID, ParamValue, ParameterInfo, ProcessContext,
    ProcessContext_, ProcessData, ProcessSetup, RoutingInfo, SpeakerArrangement, String128,
    SymbolicSampleSizes_, TChar,
};
use nice_plug::wrapper::vst3::vst3::Steinberg::{
    FIDString, FUnknown, IBStream, IPlugView, IPluginBaseTrait, TBool, TUID, int32, kInvalidArgument,
    kResultFalse, kResultOk, tresult, uint32,
};
use nice_plug::wrapper::vst3::vst3::{Class, ComRef, ComWrapper};

use super::changes::Changes;
use super::forward::forward;
use super::handler::Handler;
use super::held::HeldValues;
use crate::activation::Activation;
use crate::buses::{BusAdapter, HostBus};
use crate::effect::Parameters;
use crate::instance::{AudioInstance, HostedPlugin, Outcome};
use crate::layout::{Layout, OUTPUT_BUSES};
use crate::transport::{Position, Transport};
use crate::try_cell::TryCell;

/// Owns the framework's class and forwards every interface to it, except for audio.
pub struct Plugin<P: HostedPlugin> {
    pub(super) framework: Wrapper<P>,
    instance: P::Instance,
    handler: Handler,
    adapter: TryCell<BusAdapter>,
    activation: Activation,
    held: HeldValues,
    /// Between the host's `setProcessing(1)` and `setProcessing(0)`.
    processing: AtomicBool,
}

impl<P: HostedPlugin> Class for Plugin<P> {
    type Interfaces = <Wrapper<P> as Class>::Interfaces;
}

impl<P: HostedPlugin> Plugin<P> {
    /// A new instance, `None` if the framework constructed none.
    pub fn create() -> Option<Self> {
        let (framework, instance) = P::capture_during(Wrapper::<P>::new);
        let (instance, handler) = (instance?, Handler::default());
        let ours = ComWrapper::new(handler.clone()).to_com_ptr::<IComponentHandler>()?;
        // SAFETY: the object is alive; the framework counts it.
        unsafe { framework.setComponentHandler(ours.as_ptr()) };
        let held = HeldValues::new(instance.count());
        let restart = handler.clone();
        instance.set_restart_handler(Box::new(move || restart.request_restart()));
        Some(Self {
            framework,
            instance,
            handler,
            adapter: TryCell::default(),
            activation: Activation::default(),
            held,
            processing: AtomicBool::new(false),
        })
    }

    /// Allocates for the layout on which the host has settled.
    fn prepare(&self) {
        let (layout, max_block) = (self.layout(), self.activation.max_block());
        // If another thread processes at this moment, the host breaks the rules and goes without.
        let _ = self.adapter.try_with(|adapter| adapter.prepare(layout, max_block));
    }

    pub(super) fn layout(&self) -> Layout {
        self.activation.layout()
    }

    /// Takes another layout; false while the plug-in is active.
    pub(super) fn set_layout(&self, layout: Layout) -> bool {
        self.activation.set_layout(layout)
    }
}

impl<P: HostedPlugin> Drop for Plugin<P> {
    fn drop(&mut self) {
        // For hosts that do not terminate what they release.
        self.handler.set(None);
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
    fn canProcessSampleSize(symbolic_sample_size: int32) -> tresult;
} {
    unsafe fn setBusArrangements(
        &self,
        inputs: *mut SpeakerArrangement,
        num_ins: int32,
        outputs: *mut SpeakerArrangement,
        num_outs: int32,
    ) -> tresult {
        // SAFETY: the host's arrays are as long as they say.
        unsafe { self.set_arrangements(inputs, num_ins, outputs, num_outs) }
    }

    unsafe fn getBusArrangement(&self, dir: BusDirection, index: int32, arr: *mut SpeakerArrangement) -> tresult {
        // SAFETY: the host passes null or memory for the answer.
        unsafe { self.arrangement(dir, index, arr) }
    }

    /// Also before activation, when the framework says 0.
    unsafe fn getLatencySamples(&self) -> uint32 {
        self.activation.latency(&self.instance)
    }

    unsafe fn setProcessing(&self, state: TBool) -> tresult {
        self.processing.store(state != 0, Ordering::Relaxed);
        if state == 0 {
            self.held.stop(&self.instance);
        }
        // SAFETY: the host's argument is forwarded as it is.
        unsafe { self.framework.setProcessing(state) }
    }

    unsafe fn setupProcessing(&self, setup: *mut ProcessSetup) -> tresult {
        // SAFETY: a host passes null or a setup.
        if let Some(setup) = unsafe { setup.as_ref() } {
            let frames = usize::try_from(setup.maxSamplesPerBlock).unwrap_or(0);
            self.activation.set_rate(setup.sampleRate, frames);
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

/// The host's transport. (Its position in samples is always there.)
#[allow(clippy::unnecessary_cast, reason = "the flags' type differs between systems")]
fn transport(context: &ProcessContext) -> Transport {
    let playing = context.state & ProcessContext_::StatesAndFlags_::kPlaying as uint32 != 0;
    Transport { playing: Some(playing), position: Some(Position::Samples(context.projectTimeSamples)) }
}

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
        let now = self.held.now();
        // SAFETY: a host passes null or a context.
        let transport = unsafe { call.processContext.as_ref() }.map(transport).unwrap_or_default();
        self.held.begin_block(&self.instance, transport.playing == Some(true), now);
        let outcome = self.adapter.try_with(|adapter| {
            // SAFETY: the buffers are of single precision where they are looked at; all else is as the call says.
            unsafe {
                let outputs: [HostBus; OUTPUT_BUSES] = std::array::from_fn(|index| {
                    if single { bus(call.outputs, call.numOutputs, index) } else { HostBus::MISSING }
                });
                let changes = Changes::new(call.inputParameterChanges, &self.instance)
                    .inspect(|change| self.held.automated(change.parameter, now));
                let frames = usize::try_from(call.numSamples).unwrap_or(0);
                if frames == 0 || outputs.iter().all(|bus| bus.channels.is_null() || bus.count == 0) {
                    // Without any output channel this is no audio but a host that flushes parameters, which some do
                    // before activation, too.
                    changes.for_each(|change| self.instance.apply(change.parameter, change.change));
                    return Some(Outcome::Processed);
                }
                let block = adapter.begin(frames, bus(call.inputs, call.numInputs, 0), outputs)?;
                Some(self.instance.process(block, transport, changes))
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
    fn getRoutingInfo(in_info: *mut RoutingInfo, out_info: *mut RoutingInfo) -> tresult;
} {
    unsafe fn getBusCount(&self, media: MediaType, dir: BusDirection) -> int32 {
        self.bus_count(media, dir)
    }

    unsafe fn getBusInfo(&self, media: MediaType, dir: BusDirection, index: int32, info: *mut BusInfo) -> tresult {
        // SAFETY: the host passes null or memory for the answer.
        unsafe { self.bus_info(media, dir, index, info) }
    }

    unsafe fn activateBus(&self, media: MediaType, dir: BusDirection, index: int32, state: TBool) -> tresult {
        self.activate_bus(media, dir, index, state)
    }

    unsafe fn setState(&self, state: *mut IBStream) -> tresult {
        self.held.clear();
        // SAFETY: the host's argument is forwarded as it is.
        unsafe { IComponentTrait::setState(&self.framework, state) }
    }

    unsafe fn getState(&self, state: *mut IBStream) -> tresult {
        self.held.settle(&self.instance, self.held.now());
        // SAFETY: the host's argument is forwarded as it is.
        unsafe { IComponentTrait::getState(&self.framework, state) }
    }

    unsafe fn setActive(&self, state: TBool) -> tresult {
        if state != 0 {
            // The layout is settled now and stays until the plug-in is deactivated.
            self.prepare();
        }
        // SAFETY: the host's arguments are forwarded as they are.
        let result = unsafe { self.framework.setActive(state) };
        let active = state != 0 && result == kResultOk;
        self.activation.set_active(active);
        if state != 0 && !active {
            let _ = self.adapter.try_with(BusAdapter::close);
        }
        result
    }
});

forward!(IPluginBaseTrait {
    fn initialize(context: *mut FUnknown) -> tresult;
} {
    unsafe fn terminate(&self) -> tresult {
        self.handler.set(None);
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
    fn createView(name: FIDString) -> *mut IPlugView;
} {
    unsafe fn setParamNormalized(&self, id: ParamID, value: ParamValue) -> tresult {
        if !value.is_finite() {
            // It would be saved as a value that cannot be read again.
            return kInvalidArgument;
        }
        match self.instance.index(id) {
            // The framework drops the value then.
            Some(parameter) if self.processing.load(Ordering::Relaxed) => {
                self.held.set(&self.instance, parameter, value, self.held.now());
                kResultOk
            }
            // SAFETY: the host's arguments are forwarded as they are.
            _ => unsafe { self.framework.setParamNormalized(id, value) },
        }
    }

    unsafe fn getParamNormalized(&self, id: ParamID) -> ParamValue {
        let held = self.instance.index(id).and_then(|parameter| self.held.get(parameter));
        // SAFETY: the host's argument is forwarded as it is.
        held.unwrap_or_else(|| unsafe { self.framework.getParamNormalized(id) })
    }

    unsafe fn setComponentHandler(&self, handler: *mut IComponentHandler) -> tresult {
        // SAFETY: a host passes null or an object that is alive; it is counted here.
        self.handler.set(unsafe { ComRef::from_raw(handler) }.map(|handler| handler.to_com_ptr()));
        kResultOk
    }
});
