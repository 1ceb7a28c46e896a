//! Any number of channels to two, by the gains of ITU-R BS.775.

use std::f32::consts::FRAC_1_SQRT_2;

use symphonia::core::audio::{Channels, Position};

/// Gains of one channel in the left and the right output.
type Gains = [f32; 2];

/// What each channel of a file adds to the left and the right output.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixdown {
    gains: Vec<Gains>,
}

impl Mixdown {
    /// For the channels of a file, or nothing if there are none.
    ///
    /// Mono plays on both sides and stereo as it is. Of more channels, left and right keep their level; centre and
    /// surrounds are added at -3 dB, a surround in the middle at -6 dB on each side; LFE is left out.
    pub fn new(channels: &Channels) -> Option<Self> {
        let count = channels.count();
        if count == 0 {
            return None;
        }
        if count == 1 {
            return Some(Self { gains: vec![[1.0, 1.0]] });
        }
        let positions = positions(channels);
        let gains = match (count, positions) {
            (2, _) => vec![[1.0, 0.0], [0.0, 1.0]],
            (_, Some(positions)) => positions.iter().map(|&position| gains_of(position)).collect(),
            (_, None) => return None,
        };
        Some(Self { gains })
    }

    /// Mixes `planes` (`[channel][sample]`, as many channels as this was made for) into `output`, which is replaced.
    pub fn mix(&self, planes: &[Vec<f32>], output: &mut [Vec<f32>; 2]) {
        let frames = planes.first().map_or(0, Vec::len);
        for (side, output) in output.iter_mut().enumerate() {
            output.clear();
            output.resize(frames, 0.0);
            for (plane, gains) in planes.iter().zip(&self.gains) {
                add(output, plane, gains[side]);
            }
        }
    }
}

fn add(output: &mut [f32], plane: &[f32], gain: f32) {
    if gain == 0.0 {
        return;
    }
    for (output, sample) in output.iter_mut().zip(plane) {
        *output += gain * sample;
    }
}

/// Where each channel sits, in the order of the planes.
fn positions(channels: &Channels) -> Option<Vec<Position>> {
    let mask = match channels {
        Channels::Positioned(mask) => *mask,
        other => usual(other.count())?,
    };
    Some(mask.iter().collect())
}

/// The usual positions of channels that come without any.
fn usual(count: usize) -> Option<Position> {
    let front = Position::FRONT_LEFT | Position::FRONT_RIGHT;
    let rear = Position::REAR_LEFT | Position::REAR_RIGHT;
    let side = Position::SIDE_LEFT | Position::SIDE_RIGHT;
    Some(match count {
        3 => front | Position::FRONT_CENTER,
        4 => front | rear,
        5 => front | Position::FRONT_CENTER | rear,
        6 => front | Position::FRONT_CENTER | Position::LFE1 | rear,
        7 => front | Position::FRONT_CENTER | Position::LFE1 | Position::REAR_CENTER | side,
        8 => front | Position::FRONT_CENTER | Position::LFE1 | rear | side,
        _ => return None,
    })
}

fn gains_of(position: Position) -> Gains {
    const LEFT: Position = Position::FRONT_LEFT.union(Position::FRONT_LEFT_CENTER);
    const RIGHT: Position = Position::FRONT_RIGHT.union(Position::FRONT_RIGHT_CENTER);
    const LOW: Position = Position::LFE1.union(Position::LFE2);
    const LEFT_SURROUND: Position = Position::REAR_LEFT
        .union(Position::SIDE_LEFT)
        .union(Position::TOP_FRONT_LEFT)
        .union(Position::TOP_SIDE_LEFT)
        .union(Position::TOP_REAR_LEFT)
        .union(Position::BOTTOM_FRONT_LEFT)
        .union(Position::FRONT_LEFT_WIDE);
    const RIGHT_SURROUND: Position = Position::REAR_RIGHT
        .union(Position::SIDE_RIGHT)
        .union(Position::TOP_FRONT_RIGHT)
        .union(Position::TOP_SIDE_RIGHT)
        .union(Position::TOP_REAR_RIGHT)
        .union(Position::BOTTOM_FRONT_RIGHT)
        .union(Position::FRONT_RIGHT_WIDE);
    match position {
        Position::FRONT_CENTER => [FRAC_1_SQRT_2; 2],
        _ if LEFT.contains(position) => [1.0, 0.0],
        _ if RIGHT.contains(position) => [0.0, 1.0],
        _ if LOW.contains(position) => [0.0, 0.0],
        _ if LEFT_SURROUND.contains(position) => [FRAC_1_SQRT_2, 0.0],
        _ if RIGHT_SURROUND.contains(position) => [0.0, FRAC_1_SQRT_2],
        // Middle of the rear, the ceiling or the floor.
        _ => [0.5, 0.5],
    }
}

/// Channels as people write them.
pub fn layout_name(channels: &Channels) -> String {
    let count = channels.count();
    match count {
        1 => return "mono".to_owned(),
        2 => return "stereo".to_owned(),
        _ => {}
    }
    let Some(positions) = positions(channels) else { return format!("{count} channels") };
    let low = positions.iter().filter(|&&position| position == Position::LFE1 || position == Position::LFE2);
    let low = low.count();
    format!("{}.{low}", count - low)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gains(mask: Position) -> Vec<Gains> {
        Mixdown::new(&Channels::Positioned(mask)).unwrap().gains
    }

    #[test]
    fn mono_plays_on_both_sides_and_stereo_as_it_is() {
        assert_eq!(gains(Position::FRONT_CENTER), [[1.0, 1.0]]);
        assert_eq!(gains(Position::FRONT_LEFT), [[1.0, 1.0]]);
        assert_eq!(gains(Position::FRONT_LEFT | Position::FRONT_RIGHT), [[1.0, 0.0], [0.0, 1.0]]);
    }

    #[test]
    fn five_point_one_is_mixed_with_the_gains_of_bs_775() {
        let channels = Channels::Positioned(usual(6).unwrap());
        let (full, half, none) = (1.0, FRAC_1_SQRT_2, 0.0);
        let wanted = [[full, none], [none, full], [half, half], [none, none], [half, none], [none, half]];
        assert_eq!(Mixdown::new(&channels).unwrap().gains, wanted);
        assert_eq!(layout_name(&channels), "5.1");
    }

    #[test]
    fn channels_without_a_layout_get_the_usual_one_and_too_many_are_refused() {
        let quad = Mixdown::new(&Channels::Discrete(4)).unwrap().gains;
        assert_eq!(quad, [[1.0, 0.0], [0.0, 1.0], [FRAC_1_SQRT_2, 0.0], [0.0, FRAC_1_SQRT_2]]);
        assert_eq!(Mixdown::new(&Channels::Discrete(24)), None);
    }
}
