//! A and B: two settings to compare.

use nice_plug::params::Params;
use nice_plug::params::internals::ParamPtr;

use super::param_gestures::ParamGestures;
use crate::params::UnbraidParams;

/// Parameters that A and B share: a change of mode restarts the plug-in, and the host owns bypass.
const SHARED: [&str; 2] = ["mode", "bypass"];

/// Values of all parameters but the shared ones, normalized, in the order of the parameter map.
type Snapshot = Vec<f32>;

/// The active one of the two, and the other's values.
#[derive(Default)]
pub struct Compare {
    second: bool,
    /// `None` until the first change to B, which starts as a copy of A.
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
    /// Whether B is active.
    pub fn is_second(&self) -> bool {
        self.second
    }

    /// Makes the other one active.
    pub fn swap(&mut self, gestures: &mut ParamGestures<'_>, params: &UnbraidParams) {
        self.second = !self.second;
        let here = snapshot(params);
        if let Some(other) = self.other.replace(here) {
            for (param, value) in compared(params).zip(other) {
                gestures.once_pointer(param, value);
            }
        }
    }

    /// Copies the active one to the other.
    pub fn copy(&mut self, params: &UnbraidParams) {
        self.other = Some(snapshot(params));
    }
}
