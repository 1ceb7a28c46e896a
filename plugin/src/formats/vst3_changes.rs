//! What a host's lists of points do to parameters.

use nice_plug::wrapper::vst3::vst3::ComRef;
use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::{
    IParamValueQueue, IParamValueQueueTrait, IParameterChanges, IParameterChangesTrait,
};
use nice_plug::wrapper::vst3::vst3::Steinberg::{int32, kResultOk};

use super::callback::{Callback, Change, Parameter};

/// Queues that are merged by time. A host has one for each parameter that changes, and there are fewer parameters; the
/// points of any further queue come at once, behind the others.
const MERGED: usize = 32;

/// One parameter's points from the next on.
struct Queue<'a> {
    host: ComRef<'a, IParamValueQueue>,
    parameter: Parameter,
    next: int32,
}

impl Queue<'_> {
    /// Sample and value of the next point. Points that cannot be had, or are no number, are passed over.
    ///
    /// # Safety
    /// The host's object is alive.
    unsafe fn peek(&mut self) -> Option<(usize, f32)> {
        // SAFETY: the caller's promise.
        unsafe {
            while self.next < self.host.getPointCount() {
                let (mut offset, mut value) = (0, 0.0);
                let found = self.host.getPoint(self.next, &mut offset, &mut value) == kResultOk;
                if found && value.is_finite() {
                    return Some((usize::try_from(offset).unwrap_or(0), value as f32));
                }
                self.next += 1;
            }
        }
        None
    }
}

/// The changes of parameters in one call, in the order of time; of those at one sample, in the order of the host's queues.
/// For the audio thread.
pub struct Changes<'a> {
    host: Option<ComRef<'a, IParameterChanges>>,
    callback: &'a Callback,
    merged: [Option<Queue<'a>>; MERGED],
    /// The queue that is read next, once those in `merged` are empty.
    next: int32,
}

impl<'a> Changes<'a> {
    /// The changes in `host`, which may be null.
    ///
    /// # Safety
    /// `host` is null or an object that implements the interface; it and its queues are alive as long as the result.
    pub unsafe fn new(host: *mut IParameterChanges, callback: &'a Callback) -> Self {
        // SAFETY: the caller's promise.
        let host = unsafe { ComRef::from_raw(host) };
        let mut changes = Self { host, callback, merged: [const { None }; MERGED], next: 0 };
        let mut free = 0;
        while let Some(place) = changes.merged.get_mut(free)
            && let Some(host) = changes.host
            // SAFETY: the caller's promise.
            && changes.next < unsafe { host.getParameterCount() }
        {
            *place = queue(host, changes.next, callback);
            free += usize::from(place.is_some());
            changes.next += 1;
        }
        changes
    }
}

/// The `index`-th queue, if it is about a parameter of ours.
fn queue<'a>(host: ComRef<'a, IParameterChanges>, index: int32, callback: &Callback) -> Option<Queue<'a>> {
    // SAFETY: whoever made a `Changes` promised that the host's objects are alive.
    unsafe {
        let host = ComRef::from_raw(host.getParameterData(index))?;
        Some(Queue { host, parameter: callback.parameter(host.getParameterId())?, next: 0 })
    }
}

impl Iterator for Changes<'_> {
    type Item = (usize, Parameter, Change);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let mut first: Option<(usize, f32, usize)> = None;
            for (place, queue) in self.merged.iter_mut().enumerate() {
                let Some(queue) = queue else { continue };
                // SAFETY: whoever made a `Changes` promised that the host's objects are alive.
                if let Some((at, value)) = unsafe { queue.peek() }
                    && first.is_none_or(|(earliest, ..)| at < earliest)
                {
                    first = Some((at, value, place));
                }
            }
            if let Some((at, value, place)) = first {
                let queue = self.merged[place].as_mut()?;
                queue.next += 1;
                return Some((at, queue.parameter, Change::Set(value)));
            }
            let host = self.host?;
            // SAFETY: as above.
            if self.next >= unsafe { host.getParameterCount() } {
                return None;
            }
            self.merged = [const { None }; MERGED];
            self.merged[0] = queue(host, self.next, self.callback);
            self.next += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::{ParamID, ParamValue};
    use nice_plug::wrapper::vst3::vst3::Steinberg::{kResultFalse, tresult};
    use nice_plug::wrapper::vst3::vst3::{Class, ComPtr, ComWrapper};

    use super::*;
    use crate::shared::PluginShared;

    struct Points(u32, Vec<(i32, f64)>);

    impl Class for Points {
        type Interfaces = (IParamValueQueue,);
    }

    impl IParamValueQueueTrait for Points {
        unsafe fn getParameterId(&self) -> ParamID {
            self.0
        }

        unsafe fn getPointCount(&self) -> int32 {
            self.1.len() as int32
        }

        unsafe fn getPoint(&self, index: int32, offset: *mut int32, value: *mut ParamValue) -> tresult {
            // SAFETY: the caller passes memory for both.
            unsafe { (*offset, *value) = self.1[index as usize] };
            kResultOk
        }

        unsafe fn addPoint(&self, _: int32, _: ParamValue, _: *mut int32) -> tresult {
            kResultFalse
        }
    }

    struct List(Vec<ComPtr<IParamValueQueue>>);

    impl Class for List {
        type Interfaces = (IParameterChanges,);
    }

    impl IParameterChangesTrait for List {
        unsafe fn getParameterCount(&self) -> int32 {
            self.0.len() as int32
        }

        unsafe fn getParameterData(&self, index: int32) -> *mut IParamValueQueue {
            self.0[index as usize].as_ptr()
        }

        unsafe fn addParameterData(&self, _: *const ParamID, _: *mut int32) -> *mut IParamValueQueue {
            std::ptr::null_mut()
        }
    }

    /// Samples and values in the order in which they come; queues are a parameter and its points.
    fn order(queues: Vec<(u32, Vec<(i32, f64)>)>) -> Vec<(usize, f32)> {
        let callback = Callback::new(PluginShared::default());
        let queues =
            queues.into_iter().map(|(id, points)| ComWrapper::new(Points(id, points)).to_com_ptr().unwrap());
        let list = ComWrapper::new(List(queues.collect())).to_com_ptr::<IParameterChanges>().unwrap();
        // SAFETY: the list lives to the end of this function.
        let changes = unsafe { Changes::new(list.as_ptr(), &callback) };
        changes
            .map(|(at, _, change)| match change {
                Change::Set(value) => (at, value),
                Change::Modulate(_) => panic!("VST3 modulates nothing"),
            })
            .collect()
    }

    fn ids() -> Vec<u32> {
        Callback::new(PluginShared::default()).ids()
    }

    #[test]
    fn points_of_several_parameters_come_in_the_order_of_time() {
        let id = ids();
        let queues = vec![
            (id[0], vec![(0, 0.1), (9, 0.2)]),
            (1, vec![(0, 0.9)]),
            (id[1], vec![(-5, 0.3), (4, f64::NAN), (9, 0.4), (7, 0.5)]),
            (id[2], vec![]),
        ];
        // A point that lies before the one in front of it waits for that one.
        let expected = [(0, 0.1), (0, 0.3), (9, 0.2), (9, 0.4), (7, 0.5)];
        assert_eq!(order(queues), expected);
    }

    #[test]
    fn more_queues_than_parameters_lose_no_point() {
        let id = ids()[0];
        let queues =
            (0..3 * MERGED as i32).map(|at| (id, vec![(at % 7, f64::from(at)), (at, 0.5)])).collect();
        let found = order(queues);
        assert_eq!(found.len(), 6 * MERGED);
        let of_the_first = &found[..2 * MERGED];
        assert!(of_the_first.is_sorted_by_key(|(at, _)| *at));
    }

    #[test]
    fn no_list_changes_nothing() {
        let callback = Callback::new(PluginShared::default());
        // SAFETY: there is no list.
        assert_eq!(unsafe { Changes::new(std::ptr::null_mut(), &callback) }.count(), 0);
    }
}
