//! Changing parameters from the window. Every change lies inside a gesture that begins and ends, so that a host records
//! it as one movement.

use nice_plug::context::gui::ParamSetter;
use nice_plug::params::internals::ParamPtr;
use nice_plug::prelude::Param;

use super::history::{Change, History};
use crate::params::UnbraidParams;
use crate::params::handle::{ParamHandle, handles};

/// Gestures that have begun and not ended. Outlives the frames it is used in.
#[derive(Default)]
pub struct OpenGestures {
    /// Each gesture with the values before it and now. Hosts apply values later, so the parameter does not tell the latter.
    gestures: Vec<Change>,
}

impl OpenGestures {
    /// Ends every gesture, for a window that closes during a drag.
    pub fn end_all(&mut self, params: &UnbraidParams, setter: &ParamSetter<'_>) {
        let open = std::mem::take(&mut self.gestures);
        for (_, param) in handles(params).filter(|(_, param)| open.iter().any(|open| param.is(open.param))) {
            param.end_gesture(setter);
        }
    }

    fn of(&mut self, param: ParamPtr) -> Option<&mut Change> {
        self.gestures.iter_mut().find(|gesture| gesture.param == param)
    }
}

/// Sets parameters through the host during one frame.
pub struct ParamGestures<'a> {
    setter: ParamSetter<'a>,
    open: &'a mut OpenGestures,
    /// Gestures that ended in this frame.
    ended: Vec<Change>,
}

impl<'a> ParamGestures<'a> {
    /// Changes go to the host through `setter`.
    pub fn new(setter: ParamSetter<'a>, open: &'a mut OpenGestures) -> Self {
        Self { setter, open, ended: Vec::new() }
    }

    /// Adds the gestures that ended in this frame, at `now` seconds, to `history` as one step.
    pub fn finish(self, history: &History, now: f64) {
        history.add(self.ended, now);
    }

    /// Takes back the last step of `history`, in gestures. During a drag it does nothing.
    pub fn undo(&mut self, params: &UnbraidParams, history: &History) {
        if self.open.gestures.is_empty() {
            self.apply(params, &history.undo());
        }
    }

    /// Repeats the last step that was taken back, in gestures. During a drag it does nothing.
    pub fn redo(&mut self, params: &UnbraidParams, history: &History) {
        if self.open.gestures.is_empty() {
            self.apply(params, &history.redo());
        }
    }

    /// Sets values that are no new step.
    fn apply(&mut self, params: &UnbraidParams, values: &[(ParamPtr, f32)]) {
        let ended = self.ended.len();
        for (_, param) in handles(params) {
            if let Some((_, normalized)) = values.iter().find(|(pointer, _)| param.is(*pointer)) {
                self.once_handle(param, *normalized);
            }
        }
        self.ended.truncate(ended);
    }

    /// Begins a gesture on `param`, unless one is open.
    pub fn begin<P: Param>(&mut self, param: &P) {
        if self.open.of(param.as_ptr()).is_none() {
            let now = param.unmodulated_normalized_value();
            self.open.gestures.push(Change { param: param.as_ptr(), before: now, after: now });
            self.setter.begin_set_parameter(param);
        }
    }

    /// Sets `param` within a gesture, to the step nearest to `normalized` (0…1). The present value is not set again.
    pub fn set<P: Param>(&mut self, param: &P, normalized: f32) {
        let plain = || param.preview_plain(normalized.clamp(0.0, 1.0));
        if let Some(gesture) = self.open.of(param.as_ptr()) {
            gesture.after = param.preview_normalized(plain());
        }
        let plain = plain();
        if plain != param.unmodulated_plain_value() {
            ParamHandle::of(param).set_in_gesture(&self.setter, param.preview_normalized(plain));
        }
    }

    /// Ends the gesture on `param`, if one is open.
    pub fn end<P: Param>(&mut self, param: &P) {
        let is_its = |gesture: &Change| gesture.param == param.as_ptr();
        if let Some(index) = self.open.gestures.iter().position(is_its) {
            self.ended.push(self.open.gestures.remove(index));
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
        let was_open = self.open.of(param.as_ptr()).is_some();
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
        if plain == param.plain_value() || self.open.of(param.pointer()).is_some() {
            return;
        }
        let (before, after) = (param.value(), param.from_plain(plain));
        param.begin_gesture(&self.setter);
        param.set_in_gesture(&self.setter, after);
        param.end_gesture(&self.setter);
        self.ended.push(Change { param: param.pointer(), before, after });
    }
}
