//! Places of the window's parts at any size. All lengths in points.

use egui::{Rect, Vec2, pos2, vec2};
use unbraid_engine::STEMS;

use super::casts::float;
use crate::params::window_geometry;

/// Size of the window when it is first opened.
#[cfg(test)]
pub const DEFAULT_SIZE: Vec2 = vec2(window_geometry::DEFAULT_SIZE[0], window_geometry::DEFAULT_SIZE[1]);
/// Smallest size at which everything can be read and pressed.
pub const SMALLEST_SIZE: Vec2 = vec2(window_geometry::SMALLEST_SIZE[0], window_geometry::SMALLEST_SIZE[1]);

/// Space around and between the parts.
const GAP: f32 = 8.0;
/// Heights of single rows.
const NOTICE: f32 = 32.0;
const PLAYER: f32 = 44.0;
/// Below this width header and footer have two rows.
const NARROW: f32 = 960.0;
/// Heights of header and footer, in two rows and in one.
const NARROW_BARS: [f32; 2] = [96.0, 100.0];
const WIDE_BARS: [f32; 2] = [56.0, 56.0];
/// The strips' part of the height beside the bars, their least and greatest height, and the picture's least height.
const STRIPS_PART: f32 = 0.44;
const STRIPS: [f32; 2] = [126.0, 250.0];
const PICTURE: f32 = 46.0;

/// The parts of the window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Layout {
    /// Name, mode, numbers, recording, network.
    pub header: Rect,
    /// The oldest message.
    pub notice: Option<Rect>,
    /// The file player of the standalone program.
    pub player: Option<Rect>,
    /// The spectrogram.
    pub spectrogram: Rect,
    /// One for each stem.
    pub strips: [Rect; STEMS],
    /// Controls of all stems together.
    pub footer: Rect,
    /// Header and footer have two rows each.
    pub narrow: bool,
}

impl Layout {
    /// The layout of a window of `size`, with or without a message and a file player.
    pub fn new(size: Vec2, notice: bool, player: bool) -> Self {
        let size = size.max(SMALLEST_SIZE);
        let narrow = size.x < NARROW;
        let [header, footer] = if narrow { NARROW_BARS } else { WIDE_BARS };
        let width = size.x - 2.0 * GAP;
        let mut top = GAP;
        let mut row = |height: f32| {
            let rect = Rect::from_min_size(pos2(GAP, top), vec2(width, height));
            top = rect.bottom() + GAP;
            rect
        };
        let header = row(header);
        let notice = notice.then(|| row(NOTICE));
        let player = player.then(|| row(PLAYER));
        let footer = Rect::from_min_size(pos2(GAP, size.y - GAP - footer), vec2(width, footer));
        let height = footer.top() - GAP - top;
        // The picture takes what the strips leave.
        let [least, most] = STRIPS;
        let strips_height = (STRIPS_PART * height).clamp(least, most).min(height - GAP - PICTURE);
        let spectrogram = Rect::from_min_size(pos2(GAP, top), vec2(width, height - strips_height - GAP));
        let strip = vec2((width - GAP * float(STEMS - 1)) / float(STEMS), strips_height);
        let strips = std::array::from_fn(|stem| {
            let left = GAP + float(stem) * (strip.x + GAP);
            Rect::from_min_size(pos2(left, spectrogram.bottom() + GAP), strip)
        });
        Self { header, notice, player, spectrogram, strips, footer, narrow }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Layout {
        fn parts(&self) -> impl Iterator<Item = Rect> {
            [self.header, self.spectrogram, self.footer]
                .into_iter()
                .chain(self.notice)
                .chain(self.player)
                .chain(self.strips)
        }
    }

    #[test]
    fn parts_lie_inside_the_window_and_not_on_each_other_at_any_size() {
        for width in [640.0, 720.0, 959.0, 960.0, 1000.0, 1440.0, 2560.0] {
            for height in [500.0, 520.0, 640.0, 900.0, 1440.0] {
                for (notice, player) in [(false, false), (true, false), (false, true), (true, true)] {
                    let layout = Layout::new(vec2(width, height), notice, player);
                    let window = Rect::from_min_size(pos2(0.0, 0.0), vec2(width, height));
                    let parts: Vec<Rect> = layout.parts().collect();
                    for (index, part) in parts.iter().enumerate() {
                        assert!(window.contains_rect(*part), "{width}×{height}: {part}");
                        for other in &parts[..index] {
                            let shared = part.intersect(*other);
                            assert!(!(shared.width() > 0.0 && shared.height() > 0.0), "{part} on {other}");
                        }
                    }
                    assert!(
                        layout.spectrogram.height() >= PICTURE,
                        "{width}×{height}: {}",
                        layout.spectrogram
                    );
                    assert!(layout.strips[0].height() >= STRIPS[0] && layout.strips[0].width() >= 150.0);
                }
            }
        }
    }
}
