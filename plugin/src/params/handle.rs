//! Parameters of any kind behind one type: the framework's pointers, tied to the parameters that they point to.
//!
//! All dereferencing of [`ParamPtr`] is here. It rests on the contract of the framework's [`Params`]: the pointers in its
//! map lead to parameters of that object, and stay good as long as it lives.

use std::marker::PhantomData;
use std::sync::Arc;

use nice_plug::context::gui::ParamSetter;
use nice_plug::params::internals::ParamPtr;
use nice_plug::params::{Param, Params};

/// One parameter, borrowed. Values are normalized (0…1). The audio thread may call what takes and returns numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParamHandle<'a> {
    pointer: ParamPtr,
    params: PhantomData<&'a dyn Params>,
}

/// Every parameter of `params` with its id. Not for the audio thread.
pub fn handles<'a>(params: &'a dyn Params) -> impl Iterator<Item = (String, ParamHandle<'a>)> {
    let map = params.param_map();
    map.into_iter().map(|(id, pointer, _)| (id, ParamHandle { pointer, params: PhantomData }))
}

/// Calls a method of the framework's pointer.
macro_rules! forward {
    ($(#[$doc:meta] fn $method:ident($($argument:ident: $type:ty),*) $(-> $result:ty)? = $pointer_method:ident;)*) => {
        $(
            #[$doc]
            pub fn $method(self, $($argument: $type),*) $(-> $result)? {
                // SAFETY: the pointer leads to a parameter that is borrowed for `'a`.
                unsafe { self.pointer.$pointer_method($($argument),*) }
            }
        )*
    };
}

impl<'a> ParamHandle<'a> {
    /// The handle of `param`.
    pub fn of(param: &'a impl Param) -> Self {
        Self { pointer: param.as_ptr(), params: PhantomData }
    }

    forward! {
        /// The value, without modulation.
        fn value() -> f32 = unmodulated_normalized_value;
        /// The value that a new instance has.
        fn default_value() -> f32 = default_normalized_value;
        /// The value in the parameter's own unit, without modulation.
        fn plain_value() -> f32 = unmodulated_plain_value;
        /// The default in the parameter's own unit.
        fn default_plain_value() -> f32 = default_plain_value;
        /// A value in the parameter's own unit, at the nearest step.
        fn to_plain(value: f32) -> f32 = preview_plain;
        /// A plain value as a normalized one.
        fn from_plain(plain: f32) -> f32 = preview_normalized;
        /// Steps between the values; `None` for a continuous parameter.
        fn steps() -> Option<usize> = step_count;
        /// The value that `text` stands for. Not for the audio thread.
        fn parse(text: &str) -> Option<f32> = string_to_normalized_value;
    }

    /// `value` as text with its unit. Not for the audio thread.
    pub fn text(self, value: f32) -> String {
        // SAFETY: the pointer leads to a parameter that is borrowed for `'a`.
        unsafe { self.pointer.normalized_value_to_string(value, true) }
    }

    /// True for parameters with decimals.
    pub fn is_float(self) -> bool {
        matches!(self.pointer, ParamPtr::FloatParam(_))
    }

    /// True for choices from a list.
    pub fn is_choice(self) -> bool {
        matches!(self.pointer, ParamPtr::EnumParam(_))
    }

    /// The framework's pointer, to recognize the parameter by.
    pub fn pointer(self) -> ParamPtr {
        self.pointer
    }

    /// True if `pointer`, which need not be good, is of this parameter.
    pub fn is(self, pointer: ParamPtr) -> bool {
        self.pointer == pointer
    }

    /// Sets the value past the host, as the host does. Non-finite values change nothing.
    pub fn set(self, value: f32) {
        if value.is_finite() {
            // SAFETY: the pointer leads to a parameter that is borrowed for `'a`; values are atomic.
            unsafe { self.pointer._internal_set_normalized_value(value) };
        }
    }

    /// Sets the modulation, an offset from the value. Non-finite offsets change nothing.
    pub fn modulate(self, offset: f32) {
        if offset.is_finite() {
            // SAFETY: the pointer leads to a parameter that is borrowed for `'a`; values are atomic.
            unsafe { self.pointer._internal_modulate_value(offset) };
        }
    }

    /// Begins a gesture of the user's. Call from the window's thread, with the setter of the instance.
    pub fn begin_gesture(self, setter: &ParamSetter<'_>) {
        // SAFETY: the pointer leads to a parameter that is borrowed for `'a`.
        unsafe { setter.raw_context.raw_begin_set_parameter(self.pointer) };
    }

    /// Sets the value through the host, within a gesture, and at once: the framework waits for the host's next block or
    /// flush, and hosts that have bypassed the plug-in send none.
    pub fn set_in_gesture(self, setter: &ParamSetter<'_>, value: f32) {
        // SAFETY: the pointer leads to a parameter that is borrowed for `'a`.
        unsafe { setter.raw_context.raw_set_parameter_normalized(self.pointer, value) };
        self.set(value);
    }

    /// Ends a gesture.
    pub fn end_gesture(self, setter: &ParamSetter<'_>) {
        // SAFETY: the pointer leads to a parameter that is borrowed for `'a`.
        unsafe { setter.raw_context.raw_end_set_parameter(self.pointer) };
    }
}

/// All parameters by index, sorted by the number under which hosts know them.
pub struct ParamTable {
    params: Arc<dyn Params>,
    /// Host numbers and pointers into `params`.
    entries: Vec<(u32, ParamPtr)>,
}

impl ParamTable {
    /// The table of `params`, whose ids become numbers by `host_id`.
    pub fn new(params: Arc<dyn Params>, host_id: impl Fn(&str) -> u32) -> Self {
        let map = params.param_map();
        let mut entries: Vec<_> = map.into_iter().map(|(id, pointer, _)| (host_id(&id), pointer)).collect();
        entries.sort_by_key(|(id, _)| *id);
        Self { params, entries }
    }

    /// Number of parameters.
    pub fn count(&self) -> usize {
        self.entries.len()
    }

    /// Index of the parameter with the host's number `id`. The audio thread may call it.
    pub fn index(&self, id: u32) -> Option<usize> {
        self.entries.binary_search_by_key(&id, |(known, _)| *known).ok()
    }

    /// The parameter at `index`. The audio thread may call it.
    ///
    /// # Panics
    /// If there is none.
    pub fn handle(&self, index: usize) -> ParamHandle<'_> {
        // The table owns `params`, so that the pointer is good as long as the table is borrowed.
        ParamHandle { pointer: self.entries[index].1, params: PhantomData }
    }

    /// The parameters' owner.
    pub fn params(&self) -> &Arc<dyn Params> {
        &self.params
    }
}

#[cfg(test)]
mod tests {
    use nice_plug::context::PluginApi;
    use nice_plug::context::gui::{GuiContext, GuiContextInner};
    use nice_plug::plugin::PluginState;

    use super::*;
    use crate::params::UnbraidParams;

    /// The framework while its host processes but sends no block: nothing is set.
    struct Paused;

    impl GuiContextInner for Paused {
        fn plugin_api(&self) -> PluginApi {
            PluginApi::Vst3
        }
        unsafe fn raw_begin_set_parameter(&self, _param: ParamPtr) {}
        unsafe fn raw_set_parameter_normalized(&self, _param: ParamPtr, _normalized: f32) {}
        unsafe fn raw_end_set_parameter(&self, _param: ParamPtr) {}
        fn get_state(&self) -> PluginState {
            unreachable!("no state is asked for")
        }
        fn set_state(&self, _state: PluginState) {}
        fn request_restart(&self) {}
    }

    #[test]
    fn a_gesture_sets_the_value_though_no_block_takes_it() {
        let (params, gui) = (UnbraidParams::default(), GuiContext::new(Arc::new(Paused)));
        for (_, param) in handles(&params) {
            let value = param.from_plain(param.to_plain(if param.value() > 0.5 { 0.0 } else { 1.0 }));
            param.begin_gesture(&gui.param_setter());
            param.set_in_gesture(&gui.param_setter(), value);
            param.end_gesture(&gui.param_setter());
            assert_eq!(param.value(), value);
        }
    }

    fn table() -> ParamTable {
        ParamTable::new(Arc::new(UnbraidParams::default()), unbraid_formats::effect::host_id)
    }

    #[test]
    fn no_two_parameters_have_one_number() {
        let table = table();
        assert_eq!(table.entries.len(), table.params().param_map().len());
        assert!(table.entries.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(table.index(unbraid_formats::effect::host_id("no_such_parameter")).is_none());
    }

    #[test]
    fn non_finite_values_and_offsets_change_nothing() {
        let params = UnbraidParams::default();
        let focus = ParamHandle::of(&params.focus);
        focus.set(0.75);
        for bad in [f32::NAN, f32::INFINITY] {
            focus.set(bad);
            focus.modulate(bad);
            assert_eq!(params.focus.value(), 0.75);
        }
        focus.modulate(-0.25);
        assert_eq!(params.focus.value(), 0.5, "modulation is an offset");
        assert_eq!(focus.value(), 0.75);
    }
}
