//! A minimal VST3 host.

use std::cell::RefCell;
use std::ffi::c_void;
use std::ops::Range;
use std::ptr;

use nice_plug::prelude::Vst3Plugin;
use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::{
    AudioBusBuffers, IAudioProcessor, IAudioProcessorTrait, IComponent, IComponentTrait, IEditController,
    IEditControllerTrait, IParamValueQueue, IParamValueQueueTrait, IParameterChanges, IParameterChangesTrait,
    ParamID, ParamValue, ProcessData, ProcessModes_, ProcessSetup, SpeakerArr, SpeakerArrangement,
    SymbolicSampleSizes_,
};
use nice_plug::wrapper::vst3::vst3::Steinberg::{
    IBStream, IBStream_::IStreamSeekMode_, IBStreamTrait, IPluginBaseTrait, IPluginFactory,
    IPluginFactoryTrait, int32, int64, kInvalidArgument, kResultFalse, kResultOk, tresult,
};
use nice_plug::wrapper::vst3::vst3::{Class, ComPtr, ComWrapper, Interface};
use unbraid_plugin::Unbraid;

use super::{Change, Host, Output, Stereo, callback, parameter_id};

/// One plug-in instance, initialised.
pub struct Instance {
    pub component: ComPtr<IComponent>,
    pub processor: ComPtr<IAudioProcessor>,
}

impl Instance {
    pub fn new() -> Self {
        // SAFETY: the factory hands out objects that implement what they were asked for.
        unsafe {
            let factory =
                ComPtr::<IPluginFactory>::from_raw(unbraid_formats::vst3::factory::<Unbraid>().cast())
                    .unwrap();
            let mut object: *mut c_void = ptr::null_mut();
            let class = Unbraid::PLATFORM_VST3_CLASS_ID;
            let created =
                factory.createInstance(class.as_ptr().cast(), IComponent::IID.as_ptr().cast(), &mut object);
            assert_eq!(created, kResultOk);
            let component = ComPtr::<IComponent>::from_raw(object.cast()).unwrap();
            assert_eq!(component.initialize(ptr::null_mut()), kResultOk);
            let processor = component.cast::<IAudioProcessor>().unwrap();
            Self { component, processor }
        }
    }

    pub fn activate(&self, rate: f64, frames: i32) {
        let mut setup = ProcessSetup {
            processMode: ProcessModes_::kRealtime as i32,
            symbolicSampleSize: SymbolicSampleSizes_::kSample32 as i32,
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
}

/// One parameter's points of one block.
struct Queue {
    id: u32,
    points: Vec<(i32, f64)>,
}

impl Class for Queue {
    type Interfaces = (IParamValueQueue,);
}

impl IParamValueQueueTrait for Queue {
    unsafe fn getParameterId(&self) -> ParamID {
        self.id
    }

    unsafe fn getPointCount(&self) -> int32 {
        self.points.len() as int32
    }

    unsafe fn getPoint(&self, index: int32, offset: *mut int32, value: *mut ParamValue) -> tresult {
        let (at, to) = self.points[index as usize];
        // SAFETY: the plug-in passes memory for both.
        unsafe {
            offset.write(at);
            value.write(to);
        }
        kResultOk
    }

    unsafe fn addPoint(&self, _offset: int32, _value: ParamValue, _index: *mut int32) -> tresult {
        kResultFalse
    }
}

/// All points of one block, a queue for each change, as hosts may.
pub struct Changes(Vec<ComPtr<IParamValueQueue>>);

impl Class for Changes {
    type Interfaces = (IParameterChanges,);
}

impl IParameterChangesTrait for Changes {
    unsafe fn getParameterCount(&self) -> int32 {
        self.0.len() as int32
    }

    unsafe fn getParameterData(&self, index: int32) -> *mut IParamValueQueue {
        self.0[index as usize].as_ptr()
    }

    unsafe fn addParameterData(&self, _id: *const ParamID, _index: *mut int32) -> *mut IParamValueQueue {
        ptr::null_mut()
    }
}

impl Changes {
    pub fn new(changes: &[Change]) -> Self {
        Self(
            changes
                .iter()
                .map(|change| {
                    let points = vec![(change.at as i32, change.value)];
                    ComWrapper::new(Queue { id: parameter_id(change.id), points }).to_com_ptr().unwrap()
                })
                .collect(),
        )
    }
}

/// A stream in memory, with the place to read or write next.
struct Stream(RefCell<(Vec<u8>, usize)>);

impl Class for Stream {
    type Interfaces = (IBStream,);
}

impl IBStreamTrait for Stream {
    unsafe fn read(&self, to: *mut c_void, size: int32, read: *mut int32) -> tresult {
        let mut this = self.0.borrow_mut();
        let (bytes, at) = &mut *this;
        let now = bytes.len().saturating_sub(*at).min(usize::try_from(size).unwrap_or(0));
        // SAFETY: the plug-in has room for as much as it asks for; the counter may be null.
        unsafe {
            ptr::copy_nonoverlapping(bytes[*at..].as_ptr(), to.cast(), now);
            if !read.is_null() {
                read.write(now as int32);
            }
        }
        *at += now;
        kResultOk
    }

    unsafe fn write(&self, from: *mut c_void, size: int32, written: *mut int32) -> tresult {
        let mut this = self.0.borrow_mut();
        // SAFETY: the plug-in hands over as much as it says; the counter may be null.
        unsafe {
            this.0.extend_from_slice(std::slice::from_raw_parts(from.cast(), size as usize));
            if !written.is_null() {
                written.write(size);
            }
        }
        this.1 = this.0.len();
        kResultOk
    }

    unsafe fn seek(&self, to: int64, mode: int32, result: *mut int64) -> tresult {
        let mut this = self.0.borrow_mut();
        // The enumeration's type differs between systems.
        let from = match i64::from(mode) {
            mode if mode == i64::from(IStreamSeekMode_::kIBSeekSet) => 0,
            mode if mode == i64::from(IStreamSeekMode_::kIBSeekCur) => this.1 as i64,
            _ => this.0.len() as i64,
        };
        let Ok(at) = usize::try_from(from + to) else { return kInvalidArgument };
        this.1 = at.min(this.0.len());
        if !result.is_null() {
            // SAFETY: not null, so it leads to memory of the plug-in's.
            unsafe { result.write(this.1 as i64) };
        }
        kResultOk
    }

    unsafe fn tell(&self, at: *mut int64) -> tresult {
        // SAFETY: the plug-in passes memory for the answer.
        unsafe { at.write(self.0.borrow().1 as i64) };
        kResultOk
    }
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
        Self { instance: Instance::new(), active: false, offline: false }
    }

    fn activate(&mut self, rate: f64, largest: usize) -> bool {
        self.deactivate();
        let mode = if self.offline { ProcessModes_::kOffline } else { ProcessModes_::kRealtime };
        let mut setup = ProcessSetup {
            processMode: mode as i32,
            symbolicSampleSize: SymbolicSampleSizes_::kSample32 as i32,
            maxSamplesPerBlock: largest as i32,
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
        let stream = ComWrapper::new(Stream(RefCell::default()));
        // SAFETY: the stream lives through the call.
        let result =
            unsafe { self.instance.component.getState(stream.to_com_ptr::<IBStream>().unwrap().as_ptr()) };
        assert_eq!(result, kResultOk);
        stream.0.borrow().0.clone()
    }

    fn load(&mut self, state: &[u8]) -> bool {
        let stream = ComWrapper::new(Stream(RefCell::new((state.to_vec(), 0))));
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
        let count = outputs.len() as i32;
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
                buffers.numChannels = pointers.len() as i32;
                buffers.__field0.channelBuffers32 = pointers.as_mut_ptr();
                buffers
            };
            let mut input = buffers(&mut input);
            let mut outputs: Vec<_> = outputs.iter_mut().map(buffers).collect();
            // SAFETY: the type is plain old data, for which zeros are a value.
            let mut data: ProcessData = unsafe { std::mem::zeroed() };
            data.symbolicSampleSize = SymbolicSampleSizes_::kSample32 as i32;
            data.numSamples = block.min(length - start) as i32;
            (data.numInputs, data.numOutputs) = (1, outputs.len() as i32);
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
        data.processMode = ProcessModes_::kRealtime as i32;
        data.symbolicSampleSize = SymbolicSampleSizes_::kSample32 as i32;
        data.numSamples = range.len() as i32;
        data.numInputs = 1;
        data.numOutputs = 5;
        data.inputs = &mut input;
        data.outputs = outputs.as_mut_ptr();
        data.inputParameterChanges = changes.as_ptr();
        // SAFETY: the data are as they say.
        callback(|| unsafe { self.instance.processor.process(&mut data) == kResultOk })
    }
}
