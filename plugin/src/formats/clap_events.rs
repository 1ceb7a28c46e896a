//! What a host's list of events does to parameters.

use std::ffi::c_void;
use std::ptr;

use clap_sys::events::{
    CLAP_CORE_EVENT_SPACE_ID, CLAP_EVENT_PARAM_MOD, CLAP_EVENT_PARAM_VALUE, clap_event_header,
    clap_event_param_mod, clap_event_param_value, clap_input_events,
};

use super::callback::{Callback, Change, Parameter};

/// What stands in for an event that is left out: of a kind that nobody knows. (The framework does not look for null when
/// it flushes parameters.)
static NOTHING: clap_event_header = clap_event_header {
    size: size_of::<clap_event_header>() as u32,
    time: 0,
    space_id: u16::MAX,
    type_: 0,
    flags: 0,
};

/// The events of one call.
pub struct Events {
    host: *const clap_input_events,
}

impl Events {
    /// The events of `host`, which may be null.
    pub fn new(host: *const clap_input_events) -> Self {
        Self { host }
    }

    /// The changes of parameters among them, each with its sample, in the order of the list. The audio thread may call it.
    ///
    /// # Safety
    /// The host's list is null or as CLAP says, and alive as long as the iterator.
    pub unsafe fn changes(&self, callback: &Callback) -> impl Iterator<Item = (usize, Parameter, Change)> {
        // SAFETY: the caller's promise.
        let size = unsafe { self.size() };
        (0..size).filter_map(move |index| {
            // SAFETY: the caller's promise.
            let event = unsafe { self.get(index).as_ref() }?;
            // SAFETY: the event is one of the host's.
            let (id, plain, change) = unsafe { read(event) }?;
            let parameter = callback.parameter(id)?;
            Some((event.time as usize, parameter, change(plain as f32 / parameter.steps())))
        })
    }

    /// The list for the framework, if the host has one, without changes of parameters that cannot be read. Valid as
    /// long as `self` and the host's list are, and stay where they are.
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

/// A parameter's number, a plain value, and what it does.
type Read = (u32, f64, fn(f32) -> Change);

/// Whether the event says that it is about a parameter's value.
fn is_change(event: &clap_event_header) -> bool {
    event.space_id == CLAP_CORE_EVENT_SPACE_ID
        && matches!(event.type_, CLAP_EVENT_PARAM_VALUE | CLAP_EVENT_PARAM_MOD)
}

/// What the event does to a parameter; `None` if it is of another kind, is shorter than its kind, or the value is no
/// number.
///
/// # Safety
/// As much memory belongs to the event as its size says.
unsafe fn read(event: &clap_event_header) -> Option<Read> {
    if !is_change(event) {
        return None;
    }
    // SAFETY: the type says what it is, and the size that all of it is there.
    let (id, plain, change): Read = unsafe {
        let size = event.size as usize;
        if event.type_ == CLAP_EVENT_PARAM_VALUE && size >= size_of::<clap_event_param_value>() {
            let event = &*ptr::from_ref(event).cast::<clap_event_param_value>();
            (event.param_id, event.value, Change::Set)
        } else if event.type_ == CLAP_EVENT_PARAM_MOD && size >= size_of::<clap_event_param_mod>() {
            let event = &*ptr::from_ref(event).cast::<clap_event_param_mod>();
            (event.param_id, event.amount, Change::Modulate)
        } else {
            return None;
        }
    };
    plain.is_finite().then_some((id, plain, change))
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
            Some(event) if !is_change(event) || read(event).is_some() => found,
            _ => &NOTHING,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::PluginShared;

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

    fn event(time: u32, type_: u16, param_id: u32, value: f64) -> clap_event_param_value {
        clap_event_param_value {
            header: clap_event_header {
                size: size_of::<clap_event_param_value>() as u32,
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
    fn changes_are_found_in_their_order_with_values_from_0_to_1() {
        let callback = Callback::new(PluginShared::default());
        let ids = callback.ids();
        let stepped = ids.iter().copied().find(|&id| callback.parameter(id).unwrap().steps() == 1.0).unwrap();
        let events = vec![
            event(3, CLAP_EVENT_PARAM_VALUE, stepped, 1.0),
            event(5, CLAP_EVENT_PARAM_MOD + 1, stepped, 0.0),
            event(u32::MAX, CLAP_EVENT_PARAM_VALUE, ids[0], 0.25),
            event(7, CLAP_EVENT_PARAM_VALUE, 1, 0.25),
            event(9, CLAP_EVENT_PARAM_VALUE, ids[1], f64::NAN),
            event(2, CLAP_EVENT_PARAM_VALUE, ids[1], 0.5),
        ];
        assert!(callback.parameter(1).is_none());
        let host = Host(events);
        let list = host.list();
        let events = Events::new(&list);
        // SAFETY: the list lives to the end of this function.
        let found = unsafe { events.changes(&callback) };
        let found: Vec<_> = found.map(|(at, _, change)| (at, change)).collect();
        let expected = [(3, Change::Set(1.0)), (u32::MAX as usize, Change::Set(0.25)), (2, Change::Set(0.5))];
        assert_eq!(found, expected);
    }

    #[test]
    fn values_that_are_no_numbers_and_events_cut_short_are_left_out() {
        let whole = event(5, CLAP_EVENT_PARAM_VALUE, 7, 0.5);
        let mut short = whole;
        short.header.size = size_of::<clap_event_header>() as u32;
        let values = [f64::NAN, f64::INFINITY].map(|value| event(0, CLAP_EVENT_PARAM_VALUE, 7, value));
        let other = event(1, CLAP_EVENT_PARAM_MOD + 1, 7, 1.0);
        let expected = [None, None, None, Some((1, 1.0)), Some((5, 0.5))];
        assert_eq!(admitted([values.to_vec(), vec![short, other, whole]].concat()), expected);
    }

    #[test]
    fn no_list_stays_no_list_and_changes_nothing() {
        let events = Events::new(ptr::null());
        assert!(events.list().is_none());
        let callback = Callback::new(PluginShared::default());
        // SAFETY: there is no list.
        assert_eq!(unsafe { events.changes(&callback) }.count(), 0);
    }
}
