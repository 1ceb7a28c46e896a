//! The VST3 entry point: the framework's class with a `process` of our own.

use std::ffi::c_void;
use std::ptr;

use nice_plug::wrapper::setup_logger;
use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::ChannelContext::IInfoListenerTrait;
use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::{
    AudioBusBuffers, BusDirection, BusDirections_, BusInfo, CString, CtrlNumber, IAttributeList,
    IAudioProcessorTrait, IComponentHandler, IComponentHandlerTrait, IComponentTrait, IEditControllerTrait,
    IMidiMappingTrait, INoteExpressionControllerTrait, IProcessContextRequirementsTrait, IUnitInfoTrait,
    IoMode, MediaType, NoteExpressionTypeID, NoteExpressionTypeInfo, NoteExpressionValue, ParamID,
    ParamValue, ParameterInfo, ProcessData, ProcessSetup, ProgramListID, ProgramListInfo, RestartFlags_,
    RoutingInfo, SpeakerArrangement, String128, TChar, UnitID, UnitInfo,
};
use nice_plug::wrapper::vst3::vst3::Steinberg::{
    FIDString, FUnknown, IBStream, IPlugView, IPluginBaseTrait, IPluginFactory, IPluginFactory2,
    IPluginFactory2Trait, IPluginFactory3, IPluginFactory3Trait, IPluginFactoryTrait, PClassInfo,
    PClassInfo2, PClassInfoW, PFactoryInfo, TBool, TUID, int16, int32, kInvalidArgument, kResultFalse,
    kResultOk, tresult, uint32,
};
use nice_plug::wrapper::vst3::vst3::{Class, ComPtr, ComRef, ComWrapper};
use nice_plug::wrapper::vst3::{PluginInfo, Wrapper};

use super::buses::{Guard, HostBus, Layout, OUTPUT_BUSES};
use super::callback::{Callback, Outcome};
use super::vst3_changes::Changes;
use crate::Unbraid;
use crate::shared::{AskForRestart, PluginShared};
use crate::try_cell::TryCell;

/// The VST3 factory that hosts look for.
#[unsafe(no_mangle)]
pub extern "system" fn GetPluginFactory() -> *mut c_void {
    let factory = Factory { plugin: PluginInfo::for_plugin::<Unbraid>() };
    ComWrapper::new(factory)
        .to_com_ptr::<IPluginFactory>()
        .map_or(ptr::null_mut(), |factory| factory.into_raw().cast())
}

/// Called by hosts when the library is loaded.
#[cfg(all(target_family = "unix", not(target_os = "macos")))]
#[unsafe(no_mangle)]
pub extern "C" fn ModuleEntry(_library: *mut c_void) -> bool {
    setup_logger::<Unbraid>();
    true
}

/// Called by hosts before the library is unloaded.
#[cfg(all(target_family = "unix", not(target_os = "macos")))]
#[unsafe(no_mangle)]
pub extern "C" fn ModuleExit() -> bool {
    true
}

/// Called by hosts when the bundle is loaded.
#[cfg(target_os = "macos")]
#[unsafe(no_mangle)]
pub extern "C" fn bundleEntry(_bundle: *mut c_void) -> bool {
    setup_logger::<Unbraid>();
    true
}

/// Called by hosts before the bundle is unloaded.
#[cfg(target_os = "macos")]
#[unsafe(no_mangle)]
pub extern "C" fn bundleExit() -> bool {
    true
}

/// Called by hosts when the library is loaded.
#[cfg(target_os = "windows")]
#[unsafe(no_mangle)]
pub extern "system" fn InitDll() -> bool {
    setup_logger::<Unbraid>();
    true
}

/// Called by hosts before the library is unloaded.
#[cfg(target_os = "windows")]
#[unsafe(no_mangle)]
pub extern "system" fn ExitDll() -> bool {
    true
}

/// Hands out the one plug-in of this library.
struct Factory {
    plugin: PluginInfo,
}

impl Class for Factory {
    type Interfaces = (IPluginFactory, IPluginFactory2, IPluginFactory3);
}

impl IPluginFactoryTrait for Factory {
    unsafe fn getFactoryInfo(&self, info: *mut PFactoryInfo) -> tresult {
        fill(info, 0, || self.plugin.create_factory_info())
    }

    unsafe fn countClasses(&self) -> int32 {
        1
    }

    unsafe fn getClassInfo(&self, index: int32, info: *mut PClassInfo) -> tresult {
        fill(info, index, || self.plugin.create_class_info())
    }

    unsafe fn createInstance(
        &self,
        class: FIDString,
        interface: FIDString,
        object: *mut *mut c_void,
    ) -> tresult {
        if class.is_null() || interface.is_null() || object.is_null() {
            return kInvalidArgument;
        }
        // SAFETY: a class id is sixteen bytes.
        if unsafe { &*class.cast::<[u8; 16]>() } != self.plugin.cid {
            return kInvalidArgument;
        }
        let (framework, Some(shared)) = PluginShared::capture_during(Wrapper::new) else {
            return kInvalidArgument;
        };
        let plugin = ComWrapper::new(Guarded {
            framework,
            callback: Callback::new(shared),
            guard: TryCell::new(Guard::new()),
            max_frames: TryCell::new(0),
        });
        let Some(unknown) = plugin.as_com_ref::<FUnknown>() else { return kInvalidArgument };
        let unknown = unknown.as_ptr();
        // SAFETY: the object is alive, and the host's arguments are passed on to its own query.
        unsafe { ((*(*unknown).vtbl).queryInterface)(unknown, interface.cast::<TUID>(), object) }
    }
}

impl IPluginFactory2Trait for Factory {
    unsafe fn getClassInfo2(&self, index: int32, info: *mut PClassInfo2) -> tresult {
        fill(info, index, || self.plugin.create_class_info_2())
    }
}

impl IPluginFactory3Trait for Factory {
    unsafe fn getClassInfoUnicode(&self, index: int32, info: *mut PClassInfoW) -> tresult {
        fill(info, index, || self.plugin.create_class_info_unicode())
    }

    unsafe fn setHostContext(&self, _context: *mut FUnknown) -> tresult {
        kResultOk
    }
}

fn fill<T>(info: *mut T, index: int32, make: impl FnOnce() -> T) -> tresult {
    if info.is_null() || index != 0 {
        return kInvalidArgument;
    }
    // SAFETY: a host passes memory for one `T`, which need not be initialised.
    unsafe { info.write(make()) };
    kResultOk
}

/// The class a host sees: owns the framework's and forwards every method of every interface to it, except
/// those that the guard needs to see.
struct Guarded {
    framework: Wrapper<Unbraid>,
    callback: Callback,
    guard: TryCell<Guard>,
    /// Largest block the host announced.
    max_frames: TryCell<usize>,
}

impl Class for Guarded {
    type Interfaces = <Wrapper<Unbraid> as Class>::Interfaces;
}

/// An object of the host's that its main thread alone uses.
struct OfMainThread(ComPtr<IComponentHandler>);

// SAFETY: it moves between threads inside what only the main thread opens: `PluginShared::restart` and `PluginShared::restart_by`, and
// the instance's end.
unsafe impl Send for OfMainThread {}

impl OfMainThread {
    fn restart(&self) {
        // The framework asks for the same. Hosts read the latency and activate the plug-in again.
        // SAFETY: the object is counted, so it is alive.
        unsafe { self.0.restartComponent(RestartFlags_::kLatencyChanged) };
    }
}

impl Guarded {
    /// Notes by whom the host is to be asked for a restart.
    fn note(&self, handler: *mut IComponentHandler) {
        // SAFETY: a host passes null or an object that is alive; it is counted here.
        let handler = unsafe { ComRef::from_raw(handler) };
        let handler = handler.map(|handler| OfMainThread(handler.to_com_ptr()));
        let ask = handler.map(|handler| -> AskForRestart { Box::new(move || handler.restart()) });
        self.callback.shared().restart_by(ask);
    }

    /// Makes room for the layout that the host has settled on.
    fn prepare(&self) {
        let layout = self.layout();
        let frames = self.max_frames.try_with(|frames| *frames).unwrap_or(0);
        // If another thread processes at this moment, the host breaks the rules and goes without.
        let _ = self.guard.try_with(|guard| guard.prepare(layout, frames));
    }

    fn layout(&self) -> Layout {
        let channels = |direction: BusDirection, index: usize| {
            let mut arrangement: SpeakerArrangement = 0;
            // SAFETY: the framework answers from its own layout and writes only on success.
            let answer =
                unsafe { self.framework.getBusArrangement(direction, index as int32, &mut arrangement) };
            if answer == kResultOk { arrangement.count_ones() as usize } else { 0 }
        };
        Layout {
            input: channels(BusDirections_::kInput as BusDirection, 0),
            outputs: std::array::from_fn(|index| channels(BusDirections_::kOutput as BusDirection, index)),
        }
    }
}

/// The `index`-th of a host's buses.
///
/// # Safety
/// `buses` is null or points to `count` buses.
unsafe fn bus(buses: *const AudioBusBuffers, count: int32, index: usize) -> HostBus {
    if buses.is_null() || index as i64 >= i64::from(count) {
        return HostBus::MISSING;
    }
    // SAFETY: within the host's array; both members of the union are pointers of one size.
    unsafe {
        let bus = &*buses.add(index);
        HostBus {
            channels: bus.__field0.channelBuffers32,
            count: usize::try_from(bus.numChannels).unwrap_or(0),
        }
    }
}

impl IAudioProcessorTrait for Guarded {
    unsafe fn setBusArrangements(
        &self,
        inputs: *mut SpeakerArrangement,
        num_ins: int32,
        outputs: *mut SpeakerArrangement,
        num_outs: int32,
    ) -> tresult {
        // SAFETY: the host's arguments are passed on as they are.
        unsafe { self.framework.setBusArrangements(inputs, num_ins, outputs, num_outs) }
    }

    unsafe fn getBusArrangement(
        &self,
        dir: BusDirection,
        index: int32,
        arr: *mut SpeakerArrangement,
    ) -> tresult {
        // SAFETY: the host's arguments are passed on as they are.
        unsafe { self.framework.getBusArrangement(dir, index, arr) }
    }

    unsafe fn canProcessSampleSize(&self, symbolic_sample_size: int32) -> tresult {
        // SAFETY: the host's arguments are passed on as they are.
        unsafe { self.framework.canProcessSampleSize(symbolic_sample_size) }
    }

    unsafe fn getLatencySamples(&self) -> uint32 {
        // SAFETY: the call takes no arguments.
        unsafe { self.framework.getLatencySamples() }
    }

    unsafe fn setupProcessing(&self, setup: *mut ProcessSetup) -> tresult {
        // SAFETY: a host passes null or a setup.
        if let Some(setup) = unsafe { setup.as_ref() } {
            let frames = usize::try_from(setup.maxSamplesPerBlock).unwrap_or(0);
            let _ = self.max_frames.try_with(|max_frames| *max_frames = frames);
            self.prepare();
        }
        // Twice, because the framework notes the mode (offline or not) only for the setup after this one.
        // SAFETY: the host's arguments are passed on as they are.
        unsafe {
            self.framework.setupProcessing(setup);
            self.framework.setupProcessing(setup)
        }
    }

    unsafe fn setProcessing(&self, state: TBool) -> tresult {
        // SAFETY: the host's arguments are passed on as they are.
        unsafe { self.framework.setProcessing(state) }
    }

    unsafe fn process(&self, data: *mut ProcessData) -> tresult {
        // SAFETY: the host calls with data that are as they say.
        unsafe {
            let Some(call) = data.as_ref() else { return kInvalidArgument };
            let outcome = self.guard.try_with(|guard| {
                if guard.layout().output_buses() == 0 {
                    // Never set up.
                    return Outcome::Nothing;
                }
                let mut frames = usize::try_from(call.numSamples).unwrap_or(0);
                let input = bus(call.inputs, call.numInputs, 0);
                let outputs: [HostBus; OUTPUT_BUSES] =
                    std::array::from_fn(|index| bus(call.outputs, call.numOutputs, index));
                if outputs.iter().all(|bus| bus.channels.is_null() || bus.count == 0) {
                    // Without any output channel this is no audio but a host that flushes parameters.
                    frames = 0;
                }
                guard.begin(frames, input, outputs);
                let changes = Changes::new(call.inputParameterChanges, &self.callback);
                if frames > 0 {
                    return self.callback.run(guard, changes);
                }
                // Hosts flush before activation, too, when there is nothing to process with.
                changes.for_each(|(_, parameter, change)| self.callback.apply(parameter, change));
                Outcome::Done
            });
            if outcome == Some(Outcome::NeedsRestart) {
                self.callback.shared().schedule_restart();
            }
            match outcome {
                Some(Outcome::Done | Outcome::NeedsRestart) => kResultOk,
                Some(Outcome::Nothing) | None => kResultFalse,
            }
        }
    }

    /// The framework knows the tail from what its own callback was told. What was heard goes on for as long as it is
    /// delayed.
    unsafe fn getTailSamples(&self) -> uint32 {
        // SAFETY: the call takes no arguments.
        unsafe { self.framework.getLatencySamples() }
    }
}

impl IComponentTrait for Guarded {
    unsafe fn getControllerClassId(&self, class_id: *mut TUID) -> tresult {
        // SAFETY: the host's arguments are passed on as they are.
        unsafe { self.framework.getControllerClassId(class_id) }
    }

    unsafe fn setIoMode(&self, mode: IoMode) -> tresult {
        // SAFETY: the host's arguments are passed on as they are.
        unsafe { self.framework.setIoMode(mode) }
    }

    unsafe fn getBusCount(&self, media: MediaType, dir: BusDirection) -> int32 {
        // SAFETY: the host's arguments are passed on as they are.
        unsafe { self.framework.getBusCount(media, dir) }
    }

    unsafe fn getBusInfo(
        &self,
        media: MediaType,
        dir: BusDirection,
        index: int32,
        info: *mut BusInfo,
    ) -> tresult {
        // SAFETY: the host's arguments are passed on as they are.
        unsafe { self.framework.getBusInfo(media, dir, index, info) }
    }

    unsafe fn getRoutingInfo(&self, in_info: *mut RoutingInfo, out_info: *mut RoutingInfo) -> tresult {
        // SAFETY: the host's arguments are passed on as they are.
        unsafe { self.framework.getRoutingInfo(in_info, out_info) }
    }

    unsafe fn activateBus(&self, media: MediaType, dir: BusDirection, index: int32, state: TBool) -> tresult {
        // SAFETY: the host's arguments are passed on as they are.
        unsafe { self.framework.activateBus(media, dir, index, state) }
    }

    unsafe fn setActive(&self, state: TBool) -> tresult {
        if state != 0 {
            // The layout is settled now and stays until the plug-in is deactivated.
            self.prepare();
        }
        // SAFETY: the host's arguments are passed on as they are.
        let result = unsafe { self.framework.setActive(state) };
        if state != 0 && result != kResultOk {
            let _ = self.guard.try_with(Guard::close);
        }
        result
    }

    unsafe fn setState(&self, state: *mut IBStream) -> tresult {
        // SAFETY: the host's arguments are passed on as they are.
        unsafe { IComponentTrait::setState(&self.framework, state) }
    }

    unsafe fn getState(&self, state: *mut IBStream) -> tresult {
        // SAFETY: the host's arguments are passed on as they are.
        unsafe { IComponentTrait::getState(&self.framework, state) }
    }
}

/// Forwards every method of an interface to the framework's class, some on a condition, some with something done before.
macro_rules! forward {
    ($interface:ident { $(fn $method:ident($($argument:ident: $type:ty),*) -> $result:ty $(, if $usable:expr)? $(, and $before:expr)?;)* }) => {
        impl $interface for Guarded {
            $(unsafe fn $method(&self, $($argument: $type),*) -> $result {
                $(if !$usable {
                    return kInvalidArgument;
                })?
                $($before(self);)?
                // SAFETY: the host's arguments are passed on as they are.
                unsafe { $interface::$method(&self.framework, $($argument),*) }
            })*
        }
    };
}

forward!(IPluginBaseTrait {
    fn initialize(context: *mut FUnknown) -> tresult;
    fn terminate() -> tresult;
});
forward!(IEditControllerTrait {
    // A value that is no number would be saved as one that cannot be read again.
    fn setParamNormalized(id: ParamID, value: ParamValue) -> tresult, if value.is_finite();
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
    fn setComponentHandler(handler: *mut IComponentHandler) -> tresult, and |guarded: &Guarded| guarded.note(handler);
    fn createView(name: FIDString) -> *mut IPlugView;
});
forward!(IMidiMappingTrait {
    fn getMidiControllerAssignment(bus: int32, channel: int16, number: CtrlNumber, id: *mut ParamID) -> tresult;
});
forward!(INoteExpressionControllerTrait {
    fn getNoteExpressionCount(bus: int32, channel: int16) -> int32;
    fn getNoteExpressionInfo(bus: int32, channel: int16, index: int32, info: *mut NoteExpressionTypeInfo) -> tresult;
    fn getNoteExpressionStringByValue(bus: int32, channel: int16, id: NoteExpressionTypeID, value: NoteExpressionValue, string: *mut String128) -> tresult;
    fn getNoteExpressionValueByString(bus: int32, channel: int16, id: NoteExpressionTypeID, string: *const TChar, value: *mut NoteExpressionValue) -> tresult;
});
forward!(IProcessContextRequirementsTrait {
    fn getProcessContextRequirements() -> uint32;
});
forward!(IUnitInfoTrait {
    fn getUnitCount() -> int32;
    fn getUnitInfo(index: int32, info: *mut UnitInfo) -> tresult;
    fn getProgramListCount() -> int32;
    fn getProgramListInfo(index: int32, info: *mut ProgramListInfo) -> tresult;
    fn getProgramName(list: ProgramListID, index: int32, name: *mut String128) -> tresult;
    fn getProgramInfo(list: ProgramListID, index: int32, id: CString, value: *mut String128) -> tresult;
    fn hasProgramPitchNames(list: ProgramListID, index: int32) -> tresult;
    fn getProgramPitchName(list: ProgramListID, index: int32, pitch: int16, name: *mut String128) -> tresult;
    fn getSelectedUnit() -> UnitID;
    fn selectUnit(id: UnitID) -> tresult;
    fn getUnitByBus(media: MediaType, dir: BusDirection, bus: int32, channel: int32, id: *mut UnitID) -> tresult;
    fn setUnitProgramData(list: int32, index: int32, data: *mut IBStream) -> tresult;
});
forward!(IInfoListenerTrait {
    fn setChannelContextInfos(list: *mut IAttributeList) -> tresult;
});
