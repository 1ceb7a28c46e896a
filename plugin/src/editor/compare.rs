//! A and B: two settings to go back and forth between.

use super::controls::Controls;
use crate::params::UnbraidParams;

/// Normalized values of the stored parameters, in their order.
type Snapshot = Vec<f32>;

/// Which of the two is heard, and the other one's values.
#[derive(Default)]
pub struct Compare {
    second: bool,
    /// `None` until the second one is first heard: it starts as a copy.
    other: Option<Snapshot>,
}

fn snapshot(params: &UnbraidParams) -> Snapshot {
    params.stored().map(|(_, param)| param.value()).collect()
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
            for ((_, param), value) in params.stored().zip(other) {
                controls.once_handle(param, value);
            }
        }
    }

    /// Makes the other one the same as the one that is heard.
    pub fn copy(&mut self, params: &UnbraidParams) {
        self.other = Some(snapshot(params));
    }
}
