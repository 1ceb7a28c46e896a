//! Changing parameters: every change of the window goes through here, inside a gesture that begins and ends, so that
//! a host records it as one movement of a hand.

use nice_plug::context::gui::ParamSetter;
use nice_plug::params::internals::ParamPtr;
use nice_plug::prelude::Param;

use crate::params::UnbraidParams;
use crate::params::handle::{ParamHandle, handles};

/// Gestures that have begun and not ended. Outlives the frames it is used in.
#[derive(Default)]
pub struct Gestures {
    open: Vec<ParamPtr>,
}

impl Gestures {
    /// Ends every gesture; for a window that closes under a finger.
    pub fn end_all(&mut self, params: &UnbraidParams, setter: &ParamSetter<'_>) {
        let open = std::mem::take(&mut self.open);
        for (_, param) in handles(params).filter(|(_, param)| open.iter().any(|&open| param.is(open))) {
            param.end_gesture(setter);
        }
    }
}

/// Sets parameters during one frame.
pub struct Controls<'a> {
    setter: ParamSetter<'a>,
    gestures: &'a mut Gestures,
}

impl<'a> Controls<'a> {
    /// Changes go to the host through `setter`.
    pub fn new(setter: ParamSetter<'a>, gestures: &'a mut Gestures) -> Self {
        Self { setter, gestures }
    }

    /// Begins a gesture on `param`, unless one is under way.
    pub fn begin<P: Param>(&mut self, param: &P) {
        if !self.gestures.open.contains(&param.as_ptr()) {
            self.gestures.open.push(param.as_ptr());
            self.setter.begin_set_parameter(param);
        }
    }

    /// Sets `param` within a gesture, to the step that is nearest to `normalized` (0…1). A value that is already
    /// set is not set again.
    pub fn set<P: Param>(&mut self, param: &P, normalized: f32) {
        let plain = param.preview_plain(normalized.clamp(0.0, 1.0));
        if plain != param.unmodulated_plain_value() {
            ParamHandle::of(param).set_in_gesture(&self.setter, param.preview_normalized(plain));
        }
    }

    /// Ends the gesture on `param`, if there is one.
    pub fn end<P: Param>(&mut self, param: &P) {
        let before = self.gestures.open.len();
        self.gestures.open.retain(|open| *open != param.as_ptr());
        if self.gestures.open.len() < before {
            self.setter.end_set_parameter(param);
        }
    }

    /// A whole gesture that sets `param` to `normalized` (0…1). Nothing at all if it has that value; inside a
    /// gesture that is under way, only the value.
    pub fn once<P: Param>(&mut self, param: &P, normalized: f32) {
        let plain = param.preview_plain(normalized.clamp(0.0, 1.0));
        if plain == param.unmodulated_plain_value() {
            return;
        }
        let under_way = self.gestures.open.contains(&param.as_ptr());
        self.begin(param);
        self.set(param, normalized);
        if !under_way {
            self.end(param);
        }
    }

    /// [`Controls::once`] with a value in the parameter's own unit.
    pub fn once_plain<P: Param>(&mut self, param: &P, plain: P::Plain) {
        self.once(param, param.preview_normalized(plain));
    }

    /// Puts `param` back to where it starts.
    pub fn reset<P: Param>(&mut self, param: &P) {
        self.once(param, param.default_normalized_value());
    }

    /// [`Controls::once`] for a parameter of any kind.
    pub fn once_handle(&mut self, param: ParamHandle<'_>, normalized: f32) {
        let plain = param.to_plain(normalized.clamp(0.0, 1.0));
        if plain == param.plain_value() || self.gestures.open.iter().any(|&open| param.is(open)) {
            return;
        }
        param.begin_gesture(&self.setter);
        param.set_in_gesture(&self.setter, param.from_plain(plain));
        param.end_gesture(&self.setter);
    }
}
