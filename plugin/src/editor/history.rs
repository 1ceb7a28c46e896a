//! Undo and redo of the window's gestures.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nice_plug::params::internals::ParamPtr;

/// Most steps kept.
const MOST: usize = 200;
/// Time in seconds within which gestures on one parameter are one step: notches of a wheel, repeated keys.
const MERGE_SECONDS: f64 = 0.7;

/// One parameter before and after a gesture, normalized.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// The parameter, one of the instance's.
    pub param: ParamPtr,
    /// Value before the gesture.
    pub before: f32,
    /// Value after it.
    pub after: f32,
}

/// Steps that can be undone and redone. Cloning gives another handle on the same.
#[derive(Clone, Default)]
pub struct History {
    steps: Arc<Mutex<Steps>>,
}

#[derive(Default)]
struct Steps {
    done: Vec<Step>,
    undone: Vec<Step>,
}

/// Gestures that belong together, such as those of a preset.
struct Step {
    changes: Vec<Change>,
    /// Time of the last gesture in seconds.
    at: f64,
}

impl History {
    /// Adds gestures that ended in one frame, at `now` seconds.
    pub fn add(&self, mut changes: Vec<Change>, now: f64) {
        changes.retain(|change| change.before != change.after);
        if changes.is_empty() {
            return;
        }
        let mut steps = self.steps();
        steps.undone.clear();
        if let ([change], Some(Step { changes: last, at })) = (&changes[..], steps.done.last_mut())
            && let [last] = &mut last[..]
            && last.param == change.param
            && (0.0..MERGE_SECONDS).contains(&(now - *at))
        {
            last.after = change.after;
            *at = now;
            return;
        }
        if steps.done.len() == MOST {
            steps.done.remove(0);
        }
        steps.done.push(Step { changes, at: now });
    }

    /// Takes back the last step: the parameters to set and their values.
    pub fn undo(&self) -> Vec<(ParamPtr, f32)> {
        let mut steps = self.steps();
        let Some(mut step) = steps.done.pop() else { return Vec::new() };
        // A later gesture is a step of its own.
        step.at = f64::NEG_INFINITY;
        let values = step.changes.iter().map(|change| (change.param, change.before)).collect();
        steps.undone.push(step);
        values
    }

    /// Repeats the last step that was taken back.
    pub fn redo(&self) -> Vec<(ParamPtr, f32)> {
        let mut steps = self.steps();
        let Some(step) = steps.undone.pop() else { return Vec::new() };
        let values = step.changes.iter().map(|change| (change.param, change.after)).collect();
        steps.done.push(step);
        values
    }

    /// Whether there is a step to undo, and one to redo.
    pub fn has(&self) -> [bool; 2] {
        let steps = self.steps();
        [!steps.done.is_empty(), !steps.undone.is_empty()]
    }

    fn steps(&self) -> MutexGuard<'_, Steps> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
