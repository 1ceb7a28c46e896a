//! Where things are, for any size of the window. All lengths in points.

use egui::{Rect, Vec2, pos2, vec2};
use unbraid_engine::STEMS;

use crate::params::window_geometry;

/// Size of the window when it is first opened.
#[cfg(test)]
pub const DEFAULT_SIZE: Vec2 = vec2(window_geometry::DEFAULT_SIZE[0], window_geometry::DEFAULT_SIZE[1]);
/// Smallest size at which everything can be read and pressed.
pub const SMALLEST_SIZE: Vec2 = vec2(window_geometry::SMALLEST_SIZE[0], window_geometry::SMALLEST_SIZE[1]);

/// Space around and between the parts.
const GAP: f32 = 8.0;
const NOTICE: f32 = 32.0;
const PLAYER: f32 = 44.0;

/// The parts of the window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Layout {
    /// Name, mode, numbers, network.
    pub header: Rect,
    /// One line about what is not as it should be.
    pub notice: Option<Rect>,
    /// The file player of the standalone program.
    pub player: Option<Rect>,
    /// The picture.
    pub braid: Rect,
    /// One a stem.
    pub strips: [Rect; STEMS],
    /// Everything that concerns all stems.
    pub footer: Rect,
    /// Header and footer have two rows each, because one is too narrow.
    pub narrow: bool,
}

impl Layout {
    /// The layout of a window of `size`, with a line for a notice and a file player or without.
    pub fn new(size: Vec2, notice: bool, player: bool) -> Self {
        let size = size.max(SMALLEST_SIZE);
        let narrow = size.x < 900.0;
        let (header, footer) = if narrow { (96.0, 100.0) } else { (56.0, 56.0) };
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
        let rest = footer.top() - GAP - top;
        // The picture takes what the strips leave: they need to be reached, it wants to be large.
        let strips_height = (0.44 * rest).clamp(126.0, 250.0).min(rest - GAP - 60.0);
        let braid = Rect::from_min_size(pos2(GAP, top), vec2(width, rest - strips_height - GAP));
        let strip = vec2((width - GAP * (STEMS - 1) as f32) / STEMS as f32, strips_height);
        let strips = std::array::from_fn(|stem| {
            let left = GAP + stem as f32 * (strip.x + GAP);
            Rect::from_min_size(pos2(left, braid.bottom() + GAP), strip)
        });
        Self { header, notice, player, braid, strips, footer, narrow }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Layout {
        fn parts(&self) -> impl Iterator<Item = Rect> {
            [self.header, self.braid, self.footer]
                .into_iter()
                .chain(self.notice)
                .chain(self.player)
                .chain(self.strips)
        }
    }

    #[test]
    fn parts_lie_inside_the_window_and_not_on_each_other_at_any_size() {
        for width in [640.0, 720.0, 899.0, 900.0, 1000.0, 1440.0, 2560.0] {
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
                    assert!(layout.braid.height() >= 60.0, "{width}×{height}: {}", layout.braid);
                    assert!(layout.strips[0].height() >= 100.0 && layout.strips[0].width() >= 150.0);
                }
            }
        }
    }
}
