//! Changing parameters: every change of the window goes through here, inside a gesture that begins and ends, so that
//! a host records it as one movement of a hand.

use nice_plug::context::gui::ParamSetter;
use nice_plug::params::internals::ParamPtr;
use nice_plug::prelude::Param;

/// Gestures that have begun and not ended. Outlives the frames it is used in.
#[derive(Default)]
pub struct Gestures {
    open: Vec<ParamPtr>,
}

impl Gestures {
    /// Ends every gesture; for a window that closes under a finger.
    pub fn end_all(&mut self, setter: &ParamSetter<'_>) {
        for param in self.open.drain(..) {
            // SAFETY: pointers in `open` come from parameters of the instance, which outlives its window.
            unsafe { setter.raw_context.raw_end_set_parameter(param) };
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
            self.setter.set_parameter(param, plain);
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

    /// [`Controls::once`] for a parameter of any kind, which must belong to the instance.
    pub fn once_pointer(&mut self, param: ParamPtr, normalized: f32) {
        // SAFETY: the parameters of the instance outlive its window.
        unsafe {
            let plain = param.preview_plain(normalized.clamp(0.0, 1.0));
            if plain == param.unmodulated_plain_value() || self.gestures.open.contains(&param) {
                return;
            }
            self.setter.raw_context.raw_begin_set_parameter(param);
            self.setter.raw_context.raw_set_parameter_normalized(param, param.preview_normalized(plain));
            self.setter.raw_context.raw_end_set_parameter(param);
        }
    }
}
