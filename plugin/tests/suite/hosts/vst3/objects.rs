//! A VST3 host's own objects: lists of parameter changes, and a stream in memory.

use std::cell::RefCell;
use std::ffi::c_void;
use std::ptr;

use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::{
    IParamValueQueue, IParamValueQueueTrait, IParameterChanges, IParameterChangesTrait, ParamID, ParamValue,
};
use nice_plug::wrapper::vst3::vst3::Steinberg::{
    IBStream, IBStream_::IStreamSeekMode_, IBStreamTrait, int32, int64, kInvalidArgument, kResultFalse,
    kResultOk, tresult,
};
use nice_plug::wrapper::vst3::vst3::{Class, ComPtr, ComWrapper};

use crate::hosts::{Change, int, parameter_id};

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
        int(self.points.len())
    }

    unsafe fn getPoint(&self, index: int32, offset: *mut int32, value: *mut ParamValue) -> tresult {
        let (at, to) = self.points[usize::try_from(index).unwrap()];
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
        int(self.0.len())
    }

    unsafe fn getParameterData(&self, index: int32) -> *mut IParamValueQueue {
        self.0[usize::try_from(index).unwrap()].as_ptr()
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
                    let points = vec![(int(change.at), change.value)];
                    ComWrapper::new(Queue { id: parameter_id(change.id), points }).to_com_ptr().unwrap()
                })
                .collect(),
        )
    }
}

/// A stream in memory, with the position to read or write next.
#[derive(Default)]
pub struct Stream(RefCell<(Vec<u8>, usize)>);

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
                read.write(int(now));
            }
        }
        *at += now;
        kResultOk
    }

    unsafe fn write(&self, from: *mut c_void, size: int32, written: *mut int32) -> tresult {
        let mut this = self.0.borrow_mut();
        // SAFETY: the plug-in hands over as much as it says; the counter may be null.
        unsafe {
            this.0.extend_from_slice(std::slice::from_raw_parts(from.cast(), usize::try_from(size).unwrap()));
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
            mode if mode == i64::from(IStreamSeekMode_::kIBSeekCur) => i64::try_from(this.1).unwrap(),
            _ => i64::try_from(this.0.len()).unwrap(),
        };
        let Ok(at) = usize::try_from(from + to) else { return kInvalidArgument };
        this.1 = at.min(this.0.len());
        if !result.is_null() {
            // SAFETY: not null, so it leads to memory of the plug-in's.
            unsafe { result.write(i64::try_from(this.1).unwrap()) };
        }
        kResultOk
    }

    unsafe fn tell(&self, at: *mut int64) -> tresult {
        // SAFETY: the plug-in passes memory for the answer.
        unsafe { at.write(i64::try_from(self.0.borrow().1).unwrap()) };
        kResultOk
    }
}

impl Stream {
    /// A stream that reads `bytes` from their start.
    pub fn new(bytes: &[u8]) -> Self {
        Self(RefCell::new((bytes.to_vec(), 0)))
    }

    /// What was written.
    pub fn bytes(&self) -> Vec<u8> {
        self.0.borrow().0.clone()
    }
}
