//! Changes of parameters in a host's point queues.

use nice_plug::wrapper::vst3::vst3::ComRef;
use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::{
    IParamValueQueue, IParamValueQueueTrait, IParameterChanges, IParameterChangesTrait,
};
use nice_plug::wrapper::vst3::vst3::Steinberg::{int32, kResultOk};

use crate::effect::{Change, ParameterChange, Parameters, single};

/// Queues that are merged by time. A host sends one per changed parameter, and there are fewer parameters; the points of
/// further queues follow, unmerged.
const MERGED: usize = 32;

/// One parameter's points.
struct Queue<'a> {
    host: ComRef<'a, IParamValueQueue>,
    /// Index of the parameter.
    parameter: usize,
    /// The point that is read next.
    next: int32,
}

impl Queue<'_> {
    /// Sample and value of the next point. Points that the host refuses and non-finite values are skipped.
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
                    return Some((usize::try_from(offset).unwrap_or(0), single(value)));
                }
                self.next += 1;
            }
        }
        None
    }
}

/// The changes of known parameters in one call, ordered by sample and, within a sample, by the host's queues. For the
/// audio thread.
pub struct Changes<'a, P> {
    host: Option<ComRef<'a, IParameterChanges>>,
    parameters: &'a P,
    merged: [Option<Queue<'a>>; MERGED],
    /// The queue that is read next, once those in `merged` are empty.
    next: int32,
}

impl<'a, P: Parameters> Changes<'a, P> {
    /// Reads `host`, which may be null.
    ///
    /// # Safety
    /// `host` is null or an object that implements the interface; it and its queues are alive as long as the result.
    pub unsafe fn new(host: *mut IParameterChanges, parameters: &'a P) -> Self {
        // SAFETY: the caller's promise.
        let host = unsafe { ComRef::from_raw(host) };
        let mut changes = Self { host, parameters, merged: [const { None }; MERGED], next: 0 };
        let mut free = 0;
        while let Some(slot) = changes.merged.get_mut(free)
            && let Some(host) = changes.host
            // SAFETY: the caller's promise.
            && changes.next < unsafe { host.getParameterCount() }
        {
            *slot = queue(host, changes.next, parameters);
            free += usize::from(slot.is_some());
            changes.next += 1;
        }
        changes
    }
}

/// The `index`-th queue, if its parameter is known.
fn queue<'a>(
    host: ComRef<'a, IParameterChanges>,
    index: int32,
    parameters: &impl Parameters,
) -> Option<Queue<'a>> {
    // SAFETY: the caller of `Changes::new` promised that the host's objects are alive.
    unsafe {
        let host = ComRef::from_raw(host.getParameterData(index))?;
        Some(Queue { host, parameter: parameters.index(host.getParameterId())?, next: 0 })
    }
}

impl<P: Parameters> Iterator for Changes<'_, P> {
    type Item = ParameterChange;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let mut first: Option<(usize, f32, usize)> = None;
            for (slot, queue) in self.merged.iter_mut().enumerate() {
                let Some(queue) = queue else { continue };
                // SAFETY: the caller of `Changes::new` promised that the host's objects are alive.
                if let Some((at, value)) = unsafe { queue.peek() }
                    && first.is_none_or(|(earliest, ..)| at < earliest)
                {
                    first = Some((at, value, slot));
                }
            }
            if let Some((at, value, slot)) = first {
                let queue = self.merged[slot].as_mut()?;
                queue.next += 1;
                return Some(ParameterChange { at, parameter: queue.parameter, change: Change::Set(value) });
            }
            let host = self.host?;
            // SAFETY: as above.
            if self.next >= unsafe { host.getParameterCount() } {
                return None;
            }
            self.merged = [const { None }; MERGED];
            self.merged[0] = queue(host, self.next, self.parameters);
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
    use crate::test_parameters::TestParameters;

    struct Points(u32, Vec<(i32, f64)>);

    impl Class for Points {
        type Interfaces = (IParamValueQueue,);
    }

    impl IParamValueQueueTrait for Points {
        unsafe fn getParameterId(&self) -> ParamID {
            self.0
        }

        unsafe fn getPointCount(&self) -> int32 {
            int32::try_from(self.1.len()).unwrap()
        }

        unsafe fn getPoint(&self, index: int32, offset: *mut int32, value: *mut ParamValue) -> tresult {
            // SAFETY: the caller passes memory for both.
            unsafe { (*offset, *value) = self.1[usize::try_from(index).unwrap()] };
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
            int32::try_from(self.0.len()).unwrap()
        }

        unsafe fn getParameterData(&self, index: int32) -> *mut IParamValueQueue {
            self.0[usize::try_from(index).unwrap()].as_ptr()
        }

        unsafe fn addParameterData(&self, _: *const ParamID, _: *mut int32) -> *mut IParamValueQueue {
            std::ptr::null_mut()
        }
    }

    /// Samples and values in the order in which they come; queues are a parameter and its points.
    fn order(queues: Vec<(u32, Vec<(i32, f64)>)>) -> Vec<(usize, f32)> {
        let parameters = TestParameters::default();
        let queues =
            queues.into_iter().map(|(id, points)| ComWrapper::new(Points(id, points)).to_com_ptr().unwrap());
        let list = ComWrapper::new(List(queues.collect())).to_com_ptr::<IParameterChanges>().unwrap();
        // SAFETY: the list lives to the end of this function.
        let changes = unsafe { Changes::new(list.as_ptr(), &parameters) };
        changes
            .map(|ParameterChange { at, change, .. }| match change {
                Change::Set(value) => (at, value),
                Change::Modulate(_) => panic!("VST3 has no modulation"),
            })
            .collect()
    }

    #[test]
    fn points_of_several_parameters_come_in_the_order_of_time() {
        let queues = vec![
            (10, vec![(0, 0.1), (9, 0.2)]),
            (1, vec![(0, 0.9)]),
            (11, vec![(-5, 0.3), (4, f64::NAN), (9, 0.4), (7, 0.5)]),
            (12, vec![]),
        ];
        // A point that lies before the one in front of it waits for that one.
        let expected = [(0, 0.1), (0, 0.3), (9, 0.2), (9, 0.4), (7, 0.5)];
        assert_eq!(order(queues), expected);
    }

    #[test]
    fn more_queues_than_parameters_lose_no_point() {
        let count = i32::try_from(3 * MERGED).unwrap();
        let queues = (0..count).map(|at| (10, vec![(at % 7, f64::from(at)), (at, 0.5)])).collect();
        let found = order(queues);
        assert_eq!(found.len(), 6 * MERGED);
        let merged = &found[..2 * MERGED];
        assert!(merged.is_sorted_by_key(|(at, _)| *at));
    }

    #[test]
    fn a_null_list_changes_nothing() {
        let parameters = TestParameters::default();
        // SAFETY: there is no list.
        let changes = unsafe { Changes::new(std::ptr::null_mut(), &parameters) };
        assert_eq!(changes.count(), 0);
    }
}
