//! A minimal VST3 host.

pub mod numbers;
mod objects;

use std::ffi::c_void;
use std::ops::Range;
use std::ptr;
use std::sync::Arc;

use nice_plug::prelude::Vst3Plugin;
use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::{
    AudioBusBuffers, IAudioProcessor, IAudioProcessorTrait, IComponent, IComponentTrait, IEditController,
    IEditControllerTrait, IParameterChanges, ProcessContext, ProcessData, ProcessSetup, SpeakerArr,
    SpeakerArrangement,
};
use nice_plug::wrapper::vst3::vst3::Steinberg::{
    IBStream, IPluginBaseTrait, IPluginFactory, IPluginFactoryTrait, kResultOk,
};
use nice_plug::wrapper::vst3::vst3::{ComPtr, ComWrapper, Interface};
use unbraid_plugin::Unbraid;

use super::library::vst3_factory;
use super::{
    Change, Host, Output, Recorder, Stereo, Transport, UNREACHABLE_RECORDER, callback, int, parameter_id,
};
use numbers::{OFFLINE, PLAYING, REALTIME, SINGLE};
use objects::{Changes, Stream};

/// One plug-in instance, initialised.
pub struct Instance {
    pub component: ComPtr<IComponent>,
    pub processor: ComPtr<IAudioProcessor>,
    /// With linked code only.
    pub recorder: Option<Arc<Recorder>>,
}

impl Instance {
    pub fn new() -> Self {
        // SAFETY: the factory hands out objects that implement what they were asked for.
        unsafe {
            let factory = ComPtr::<IPluginFactory>::from_raw(vst3_factory().cast()).unwrap();
            let mut object: *mut c_void = ptr::null_mut();
            let class = Unbraid::PLATFORM_VST3_CLASS_ID;
            let (created, mut made) = unbraid_plugin::made_during(|| {
                factory.createInstance(class.as_ptr().cast(), IComponent::IID.as_ptr().cast(), &mut object)
            });
            assert_eq!(created, kResultOk);
            let component = ComPtr::<IComponent>::from_raw(object.cast()).unwrap();
            assert_eq!(component.initialize(ptr::null_mut()), kResultOk);
            let processor = component.cast::<IAudioProcessor>().unwrap();
            Self { component, processor, recorder: made.pop().map(|made| made.recorder) }
        }
    }

    pub fn activate(&self, rate: f64, frames: i32) {
        let mut setup = ProcessSetup {
            processMode: REALTIME,
            symbolicSampleSize: SINGLE,
            maxSamplesPerBlock: frames,
            sampleRate: rate,
        };
        // SAFETY: the calls follow the order that VST3 prescribes.
        unsafe {
            assert_eq!(self.processor.setupProcessing(&mut setup), kResultOk);
            assert_eq!(self.component.setActive(1), kResultOk);
            assert_eq!(self.processor.setProcessing(1), kResultOk);
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // SAFETY: the calls follow the order that VST3 prescribes.
        unsafe {
            self.processor.setProcessing(0);
            self.component.setActive(0);
            self.component.terminate();
        }
    }
}

/// One instance, and whether it processes.
pub struct Vst3 {
    instance: Instance,
    active: bool,
    offline: bool,
    transport: Option<Transport>,
}

impl Vst3 {
    /// The plug-in itself, for tests of what no host should do.
    pub fn raw(&self) -> (ComPtr<IComponent>, ComPtr<IAudioProcessor>) {
        (self.instance.component.clone(), self.instance.processor.clone())
    }

    pub fn controller(&self) -> ComPtr<IEditController> {
        self.instance.component.cast().unwrap()
    }
}

impl Host for Vst3 {
    const FORMAT: &str = "VST3";

    fn new() -> Self {
        Self { instance: Instance::new(), active: false, offline: false, transport: None }
    }

    fn activate(&mut self, rate: f64, largest: usize) -> bool {
        self.deactivate();
        let mode = if self.offline { OFFLINE } else { REALTIME };
        let mut setup = ProcessSetup {
            processMode: mode,
            symbolicSampleSize: SINGLE,
            maxSamplesPerBlock: int(largest),
            sampleRate: rate,
        };
        // SAFETY: the calls follow the order that VST3 prescribes.
        unsafe {
            assert_eq!(self.instance.processor.setupProcessing(&mut setup), kResultOk);
            self.active = self.instance.component.setActive(1) == kResultOk;
            self.active && self.instance.processor.setProcessing(1) == kResultOk
        }
    }

    fn deactivate(&mut self) {
        if std::mem::take(&mut self.active) {
            // SAFETY: the plug-in is active and processes.
            unsafe {
                self.instance.processor.setProcessing(0);
                self.instance.component.setActive(0);
            }
        }
    }

    fn recorder(&self) -> Arc<Recorder> {
        self.instance.recorder.clone().expect(UNREACHABLE_RECORDER)
    }

    fn set_transport(&mut self, transport: Option<Transport>) {
        self.transport = transport;
    }

    fn set_offline(&mut self, offline: bool) {
        self.offline = offline;
    }

    fn set(&mut self, id: &'static str, value: f64) {
        // SAFETY: the plug-in is initialised.
        unsafe { self.controller().setParamNormalized(parameter_id(id), value) };
    }

    fn value(&self, id: &'static str) -> f64 {
        // SAFETY: the plug-in is initialised.
        unsafe { self.controller().getParamNormalized(parameter_id(id)) }
    }

    fn reset(&mut self) {
        // SAFETY: the plug-in is active.
        unsafe {
            self.instance.processor.setProcessing(0);
            self.instance.processor.setProcessing(1);
        }
    }

    fn latency(&self) -> usize {
        // SAFETY: the plug-in is initialised.
        unsafe { self.instance.processor.getLatencySamples() as usize }
    }

    fn save(&self) -> Vec<u8> {
        let stream = ComWrapper::new(Stream::default());
        // SAFETY: the stream lives through the call.
        let result =
            unsafe { self.instance.component.getState(stream.to_com_ptr::<IBStream>().unwrap().as_ptr()) };
        assert_eq!(result, kResultOk);
        stream.bytes()
    }

    fn load(&mut self, state: &[u8]) -> bool {
        let stream = ComWrapper::new(Stream::new(state));
        // SAFETY: the stream lives through the call.
        let result =
            unsafe { self.instance.component.setState(stream.to_com_ptr::<IBStream>().unwrap().as_ptr()) };
        result == kResultOk
    }

    fn arrange(&mut self, input: usize, outputs: &[usize]) -> bool {
        let arrangement = |channels: &usize| match channels {
            0 => SpeakerArr::kEmpty,
            1 => SpeakerArr::kMono,
            _ => SpeakerArr::kStereo,
        };
        let mut inputs = [arrangement(&input)];
        let mut outputs: Vec<SpeakerArrangement> = outputs.iter().map(arrangement).collect();
        let count = int(outputs.len());
        let processor = &self.instance.processor;
        // SAFETY: the arrays are as long as they say.
        unsafe {
            processor.setBusArrangements(inputs.as_mut_ptr(), 1, outputs.as_mut_ptr(), count) == kResultOk
        }
    }

    fn process_buses(&mut self, input: &[Vec<f32>], outputs: &mut [Vec<Vec<f32>>], block: usize) -> bool {
        let length = input[0].len();
        (0..length).step_by(block).all(|start| {
            let mut input: Vec<_> =
                input.iter().map(|channel| channel[start..].as_ptr().cast_mut()).collect();
            let mut outputs: Vec<Vec<_>> = outputs
                .iter_mut()
                .map(|bus| bus.iter_mut().map(|channel| channel[start..].as_mut_ptr()).collect())
                .collect();
            let buffers = |pointers: &mut Vec<*mut f32>| {
                // SAFETY: the type is plain old data, for which zeros are a value.
                let mut buffers: AudioBusBuffers = unsafe { std::mem::zeroed() };
                buffers.numChannels = int(pointers.len());
                buffers.__field0.channelBuffers32 = pointers.as_mut_ptr();
                buffers
            };
            let mut input = buffers(&mut input);
            let mut outputs: Vec<_> = outputs.iter_mut().map(buffers).collect();
            // SAFETY: the type is plain old data, for which zeros are a value.
            let mut data: ProcessData = unsafe { std::mem::zeroed() };
            data.symbolicSampleSize = SINGLE;
            data.numSamples = int(block.min(length - start));
            (data.numInputs, data.numOutputs) = (1, int(outputs.len()));
            (data.inputs, data.outputs) = (&mut input, outputs.as_mut_ptr());
            // SAFETY: the data are as they say.
            unsafe { self.instance.processor.process(&mut data) == kResultOk }
        })
    }

    fn block_to(
        &mut self,
        connected: [bool; 4],
        input: &Stereo,
        output: &mut Output,
        range: Range<usize>,
        changes: &[Change],
    ) -> bool {
        let start = range.start;
        let mut pointers = input.each_ref().map(|channel| channel[start..].as_ptr().cast_mut());
        let buffers = |pointers: &mut [*mut f32; 2]| {
            // SAFETY: the type is plain old data, for which zeros are a value.
            let mut buffers: AudioBusBuffers = unsafe { std::mem::zeroed() };
            buffers.numChannels = 2;
            buffers.__field0.channelBuffers32 = pointers.as_mut_ptr();
            buffers
        };
        let mut input = buffers(&mut pointers);
        let Output { main, stems } = output;
        let [one, two, three, four] = stems;
        let mut pointers = [main, one, two, three, four]
            .map(|bus| bus.each_mut().map(|channel| channel[start..].as_mut_ptr()));
        let stems = pointers[1..].iter_mut().zip(connected);
        stems.filter(|(_, connected)| !connected).for_each(|(bus, _)| *bus = [ptr::null_mut(); 2]);
        let mut outputs = pointers.each_mut().map(buffers);
        let changes = ComWrapper::new(Changes::new(changes)).to_com_ptr::<IParameterChanges>().unwrap();
        // SAFETY: the type is plain old data, for which zeros are a value.
        let mut data: ProcessData = unsafe { std::mem::zeroed() };
        data.processMode = REALTIME;
        data.symbolicSampleSize = SINGLE;
        data.numSamples = int(range.len());
        data.numInputs = 1;
        data.numOutputs = 5;
        data.inputs = &mut input;
        data.outputs = outputs.as_mut_ptr();
        data.inputParameterChanges = changes.as_ptr();
        // SAFETY: the type is plain old data, for which zeros are a value.
        let mut context: ProcessContext = unsafe { std::mem::zeroed() };
        if let Some(transport) = &mut self.transport {
            context.state = if transport.playing { PLAYING } else { 0 };
            context.projectTimeSamples = transport.position;
            transport.position += if transport.playing { i64::from(data.numSamples) } else { 0 };
            data.processContext = &mut context;
        }
        // SAFETY: the data are as they say.
        callback(|| unsafe { self.instance.processor.process(&mut data) == kResultOk })
    }
}
