//! Which MIDI control moves which parameter.

use std::collections::BTreeMap;
use std::fmt;

use nice_plug::prelude::NoteEvent;
use serde::{Deserialize, Serialize};

use super::target::{Kind, Target};

/// What the control of a device is called by its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// A key or pad.
    Note {
        /// Channel from 1 to 16.
        channel: u8,
        /// Key from 0 to 127.
        number: u8,
    },
    /// A fader, knob or pedal.
    Controller {
        /// Channel from 1 to 16.
        channel: u8,
        /// Controller from 0 to 127.
        number: u8,
    },
}

impl fmt::Display for Control {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Note { channel, number } => write!(out, "note {number} on channel {channel}"),
            Self::Controller { channel, number } => write!(out, "controller {number} on channel {channel}"),
        }
    }
}

/// A control was moved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Message {
    /// Which one.
    pub control: Control,
    /// Where it is now, from 0 to 1.
    pub value: f32,
}

impl Message {
    /// The message in an event, if it is one that can be learned. The audio thread may call it.
    pub fn of<S>(event: &NoteEvent<S>) -> Option<Self> {
        match *event {
            NoteEvent::NoteOn { channel, key, velocity, .. } if velocity > 0.0 => {
                let control = Control::Note { channel: channel.number()? + 1, number: key.number()? };
                Some(Self { control, value: velocity })
            }
            NoteEvent::MidiCC { channel, cc, value, .. } => {
                Some(Self { control: Control::Controller { channel: channel + 1, number: cc }, value })
            }
            _ => None,
        }
    }
}

/// What was learned, as a file that people can read: the control of each parameter, by its id.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bindings(BTreeMap<String, Control>);

impl Bindings {
    /// Binds `control` to `target`, and to nothing else.
    ///
    /// # Errors
    /// One line for people if it cannot move it.
    pub fn bind(&mut self, control: Control, target: Target) -> Result<(), String> {
        if target.kind() == Kind::Level && matches!(control, Control::Note { .. }) {
            return Err("a note cannot move a level: use a fader or a knob".into());
        }
        self.0.retain(|_, other| *other != control);
        self.0.insert(target.id(), control);
        Ok(())
    }

    /// What `message` moves, and to which value. A switch that is bound to a note changes from `value`.
    pub fn change(&self, message: Message, value: impl Fn(Target) -> f32) -> Option<(Target, f32)> {
        let (id, _) = self.0.iter().find(|(_, control)| **control == message.control)?;
        let target = Target::with_id(id)?;
        let switch = |on: bool| if on { 1.0 } else { 0.0 };
        let new = match (target.kind(), message.control) {
            (Kind::Level, _) => message.value,
            (_, Control::Note { .. }) => switch(value(target) < 0.5),
            (_, Control::Controller { .. }) => switch(message.value >= 0.5),
        };
        Some((target, new))
    }
}

#[cfg(test)]
mod tests {
    use nice_plug::midi::{Channel, Key, VoiceID};

    use super::*;

    const FADER: Control = Control::Controller { channel: 1, number: 7 };
    const PAD: Control = Control::Note { channel: 10, number: 36 };

    #[test]
    fn a_fader_moves_a_level_and_a_pad_switches_a_mute() {
        let (level, mute) = (Target::new(0, Kind::Level), Target::new(1, Kind::Mute));
        let mut bindings = Bindings::default();
        bindings.bind(FADER, level).unwrap();
        bindings.bind(PAD, mute).unwrap();
        let change = |control, value, now| bindings.change(Message { control, value }, |_| now);
        assert_eq!(change(FADER, 0.25, 0.0), Some((level, 0.25)));
        assert_eq!(change(PAD, 0.9, 0.0), Some((mute, 1.0)));
        assert_eq!(change(PAD, 0.1, 1.0), Some((mute, 0.0)));
        assert_eq!(change(Control::Note { channel: 1, number: 36 }, 0.9, 0.0), None, "another channel");
    }

    #[test]
    fn a_controller_switches_at_the_middle() {
        let solo = Target::new(3, Kind::Solo);
        let mut bindings = Bindings::default();
        bindings.bind(FADER, solo).unwrap();
        for (value, expected) in [(0.0, 0.0), (63.0 / 127.0, 0.0), (64.0 / 127.0, 1.0), (1.0, 1.0)] {
            assert_eq!(bindings.change(Message { control: FADER, value }, |_| 0.0), Some((solo, expected)));
        }
    }

    #[test]
    fn a_control_moves_one_parameter_and_a_parameter_has_one_control() {
        let [first, second] = [0, 1].map(|stem| Target::new(stem, Kind::Level));
        let other = Control::Controller { channel: 2, number: 7 };
        let mut bindings = Bindings::default();
        bindings.bind(FADER, first).unwrap();
        bindings.bind(FADER, second).unwrap();
        assert_eq!(bindings.0.len(), 1);
        bindings.bind(other, second).unwrap();
        assert_eq!(bindings.0.values().collect::<Vec<_>>(), [&other]);
        assert!(bindings.bind(PAD, second).unwrap_err().contains("note"));
        assert_eq!(bindings.0.len(), 1, "what was refused changes nothing");
    }

    #[test]
    fn the_file_is_read_as_it_is_written() {
        let mut bindings = Bindings::default();
        bindings.bind(FADER, Target::new(0, Kind::Level)).unwrap();
        bindings.bind(PAD, Target::new(2, Kind::Solo)).unwrap();
        let text = serde_json::to_string(&bindings).unwrap();
        assert_eq!(
            text,
            r#"{"bass_solo":{"note":{"channel":10,"number":36}},"vocals_level":{"controller":{"channel":1,"number":7}}}"#
        );
        assert_eq!(serde_json::from_str::<Bindings>(&text).unwrap(), bindings);
    }

    #[test]
    fn events_become_messages() {
        let note = |velocity| NoteEvent::<()>::NoteOn {
            timing: 3,
            voice_id: VoiceID::Wildcard,
            channel: Channel::Number(9),
            key: Key::Number(36),
            velocity,
        };
        assert_eq!(Message::of(&note(0.5)), Some(Message { control: PAD, value: 0.5 }));
        let fader = NoteEvent::<()>::MidiCC { timing: 0, channel: 0, cc: 7, value: 1.0 };
        assert_eq!(Message::of(&fader), Some(Message { control: FADER, value: 1.0 }));
        // How many devices say that a key was let go.
        assert_eq!(Message::of(&note(0.0)), None);
    }
}
