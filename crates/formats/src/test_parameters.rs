//! Parameters for the unit tests.

use std::cell::RefCell;

use crate::effect::{Change, Parameters};

/// Three parameters with the ids 10, 11 and 12; the second has steps. Records what is applied.
#[derive(Default)]
pub struct TestParameters {
    pub applied: RefCell<Vec<(usize, Change)>>,
}

impl Parameters for TestParameters {
    fn count(&self) -> usize {
        3
    }

    fn index(&self, id: u32) -> Option<usize> {
        [10, 11, 12].iter().position(|&known| known == id)
    }

    fn steps(&self, parameter: usize) -> f32 {
        if parameter == 1 { 4.0 } else { 1.0 }
    }

    fn apply(&self, parameter: usize, change: Change) {
        self.applied.borrow_mut().push((parameter, change));
    }
}
