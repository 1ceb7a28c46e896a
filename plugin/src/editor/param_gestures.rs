//! Changing parameters from the window. Every change lies inside a gesture that begins and ends, so that a host records
//! it as one movement.

use nice_plug::context::gui::ParamSetter;
use nice_plug::params::internals::ParamPtr;
use nice_plug::prelude::Param;

use crate::params::UnbraidParams;
use crate::params::handle::{ParamHandle, handles};

/// Gestures that have begun and not ended. Outlives the frames it is used in.
#[derive(Default)]
pub struct OpenGestures {
    params: Vec<ParamPtr>,
}

impl OpenGestures {
    /// Ends every gesture, for a window that closes during a drag.
    pub fn end_all(&mut self, params: &UnbraidParams, setter: &ParamSetter<'_>) {
        let open = std::mem::take(&mut self.params);
        for (_, param) in handles(params).filter(|(_, param)| open.iter().any(|&open| param.is(open))) {
            param.end_gesture(setter);
        }
    }
}

/// Sets parameters through the host during one frame.
pub struct ParamGestures<'a> {
    setter: ParamSetter<'a>,
    open: &'a mut OpenGestures,
}

impl<'a> ParamGestures<'a> {
    /// Changes go to the host through `setter`.
    pub fn new(setter: ParamSetter<'a>, open: &'a mut OpenGestures) -> Self {
        Self { setter, open }
    }

    /// Begins a gesture on `param`, unless one is open.
    pub fn begin<P: Param>(&mut self, param: &P) {
        if !self.open.params.contains(&param.as_ptr()) {
            self.open.params.push(param.as_ptr());
            self.setter.begin_set_parameter(param);
        }
    }

    /// Sets `param` within a gesture, to the step nearest to `normalized` (0…1). The present value is not set again.
    pub fn set<P: Param>(&mut self, param: &P, normalized: f32) {
        let plain = param.preview_plain(normalized.clamp(0.0, 1.0));
        if plain != param.unmodulated_plain_value() {
            ParamHandle::of(param).set_in_gesture(&self.setter, param.preview_normalized(plain));
        }
    }

    /// Ends the gesture on `param`, if one is open.
    pub fn end<P: Param>(&mut self, param: &P) {
        let before = self.open.params.len();
        self.open.params.retain(|open| *open != param.as_ptr());
        if self.open.params.len() < before {
            self.setter.end_set_parameter(param);
        }
    }

    /// A whole gesture that sets `param` to `normalized` (0…1). Does nothing if that is the present value; inside an open
    /// gesture it only sets the value.
    pub fn once<P: Param>(&mut self, param: &P, normalized: f32) {
        let plain = param.preview_plain(normalized.clamp(0.0, 1.0));
        if plain == param.unmodulated_plain_value() {
            return;
        }
        let was_open = self.open.params.contains(&param.as_ptr());
        self.begin(param);
        self.set(param, normalized);
        if !was_open {
            self.end(param);
        }
    }

    /// [`ParamGestures::once`] with a value in the parameter's own unit.
    pub fn once_plain<P: Param>(&mut self, param: &P, plain: P::Plain) {
        self.once(param, param.preview_normalized(plain));
    }

    /// Sets `param` to its default.
    pub fn reset<P: Param>(&mut self, param: &P) {
        self.once(param, param.default_normalized_value());
    }

    /// [`ParamGestures::once`] for a parameter of any kind. A parameter with an open gesture is left alone.
    pub fn once_handle(&mut self, param: ParamHandle<'_>, normalized: f32) {
        let plain = param.to_plain(normalized.clamp(0.0, 1.0));
        if plain == param.plain_value() || self.open.params.iter().any(|&open| param.is(open)) {
            return;
        }
        param.begin_gesture(&self.setter);
        param.set_in_gesture(&self.setter, param.from_plain(plain));
        param.end_gesture(&self.setter);
    }
}
