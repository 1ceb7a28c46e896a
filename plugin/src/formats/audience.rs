//! Which stem buses the host listens to, told past the framework, which sees memory behind every bus.

use std::cell::Cell;

use unbraid_engine::STEMS;

thread_local! {
    static LISTENS: Cell<[bool; STEMS]> = const { Cell::new([true; STEMS]) };
}

/// Runs `process`, in which the host listens to the stem buses that `listens` says. The audio thread may call it.
pub fn of<R>(listens: [bool; STEMS], process: impl FnOnce() -> R) -> R {
    LISTENS.set(listens);
    let result = process();
    LISTENS.set([true; STEMS]);
    result
}

/// Which stem buses the host listens to in the current call of `process`; to all outside of [`of`]. The audio thread may
/// call it.
pub fn listens() -> [bool; STEMS] {
    LISTENS.get()
}
