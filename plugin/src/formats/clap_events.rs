//! A host's events as the framework can bear them.

use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;

use clap_sys::events::{
    CLAP_CORE_EVENT_SPACE_ID, CLAP_EVENT_PARAM_VALUE, clap_event_header, clap_event_param_value,
    clap_input_events,
};

/// What stands in for an event that is left out: of a kind that nobody knows. (The framework does not look for null when
/// it flushes parameters.)
static NOTHING: clap_event_header = clap_event_header {
    size: size_of::<clap_event_header>() as u32,
    time: 0,
    space_id: u16::MAX,
    type_: 0,
    flags: 0,
};

/// The events of one block: those that lie behind its end are moved to its last sample or left out, because the
/// framework takes their time for a place in the buffers; parameter values that are no numbers are left out, because
/// they would be saved as something that cannot be read again.
pub struct Events {
    host: *const clap_input_events,
    /// The last sample of the block.
    last: u32,
    /// The event that was moved last. The framework reads one event after the other and keeps none of this kind.
    moved: UnsafeCell<MaybeUninit<clap_event_param_value>>,
}

impl Events {
    /// The events `host` of a block of `frames` samples. `host` may be null.
    pub fn new(host: *const clap_input_events, frames: u32) -> Self {
        Self { host, last: frames.saturating_sub(1), moved: UnsafeCell::new(MaybeUninit::uninit()) }
    }

    /// The list to hand on, if the host has one. Valid as long as `self` and the host's list are, and stay where
    /// they are.
    pub fn list(&self) -> Option<clap_input_events> {
        (!self.host.is_null()).then(|| clap_input_events {
            ctx: ptr::from_ref(self).cast_mut().cast::<c_void>(),
            size: Some(size),
            get: Some(get),
        })
    }

    /// # Safety
    /// `event` is null or an event of the host.
    unsafe fn admit(&self, event: *const clap_event_header) -> *const clap_event_header {
        // SAFETY: the caller's promise; an event's type says what it is, and its size is checked before it is read.
        unsafe {
            let Some(header) = event.as_ref() else { return &NOTHING };
            let is_value =
                header.space_id == CLAP_CORE_EVENT_SPACE_ID && header.type_ == CLAP_EVENT_PARAM_VALUE;
            if !is_value {
                return if header.time <= self.last { event } else { &NOTHING };
            }
            if (header.size as usize) < size_of::<clap_event_param_value>() {
                return &NOTHING;
            }
            let value = &*event.cast::<clap_event_param_value>();
            if !value.value.is_finite() {
                return &NOTHING;
            }
            if header.time <= self.last {
                return event;
            }
            let moved =
                clap_event_param_value { header: clap_event_header { time: self.last, ..*header }, ..*value };
            ptr::from_ref((*self.moved.get()).write(moved)).cast()
        }
    }
}

unsafe extern "C" fn size(list: *const clap_input_events) -> u32 {
    // SAFETY: the list is from `Events::list`, whose promise its user keeps; the host's list is as CLAP says.
    unsafe {
        let events = &*(*list).ctx.cast::<Events>();
        (*events.host).size.map_or(0, |size| size(events.host))
    }
}

unsafe extern "C" fn get(list: *const clap_input_events, index: u32) -> *const clap_event_header {
    // SAFETY: as in `size`.
    unsafe {
        let events = &*(*list).ctx.cast::<Events>();
        let event = (*events.host).get.map_or(ptr::null(), |get| get(events.host, index));
        events.admit(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Host(Vec<clap_event_param_value>);

    impl Host {
        fn list(&self) -> clap_input_events {
            unsafe extern "C" fn size(list: *const clap_input_events) -> u32 {
                // SAFETY: `ctx` is the host below.
                unsafe { (*(*list).ctx.cast::<Host>()).0.len() as u32 }
            }
            unsafe extern "C" fn get(list: *const clap_input_events, index: u32) -> *const clap_event_header {
                // SAFETY: `ctx` is the host below.
                unsafe { &(&(*(*list).ctx.cast::<Host>()).0)[index as usize].header }
            }
            clap_input_events { ctx: ptr::from_ref(self).cast_mut().cast(), size: Some(size), get: Some(get) }
        }
    }

    fn event(time: u32, type_: u16, value: f64) -> clap_event_param_value {
        clap_event_param_value {
            header: clap_event_header {
                size: size_of::<clap_event_param_value>() as u32,
                time,
                space_id: CLAP_CORE_EVENT_SPACE_ID,
                type_,
                flags: 0,
            },
            param_id: 7,
            cookie: ptr::null_mut(),
            note_id: -1,
            port_index: -1,
            channel: -1,
            key: -1,
            value,
        }
    }

    /// Time and value of each event that gets through, `None` for those that do not.
    fn admitted(events: Vec<clap_event_param_value>, frames: u32) -> Vec<Option<(u32, f64)>> {
        let host = Host(events);
        let host_list = host.list();
        let events = Events::new(&host_list, frames);
        let list = events.list().unwrap();
        // SAFETY: everything the list leads to lives to the end of this function.
        unsafe {
            (0..list.size.unwrap()(&list))
                .map(|index| {
                    let event = list.get.unwrap()(&list, index);
                    let known = (*event).space_id == CLAP_CORE_EVENT_SPACE_ID;
                    known.then(|| ((*event).time, (*event.cast::<clap_event_param_value>()).value))
                })
                .collect()
        }
    }

    #[test]
    fn late_values_are_moved_to_the_last_sample_and_other_late_events_left_out() {
        let other = CLAP_EVENT_PARAM_VALUE + 1;
        let events = vec![
            event(0, CLAP_EVENT_PARAM_VALUE, 0.5),
            event(63, other, 0.0),
            event(64, CLAP_EVENT_PARAM_VALUE, 0.25),
            event(u32::MAX, CLAP_EVENT_PARAM_VALUE, 1.0),
            event(64, other, 0.0),
        ];
        let expected = [Some((0, 0.5)), Some((63, 0.0)), Some((63, 0.25)), Some((63, 1.0)), None];
        assert_eq!(admitted(events, 64), expected);
    }

    #[test]
    fn a_block_of_no_samples_takes_values_at_its_start() {
        assert_eq!(admitted(vec![event(5, CLAP_EVENT_PARAM_VALUE, 0.5)], 0), [Some((0, 0.5))]);
    }

    #[test]
    fn values_that_are_no_numbers_and_events_cut_short_are_left_out() {
        let mut short = event(0, CLAP_EVENT_PARAM_VALUE, 0.5);
        short.header.size = size_of::<clap_event_header>() as u32;
        let values = [f64::NAN, f64::INFINITY].map(|value| event(0, CLAP_EVENT_PARAM_VALUE, value));
        assert_eq!(admitted([values.to_vec(), vec![short]].concat(), 64), [None, None, None]);
    }

    #[test]
    fn no_list_stays_no_list() {
        assert!(Events::new(ptr::null(), 64).list().is_none());
    }
}
