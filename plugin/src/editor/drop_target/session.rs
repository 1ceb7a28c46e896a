//! The target's side of the X drag-and-drop protocol, version 5, without a server: what is heard goes in, what is to be
//! done comes out.

use std::path::PathBuf;

use super::uri_list;

/// The versions of the protocol that are spoken. Before 3 messages meant other things; none after 5 was ever made.
const VERSIONS: std::ops::RangeInclusive<u32> = 3..=5;

/// A window's number.
pub type Id = u32;

/// What the window is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Drag {
    /// Files are held over the window, or no longer.
    Over(bool),
    /// Files were let go over it.
    Dropped(Vec<PathBuf>),
}

/// What is heard. The source is the window that the drag comes from. The target is the one that it means, which is what
/// it wants to read in replies; ours or our host's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A drag comes, in this version of the protocol, and has a list of files to give or not.
    Enter { source: Id, version: u32, has_files: bool },
    /// The pointer moves; inside our window or elsewhere in the target.
    Position { source: Id, target: Id, inside: bool },
    /// The drag goes elsewhere or is given up.
    Leave { source: Id },
    /// The pointer's button was let go at `time`.
    Drop { source: Id, target: Id, time: u32 },
    /// What was asked for at `time`; nothing if it cannot be had.
    Data { time: u32, list: Option<Vec<u8>> },
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Do {
    /// Say whether files let go here would be taken.
    Status { source: Id, target: Id, accept: bool },
    /// Ask for the list of files.
    Fetch { time: u32 },
    /// Say that it is over, and whether files were taken.
    Finished { source: Id, target: Id, accept: bool },
    /// Tell the window.
    Tell(Drag),
}

/// Where a drag stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    /// A drag is over the target. `takes`: it has files in a version that we speak. `inside`: where they would be taken.
    Over {
        source: Id,
        takes: bool,
        inside: bool,
    },
    /// Files were let go, and their list has been asked for.
    Fetching {
        source: Id,
        target: Id,
        time: u32,
    },
}

/// One drag after another.
pub struct Session {
    state: State,
    /// This machine's name.
    host: String,
}

impl Session {
    /// Nothing is dragged yet. `host` is this machine's name.
    pub fn new(host: String) -> Self {
        Self { state: State::Idle, host }
    }

    /// What is to be done now, in this order.
    pub fn hear(&mut self, heard: Heard) -> Vec<Do> {
        match heard {
            Heard::Enter { source, version, has_files } => {
                // One that never left, because its program ended or forgot to.
                let done = self.leave();
                let takes = has_files && VERSIONS.contains(&version);
                self.state = State::Over { source, takes, inside: false };
                done
            }
            Heard::Position { source, target, inside } => self.position(source, target, inside),
            Heard::Leave { source } if self.source() == Some(source) => self.leave(),
            Heard::Leave { .. } => Vec::new(),
            Heard::Drop { source, target, time } => self.drop(source, target, time),
            Heard::Data { time, list } => self.data(time, list),
        }
    }

    fn source(&self) -> Option<Id> {
        match self.state {
            State::Idle => None,
            State::Over { source, .. } | State::Fetching { source, .. } => Some(source),
        }
    }

    fn leave(&mut self) -> Vec<Do> {
        match std::mem::replace(&mut self.state, State::Idle) {
            State::Over { inside: true, .. } => vec![Do::Tell(Drag::Over(false))],
            _ => Vec::new(),
        }
    }

    fn position(&mut self, from: Id, target: Id, now: bool) -> Vec<Do> {
        let mut done = Vec::new();
        let mut accept = false;
        if let State::Over { source, takes, inside } = &mut self.state
            && *source == from
        {
            accept = *takes && now;
            if accept != *inside {
                *inside = accept;
                done.push(Do::Tell(Drag::Over(accept)));
            }
        }
        // Whoever asks is answered, if only with a no: sources wait for it.
        done.push(Do::Status { source: from, target, accept });
        done
    }

    fn drop(&mut self, from: Id, target: Id, time: u32) -> Vec<Do> {
        let refusal = Do::Finished { source: from, target, accept: false };
        if self.source() != Some(from) {
            return vec![refusal];
        }
        let inside = matches!(self.state, State::Over { inside: true, .. });
        let mut done = self.leave();
        if inside {
            self.state = State::Fetching { source: from, target, time };
            done.push(Do::Fetch { time });
        } else {
            done.push(refusal);
        }
        done
    }

    fn data(&mut self, at: u32, list: Option<Vec<u8>>) -> Vec<Do> {
        let State::Fetching { source, target, time } = self.state else { return Vec::new() };
        if at != time {
            // Of a drop that was given up for this one.
            return Vec::new();
        }
        self.state = State::Idle;
        let files = uri_list::files(&list.unwrap_or_default(), &self.host);
        let finished = Do::Finished { source, target, accept: !files.is_empty() };
        if files.is_empty() { vec![finished] } else { vec![Do::Tell(Drag::Dropped(files)), finished] }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SOURCE: Id = 7;
    const OTHER: Id = 8;
    const TARGET: Id = 100;

    fn session() -> Session {
        Session::new(String::new())
    }

    fn enter(source: Id) -> Heard {
        Heard::Enter { source, version: 5, has_files: true }
    }

    fn position(source: Id, inside: bool) -> Heard {
        Heard::Position { source, target: TARGET, inside }
    }

    fn let_go(source: Id, time: u32) -> Heard {
        Heard::Drop { source, target: TARGET, time }
    }

    fn data(time: u32, list: &str) -> Heard {
        Heard::Data { time, list: Some(list.into()) }
    }

    fn status(source: Id, accept: bool) -> Do {
        Do::Status { source, target: TARGET, accept }
    }

    fn finished(source: Id, accept: bool) -> Do {
        Do::Finished { source, target: TARGET, accept }
    }

    const OVER: Do = Do::Tell(Drag::Over(true));
    const GONE: Do = Do::Tell(Drag::Over(false));

    fn dropped(path: &str) -> Do {
        Do::Tell(Drag::Dropped(vec![path.into()]))
    }

    #[test]
    fn files_are_shown_asked_for_and_handed_over() {
        let mut session = session();
        assert_eq!(session.hear(enter(SOURCE)), []);
        assert_eq!(session.hear(position(SOURCE, true)), [OVER, status(SOURCE, true)]);
        assert_eq!(session.hear(position(SOURCE, true)), [status(SOURCE, true)], "told once");
        assert_eq!(session.hear(let_go(SOURCE, 42)), [GONE, Do::Fetch { time: 42 }]);
        assert_eq!(session.hear(data(42, "file:///a\r\n")), [dropped("/a"), finished(SOURCE, true)]);
        assert_eq!(session.hear(data(42, "file:///a\r\n")), [], "once");
    }

    #[test]
    fn a_drag_that_leaves_is_over() {
        let mut session = session();
        session.hear(enter(SOURCE));
        session.hear(position(SOURCE, true));
        assert_eq!(session.hear(Heard::Leave { source: OTHER }), [], "another's");
        assert_eq!(session.hear(Heard::Leave { source: SOURCE }), [GONE]);
        assert_eq!(session.hear(Heard::Leave { source: SOURCE }), []);
        assert_eq!(session.hear(let_go(SOURCE, 1)), [finished(SOURCE, false)]);
    }

    #[test]
    fn beside_our_window_nothing_is_taken() {
        let mut session = session();
        session.hear(enter(SOURCE));
        assert_eq!(session.hear(position(SOURCE, false)), [status(SOURCE, false)]);
        assert_eq!(session.hear(position(SOURCE, true)), [OVER, status(SOURCE, true)]);
        assert_eq!(session.hear(position(SOURCE, false)), [GONE, status(SOURCE, false)]);
        assert_eq!(session.hear(let_go(SOURCE, 1)), [finished(SOURCE, false)]);
    }

    #[test]
    fn what_is_no_file_and_what_is_not_our_protocol_is_refused() {
        for (version, has_files) in [(5, false), (2, true), (0, true), (6, true)] {
            let mut session = session();
            session.hear(Heard::Enter { source: SOURCE, version, has_files });
            assert_eq!(session.hear(position(SOURCE, true)), [status(SOURCE, false)]);
            assert_eq!(session.hear(let_go(SOURCE, 1)), [finished(SOURCE, false)]);
        }
    }

    #[test]
    fn a_list_that_cannot_be_had_or_used_ends_in_a_refusal() {
        for list in [None, Some(""), Some("http://a/b\r\n"), Some("file://elsewhere/a")] {
            let mut session = session();
            session.hear(enter(SOURCE));
            session.hear(position(SOURCE, true));
            session.hear(let_go(SOURCE, 3));
            let heard = Heard::Data { time: 3, list: list.map(|list| list.into()) };
            assert_eq!(session.hear(heard), [finished(SOURCE, false)], "{list:?}");
        }
    }

    #[test]
    fn messages_out_of_turn_are_answered_and_do_no_harm() {
        let mut session = session();
        assert_eq!(session.hear(position(SOURCE, true)), [status(SOURCE, false)], "never entered");
        assert_eq!(session.hear(let_go(SOURCE, 1)), [finished(SOURCE, false)]);
        session.hear(enter(SOURCE));
        assert_eq!(session.hear(let_go(SOURCE, 1)), [finished(SOURCE, false)], "never said where");
        session.hear(enter(SOURCE));
        session.hear(position(SOURCE, true));
        assert_eq!(session.hear(position(OTHER, true)), [status(OTHER, false)]);
        assert_eq!(session.hear(let_go(OTHER, 1)), [finished(OTHER, false)]);
        assert_eq!(session.hear(position(SOURCE, true)), [status(SOURCE, true)], "goes on");
    }

    #[test]
    fn a_new_drag_takes_the_place_of_one_that_hangs() {
        let mut session = session();
        session.hear(enter(SOURCE));
        session.hear(position(SOURCE, true));
        assert_eq!(session.hear(enter(OTHER)), [GONE]);
        session.hear(position(OTHER, true));
        session.hear(let_go(OTHER, 5));
        // The program ends before it hands the list over; the next one's list is not its list.
        session.hear(enter(SOURCE));
        session.hear(position(SOURCE, true));
        session.hear(let_go(SOURCE, 9));
        assert_eq!(session.hear(data(5, "file:///late")), []);
        assert_eq!(session.hear(data(9, "file:///a")), [dropped("/a"), finished(SOURCE, true)]);
    }

    fn anything() -> impl Strategy<Value = Heard> {
        let ids = || 0..3u32;
        prop_oneof![
            (ids(), 0..8u32, any::<bool>()).prop_map(|(source, version, has_files)| Heard::Enter {
                source,
                version,
                has_files
            }),
            (ids(), any::<bool>()).prop_map(|(source, inside)| position(source, inside)),
            ids().prop_map(|source| Heard::Leave { source }),
            (ids(), ids()).prop_map(|(source, time)| let_go(source, time)),
            (ids(), any::<bool>())
                .prop_map(|(time, has)| Heard::Data { time, list: has.then(|| b"file:///a".to_vec()) }),
        ]
    }

    proptest! {
        #[test]
        fn whatever_comes_the_window_is_told_in_turn_and_every_question_is_answered(
            heard in proptest::collection::vec(anything(), 0..60)
        ) {
            let (mut session, mut over) = (session(), false);
            for heard in heard {
                let asks = matches!(heard, Heard::Position { .. });
                let done = session.hear(heard);
                for step in &done {
                    match step {
                        Do::Tell(Drag::Over(now)) => {
                            prop_assert_ne!(*now, over);
                            over = *now;
                        }
                        Do::Tell(Drag::Dropped(_)) => prop_assert!(!over),
                        _ => {}
                    }
                }
                prop_assert_eq!(asks, done.iter().any(|step| matches!(step, Do::Status { .. })));
            }
        }
    }
}
