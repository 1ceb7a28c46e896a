//! The VST3 entry point under a minimal host.

use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::{
    AudioBusBuffers, BusInfo, IAudioProcessorTrait, IComponentHandler, IComponentHandlerTrait,
    IComponentTrait, IEditController, IEditControllerTrait, ParamID, ParamValue, ProcessData,
};
use nice_plug::wrapper::vst3::vst3::Steinberg::{int32, kInvalidArgument, kResultOk, tresult};
use nice_plug::wrapper::vst3::vst3::{Class, ComPtr, ComWrapper};
use unbraid_plugin::mode::Mode;

use super::cases::*;
use super::hosts::vst3::Instance;
use super::hosts::vst3::numbers::{AUDIO, DOUBLE, INPUT, LATENCY_CHANGED, OUTPUT, REALTIME, SINGLE};
use super::hosts::{Change, Host, Output, Vst3, int, mode_value};

fn buffers(bus: &Bus) -> AudioBusBuffers {
    // SAFETY: the type is plain old data, for which zeros are a value.
    let mut buffers: AudioBusBuffers = unsafe { std::mem::zeroed() };
    buffers.numChannels = int(bus.count);
    buffers.__field0.channelBuffers32 = bus.pointers;
    buffers
}

#[test]
fn vst3_main_is_right_whatever_buses_the_host_hands_over() {
    for case in CASES {
        let instance = Instance::new();
        instance.activate(44_100.0, int(BLOCK));
        // SAFETY: the plug-in is active.
        let latency = unsafe { instance.processor.getLatencySamples() } as usize;
        check(case, latency, |memory, samples| {
            let mut input = buffers(&memory.input());
            let declared = memory.outputs(case);
            // Behind the declared buses lies what must not be read.
            let mut outputs: [AudioBusBuffers; BUSES + 1] =
                std::array::from_fn(|bus| buffers(&declared[bus].unwrap_or_else(Bus::poison)));
            // SAFETY: the type is plain old data, for which zeros are a value.
            let mut data: ProcessData = unsafe { std::mem::zeroed() };
            data.processMode = REALTIME;
            data.symbolicSampleSize = SINGLE;
            data.numSamples = int(samples);
            data.numInputs = 1;
            data.numOutputs = int(case.declared());
            data.inputs = &mut input;
            data.outputs = outputs.as_mut_ptr();
            // SAFETY: the plug-in is active, and the data are as they say.
            assert_eq!(unsafe { instance.processor.process(&mut data) }, kResultOk);
        });
    }
}

#[test]
fn vst3_a_flush_without_buses_passes_no_time() {
    let instance = Instance::new();
    instance.activate(44_100.0, int(BLOCK));
    // SAFETY: the plug-in is active.
    let latency = unsafe { instance.processor.getLatencySamples() } as usize;
    check(Case::All, latency, |memory, samples| {
        // SAFETY: the type is plain old data, for which zeros are a value.
        let mut flush: ProcessData = unsafe { std::mem::zeroed() };
        flush.numSamples = int(samples);
        // SAFETY: the plug-in is active, and the data are as they say.
        assert_eq!(unsafe { instance.processor.process(&mut flush) }, kResultOk);
        let mut input = buffers(&memory.input());
        let mut outputs: Vec<_> = memory.outputs(Case::All).iter().flatten().map(buffers).collect();
        flush.numInputs = 1;
        flush.numOutputs = int(outputs.len());
        flush.inputs = &mut input;
        flush.outputs = outputs.as_mut_ptr();
        // SAFETY: the plug-in is active, and the data are as they say.
        assert_eq!(unsafe { instance.processor.process(&mut flush) }, kResultOk);
    });
}

#[test]
fn vst3_buses_have_their_names() {
    let instance = Instance::new();
    let names = |direction: i32| -> Vec<(String, i32)> {
        // SAFETY: the plug-in is alive and fills in what it is asked for.
        unsafe {
            (0..instance.component.getBusCount(AUDIO, direction))
                .map(|index| {
                    let mut info: BusInfo = std::mem::zeroed();
                    assert_eq!(instance.component.getBusInfo(AUDIO, direction, index, &mut info), kResultOk);
                    let name: Vec<u16> = info.name.iter().copied().take_while(|&unit| unit != 0).collect();
                    (String::from_utf16(&name).unwrap(), info.channelCount)
                })
                .collect()
        }
    };
    let stereo = |name: &str| (name.to_owned(), 2);
    assert_eq!(names(INPUT), [stereo("Main")]);
    assert_eq!(names(OUTPUT), ["Main", "Vocals", "Drums", "Bass", "Other"].map(stereo));
}

#[test]
fn vst3_double_precision_is_refused_without_a_look_at_the_buffers() {
    let instance = Instance::new();
    instance.activate(44_100.0, int(BLOCK));
    let mut memory = Memory::new();
    // A reader of single precision would follow these pointers.
    let poison = buffers(&Bus::poison());
    let (mut input, mut outputs) = (poison, [poison; BUSES]);
    // SAFETY: the type is plain old data, for which zeros are a value.
    let mut data: ProcessData = unsafe { std::mem::zeroed() };
    data.symbolicSampleSize = DOUBLE;
    (data.numSamples, data.numInputs, data.numOutputs) = (int(BLOCK), 1, int(BUSES));
    (data.inputs, data.outputs) = (&mut input, outputs.as_mut_ptr());
    // SAFETY: the plug-in is active; what the pointers lead to is what is tested.
    assert_eq!(unsafe { instance.processor.process(&mut data) }, kInvalidArgument);
    // And single precision goes on.
    let mut input = buffers(&memory.input());
    let mut outputs: Vec<_> = memory.outputs(Case::All).iter().flatten().map(buffers).collect();
    data.symbolicSampleSize = SINGLE;
    (data.inputs, data.outputs) = (&mut input, outputs.as_mut_ptr());
    // SAFETY: the plug-in is active, and the data are as they say.
    assert_eq!(unsafe { instance.processor.process(&mut data) }, kResultOk);
}

/// A host that counts how often it is asked for a restart.
struct Handler(Arc<AtomicUsize>);

impl Class for Handler {
    type Interfaces = (IComponentHandler,);
}

impl IComponentHandlerTrait for Handler {
    unsafe fn beginEdit(&self, _id: ParamID) -> tresult {
        kResultOk
    }

    unsafe fn performEdit(&self, _id: ParamID, _value: ParamValue) -> tresult {
        kResultOk
    }

    unsafe fn endEdit(&self, _id: ParamID) -> tresult {
        kResultOk
    }

    unsafe fn restartComponent(&self, flags: int32) -> tresult {
        assert_eq!(flags, LATENCY_CHANGED);
        self.0.fetch_add(1, Ordering::SeqCst);
        kResultOk
    }
}

#[test]
fn vst3_a_change_of_mode_while_it_plays_asks_for_a_restart_and_one_only() {
    let restarts = Arc::new(AtomicUsize::new(0));
    let asked = |least: usize| {
        let deadline = Instant::now() + Duration::from_secs(30);
        while restarts.load(Ordering::SeqCst) < least && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(10));
        }
        restarts.load(Ordering::SeqCst)
    };
    let mut host = Vst3::prepared(Mode::Studio);
    let handler = ComWrapper::new(Handler(restarts.clone())).to_com_ptr::<IComponentHandler>().unwrap();
    // SAFETY: the handler lives through the test.
    assert_eq!(unsafe { host.controller().setComponentHandler(handler.as_ptr()) }, kResultOk);
    // Another latency is another reason to ask: here it is the spread of short blocks.
    assert!(host.activate(44_100.0, 64));
    assert_eq!(asked(1), 1);
    let input = [(); 2].map(|()| vec![0.1; 64 * 8]);
    let mut output = Output::new(64 * 8);
    for at in (0..64 * 8).step_by(64) {
        let change = [Change { at: 13, id: "mode", value: mode_value(Mode::Live) }];
        assert!(host.block(&input, &mut output, at..at + 64, if at == 64 { &change } else { &[] }));
    }
    assert_eq!(asked(2), 2);
    thread::sleep(Duration::from_millis(100));
    assert_eq!(asked(0), 2, "once is enough");
    // SAFETY: hosts take their handler back before they go.
    assert_eq!(unsafe { host.controller().setComponentHandler(ptr::null_mut()) }, kResultOk);
}

/// A host that takes its handler back while it is asked for a restart.
struct Fickle {
    asked: Arc<AtomicUsize>,
    controller: Mutex<Option<ComPtr<IEditController>>>,
}

impl Class for Fickle {
    type Interfaces = (IComponentHandler,);
}

impl IComponentHandlerTrait for Fickle {
    unsafe fn beginEdit(&self, _id: ParamID) -> tresult {
        kResultOk
    }

    unsafe fn performEdit(&self, _id: ParamID, _value: ParamValue) -> tresult {
        kResultOk
    }

    unsafe fn endEdit(&self, _id: ParamID) -> tresult {
        kResultOk
    }

    unsafe fn restartComponent(&self, _flags: int32) -> tresult {
        if let Some(controller) = self.controller.lock().unwrap().take() {
            // SAFETY: the controller is alive.
            unsafe { controller.setComponentHandler(ptr::null_mut()) };
        }
        self.asked.fetch_add(1, Ordering::SeqCst);
        kResultOk
    }
}

#[test]
fn vst3_a_host_may_take_its_handler_back_while_it_is_asked_for_a_restart() {
    // By the framework, after an activation with another latency, and by the audio callback, after a change of mode.
    for by_mode in [false, true] {
        let mut host = Vst3::prepared(Mode::Studio);
        if by_mode {
            assert!(host.activate(44_100.0, 512));
        }
        let asked = Arc::new(AtomicUsize::new(0));
        let fickle = Fickle { asked: asked.clone(), controller: Mutex::new(Some(host.controller())) };
        let handler = ComWrapper::new(fickle).to_com_ptr::<IComponentHandler>().unwrap();
        // SAFETY: the handler lives through the test.
        assert_eq!(unsafe { host.controller().setComponentHandler(handler.as_ptr()) }, kResultOk);
        if by_mode {
            let input = [(); 2].map(|()| vec![0.1; 512]);
            let change = Change { at: 0, id: "mode", value: mode_value(Mode::Live) };
            assert!(host.block(&input, &mut Output::new(512), 0..512, &[change]));
        } else {
            assert!(host.activate(96_000.0, 64));
        }
        let deadline = Instant::now() + Duration::from_secs(60);
        while asked.load(Ordering::SeqCst) == 0 {
            assert!(
                Instant::now() < deadline,
                "the host was never asked, or the call never came back; {by_mode}"
            );
            thread::sleep(Duration::from_millis(5));
        }
    }
}
