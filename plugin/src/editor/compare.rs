//! A and B: two settings to go back and forth between.

use nice_plug::params::Params;
use nice_plug::params::internals::ParamPtr;

use super::controls::Controls;
use crate::params::UnbraidParams;

/// Parameters that A and B share: a change of mode restarts the plug-in, and the host owns bypass.
const SHARED: [&str; 2] = ["mode", "bypass"];

/// Values of all parameters but the shared ones, normalized, in the order of the parameter map.
type Snapshot = Vec<f32>;

/// Which of the two is heard, and the other one's values.
#[derive(Default)]
pub struct Compare {
    second: bool,
    /// `None` until the second one is first heard: it starts as a copy.
    other: Option<Snapshot>,
}

fn compared(params: &UnbraidParams) -> impl Iterator<Item = ParamPtr> {
    let map = params.param_map();
    map.into_iter().filter(|(id, _, _)| !SHARED.contains(&id.as_str())).map(|(_, param, _)| param)
}

fn snapshot(params: &UnbraidParams) -> Snapshot {
    // SAFETY: the pointers come from `params`, which is borrowed.
    compared(params).map(|param| unsafe { param.unmodulated_normalized_value() }).collect()
}

impl Compare {
    /// Whether B is heard.
    pub fn is_second(&self) -> bool {
        self.second
    }

    /// Goes to the other one.
    pub fn swap(&mut self, controls: &mut Controls<'_>, params: &UnbraidParams) {
        self.second = !self.second;
        let here = snapshot(params);
        if let Some(other) = self.other.replace(here) {
            for (param, value) in compared(params).zip(other) {
                controls.once_pointer(param, value);
            }
        }
    }

    /// Makes the other one the same as the one that is heard.
    pub fn copy(&mut self, params: &UnbraidParams) {
        self.other = Some(snapshot(params));
    }
}
