//! A and B: two settings to compare.

use super::param_gestures::ParamGestures;
use crate::params::UnbraidParams;

/// Normalized values of the stored parameters, in their order.
type Snapshot = Vec<f32>;

/// The active one of the two, and the other's values.
#[derive(Default)]
pub struct Compare {
    second: bool,
    /// `None` until the first change to B, which starts as a copy of A.
    other: Option<Snapshot>,
}

fn snapshot(params: &UnbraidParams) -> Snapshot {
    params.stored().map(|(_, param)| param.value()).collect()
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
            for ((_, param), value) in params.stored().zip(other) {
                gestures.once_handle(param, value);
            }
        }
    }

    /// Copies the active one to the other.
    pub fn copy(&mut self, params: &UnbraidParams) {
        self.other = Some(snapshot(params));
    }
}
