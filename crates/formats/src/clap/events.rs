//! Changes of parameters in a host's event list.

use std::ffi::c_void;
use std::ptr;

use clap_sys::events::{
    CLAP_CORE_EVENT_SPACE_ID, CLAP_EVENT_PARAM_MOD, CLAP_EVENT_PARAM_VALUE, clap_event_header,
    clap_event_param_mod, clap_event_param_value, clap_input_events,
};

use crate::effect::{Change, ParameterChange, Parameters, single};

/// Replaces an event that is left out: of an unknown kind, which the framework ignores. (It does not check for null when
/// it flushes parameters.)
#[expect(clippy::cast_possible_truncation, reason = "a few bytes")]
static UNKNOWN: clap_event_header = clap_event_header {
    size: size_of::<clap_event_header>() as u32,
    time: 0,
    space_id: u16::MAX,
    type_: 0,
    flags: 0,
};

/// The event list of one call.
pub struct Events {
    host: *const clap_input_events,
}

impl Events {
    /// Reads `host`, which may be null.
    pub fn new(host: *const clap_input_events) -> Self {
        Self { host }
    }

    /// The changes of known parameters, in the order of the list. For the audio thread.
    ///
    /// # Safety
    /// The host's list is null or as CLAP says, and alive as long as the iterator.
    pub unsafe fn changes(&self, parameters: &impl Parameters) -> impl Iterator<Item = ParameterChange> {
        // SAFETY: the caller's promise.
        let size = unsafe { self.size() };
        (0..size).filter_map(move |index| {
            // SAFETY: the caller's promise.
            let (time, id, plain, change) = unsafe { read(self.get(index)) }?;
            let parameter = parameters.index(id)?;
            let normalized = single(plain) / parameters.steps(parameter);
            Some(ParameterChange { at: time as usize, parameter, change: change(normalized) })
        })
    }

    /// A filtered list for the framework, if the host has one: without truncated and non-finite parameter events. Valid
    /// while `self` and the host's list are, and stay where they are.
    pub fn list(&self) -> Option<clap_input_events> {
        (!self.host.is_null()).then(|| clap_input_events {
            ctx: ptr::from_ref(self).cast_mut().cast::<c_void>(),
            size: Some(size),
            get: Some(get),
        })
    }

    /// # Safety
    /// As for [`Events::changes`].
    unsafe fn size(&self) -> u32 {
        // SAFETY: the caller's promise.
        unsafe { self.host.as_ref().and_then(|host| host.size).map_or(0, |size| size(self.host)) }
    }

    /// # Safety
    /// As for [`Events::changes`], and there are more than `index` events.
    unsafe fn get(&self, index: u32) -> *const clap_event_header {
        // SAFETY: the caller's promise.
        unsafe {
            self.host.as_ref().and_then(|host| host.get).map_or(ptr::null(), |get| get(self.host, index))
        }
    }
}

/// Sample, host id of a parameter, plain value, and kind of change.
type PlainChange = (u32, u32, f64, fn(f32) -> Change);

/// True for events that claim to be a change of a parameter.
fn is_change(event: &clap_event_header) -> bool {
    event.space_id == CLAP_CORE_EVENT_SPACE_ID
        && matches!(event.type_, CLAP_EVENT_PARAM_VALUE | CLAP_EVENT_PARAM_MOD)
}

/// The event's change of a parameter; `None` if it is null, of another kind, truncated or non-finite.
///
/// # Safety
/// `event` is null or points to as many bytes as its size says.
unsafe fn read(event: *const clap_event_header) -> Option<PlainChange> {
    // SAFETY: the type says what the event is, and the size that all of it is there.
    let (time, id, plain, change): PlainChange = unsafe {
        let header = *event.as_ref()?;
        let is = |type_, size| is_change(&header) && header.type_ == type_ && header.size as usize >= size;
        if is(CLAP_EVENT_PARAM_VALUE, size_of::<clap_event_param_value>()) {
            let event = &*event.cast::<clap_event_param_value>();
            (header.time, event.param_id, event.value, Change::Set)
        } else if is(CLAP_EVENT_PARAM_MOD, size_of::<clap_event_param_mod>()) {
            let event = &*event.cast::<clap_event_param_mod>();
            (header.time, event.param_id, event.amount, Change::Modulate)
        } else {
            return None;
        }
    };
    plain.is_finite().then_some((time, id, plain, change))
}

unsafe extern "C" fn size(list: *const clap_input_events) -> u32 {
    // SAFETY: the list is from `Events::list`, whose promise its user keeps; the host's list is as CLAP says.
    unsafe { (*(*list).ctx.cast::<Events>()).size() }
}

unsafe extern "C" fn get(list: *const clap_input_events, index: u32) -> *const clap_event_header {
    // SAFETY: as in `size`.
    unsafe {
        let found = (*(*list).ctx.cast::<Events>()).get(index);
        match found.as_ref() {
            Some(event) if !is_change(event) || read(found).is_some() => found,
            _ => &UNKNOWN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_parameters::TestParameters;

    struct Host(Vec<clap_event_param_value>);

    impl Host {
        fn list(&self) -> clap_input_events {
            unsafe extern "C" fn size(list: *const clap_input_events) -> u32 {
                // SAFETY: `ctx` is the host below.
                unsafe { u32::try_from((*(*list).ctx.cast::<Host>()).0.len()).unwrap() }
            }
            unsafe extern "C" fn get(list: *const clap_input_events, index: u32) -> *const clap_event_header {
                // SAFETY: `ctx` is the host below.
                let events = unsafe { &(*(*list).ctx.cast::<Host>()).0 };
                ptr::from_ref(&events[index as usize]).cast()
            }
            clap_input_events { ctx: ptr::from_ref(self).cast_mut().cast(), size: Some(size), get: Some(get) }
        }
    }

    fn event(time: u32, type_: u16, param_id: u32, value: f64) -> clap_event_param_value {
        clap_event_param_value {
            header: clap_event_header {
                size: u32::try_from(size_of::<clap_event_param_value>()).unwrap(),
                time,
                space_id: CLAP_CORE_EVENT_SPACE_ID,
                type_,
                flags: 0,
            },
            param_id,
            cookie: ptr::null_mut(),
            note_id: -1,
            port_index: -1,
            channel: -1,
            key: -1,
            value,
        }
    }

    /// Time and value of each event that the framework sees, `None` for those that it does not.
    fn admitted(events: Vec<clap_event_param_value>) -> Vec<Option<(u32, f64)>> {
        let host = Host(events);
        let host_list = host.list();
        let events = Events::new(&host_list);
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
    fn changes_come_in_the_order_of_the_list_with_normalized_values() {
        let host = Host(vec![
            event(3, CLAP_EVENT_PARAM_VALUE, 11, 3.0),
            event(5, CLAP_EVENT_PARAM_MOD + 1, 11, 0.0),
            event(u32::MAX, CLAP_EVENT_PARAM_VALUE, 10, 0.25),
            event(7, CLAP_EVENT_PARAM_VALUE, 99, 0.25),
            event(9, CLAP_EVENT_PARAM_VALUE, 12, f64::NAN),
            event(2, CLAP_EVENT_PARAM_VALUE, 12, 0.5),
        ]);
        let list = host.list();
        let parameters = TestParameters::default();
        // SAFETY: the list lives to the end of this function.
        let found: Vec<_> = unsafe { Events::new(&list).changes(&parameters).collect() };
        let set = |at, parameter, value| ParameterChange { at, parameter, change: Change::Set(value) };
        assert_eq!(found, [set(3, 1, 0.75), set(u32::MAX as usize, 0, 0.25), set(2, 2, 0.5)]);
    }

    #[test]
    fn modulation_is_an_offset() {
        let value = event(4, CLAP_EVENT_PARAM_MOD, 11, -1.0);
        let modulation = clap_event_param_mod {
            header: value.header,
            param_id: 11,
            cookie: ptr::null_mut(),
            note_id: -1,
            port_index: -1,
            channel: -1,
            key: -1,
            amount: -1.0,
        };
        // SAFETY: the event is as it says.
        let (time, id, plain, change) = unsafe { read(ptr::from_ref(&modulation).cast()) }.unwrap();
        assert_eq!((time, id, plain, change(0.5)), (4, 11, -1.0, Change::Modulate(0.5)));
    }

    #[test]
    fn non_finite_values_and_truncated_events_are_left_out() {
        let whole = event(5, CLAP_EVENT_PARAM_VALUE, 7, 0.5);
        let mut short = whole;
        short.header.size = u32::try_from(size_of::<clap_event_header>()).unwrap();
        let values = [f64::NAN, f64::INFINITY].map(|value| event(0, CLAP_EVENT_PARAM_VALUE, 7, value));
        let other = event(1, CLAP_EVENT_PARAM_MOD + 1, 7, 1.0);
        let expected = [None, None, None, Some((1, 1.0)), Some((5, 0.5))];
        assert_eq!(admitted([values.to_vec(), vec![short, other, whole]].concat()), expected);
    }

    #[test]
    fn a_null_list_stays_null_and_changes_nothing() {
        let events = Events::new(ptr::null());
        assert!(events.list().is_none());
        let parameters = TestParameters::default();
        // SAFETY: there is no list.
        assert_eq!(unsafe { events.changes(&parameters) }.count(), 0);
    }
}
