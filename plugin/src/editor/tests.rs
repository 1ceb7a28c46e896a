//! The window without a window system: synthetic input goes in, the host's view of the parameters comes out.

mod bench;
mod controls;
mod files;
mod host;
mod keys;
mod player;
mod playing;
mod recording;
mod sensitivities;
mod text;
mod values;

use host::Change;

/// Prefixes of the stems' parameter ids.
const STEMS: [&str; 4] = ["vocals", "drums", "bass", "other"];

/// The changes of a whole gesture that sets a parameter once.
fn once(id: &str, value: f32) -> Vec<Change> {
    vec![Change::Begin(id.into()), Change::Set(id.into(), value), Change::End(id.into())]
}

/// Asserts that `changes` are one gesture on `id`, and returns its values.
fn gesture(changes: &[Change], id: &str) -> Vec<f32> {
    assert_eq!(changes.first(), Some(&Change::Begin(id.into())), "{changes:?}");
    assert_eq!(changes.last(), Some(&Change::End(id.into())), "{changes:?}");
    let values = &changes[1..changes.len() - 1];
    values
        .iter()
        .map(|change| match change {
            Change::Set(set, value) if set == id => *value,
            other => panic!("{other:?} within a gesture on {id}"),
        })
        .collect()
}
