//! Level meters: their ballistics and their looks.

use egui::{Color32, CornerRadius, Id, Rect, Response, Sense, Ui, pos2, vec2};
use unbraid_engine::CHANNELS;

use super::casts::{float, single};
use super::theme;
use crate::display::Level;

/// Speed at which a peak falls, in dB a second, as in IEC 60268-18.
const FALL_DB: f32 = 20.0;
/// Time before a held peak falls, in seconds.
const HOLD_SECONDS: f64 = 1.5;
/// Silence after which the host counts as stopped, in seconds; the largest blocks are shorter.
const STOPPED_SECONDS: f64 = 0.4;
/// Bottom of a meter in dB.
pub const FLOOR_DB: f32 = -90.0;

/// Range of a horizontal meter in dB.
const HORIZONTAL_DB: [f32; 2] = [-60.0, 6.0];

/// From the top of an upright meter to its bars: the clip light and a gap.
pub const LIGHT: f32 = LIGHT_SIZE + LIGHT_GAP;
const LIGHT_SIZE: f32 = 6.0;
const LIGHT_GAP: f32 = 3.0;
/// Width of the line at the held peak.
const HELD: f32 = 1.5;
/// Opacity of a bar between RMS and peak.
const PEAK_OPACITY: f32 = 0.42;

/// Levels of one channel in dB of full scale.
#[derive(Debug, Clone, Copy)]
struct Channel {
    peak: f32,
    rms: f32,
    held: f32,
    /// Time of the held peak in seconds.
    held_at: f64,
}

/// A stereo meter.
#[derive(Debug, Clone)]
pub struct Meter {
    channels: [Channel; CHANNELS],
    clipped: bool,
    /// Highest peak since the last reset, in dB.
    highest: f32,
    updated_at: Option<f64>,
    /// Time of the last sound in seconds.
    sounded_at: f64,
}

impl Default for Meter {
    fn default() -> Self {
        let silent = Channel { peak: FLOOR_DB, rms: FLOOR_DB, held: FLOOR_DB, held_at: f64::NEG_INFINITY };
        Self {
            channels: [silent; CHANNELS],
            clipped: false,
            highest: FLOOR_DB,
            updated_at: None,
            sounded_at: f64::NEG_INFINITY,
        }
    }
}

/// An amplitude in dB of full scale, no lower than [`FLOOR_DB`].
pub fn decibels(factor: f32) -> f32 {
    if factor > 0.0 { (20.0 * factor.log10()).max(FLOOR_DB) } else { FLOOR_DB }
}

impl Meter {
    /// Takes the levels since the last call, at `now` seconds.
    pub fn update(&mut self, levels: [Level; CHANNELS], now: f64) {
        let passed = single(self.updated_at.map_or(0.0, |before| (now - before).max(0.0)));
        self.updated_at = Some(now);
        if levels.iter().any(|level| level.peak > 0.0) {
            self.sounded_at = now;
        }
        let stopped = now - self.sounded_at > STOPPED_SECONDS;
        for (channel, level) in self.channels.iter_mut().zip(levels) {
            let peak = decibels(level.peak);
            channel.peak = peak.max(channel.peak - FALL_DB * passed).max(FLOOR_DB);
            // The last mean square stays when a host stops processing.
            let rms = if stopped { channel.rms - FALL_DB * passed } else { decibels(level.rms) };
            channel.rms = rms.max(FLOOR_DB);
            if peak >= channel.held {
                (channel.held, channel.held_at) = (peak, now);
            } else if now - channel.held_at > HOLD_SECONDS {
                channel.held = (channel.held - FALL_DB * passed).max(channel.peak);
            }
            self.highest = self.highest.max(peak);
            self.clipped |= level.peak > 1.0;
        }
    }

    /// Resets the clip light and the highest peak.
    pub fn reset(&mut self) {
        self.clipped = false;
        self.highest = FLOOR_DB;
    }

    /// Whether a sample went beyond full scale since the last reset.
    pub fn clipped(&self) -> bool {
        self.clipped
    }

    /// Highest peak since the last reset in dB.
    pub fn highest(&self) -> f32 {
        self.highest
    }

    /// Whether a bar is above the bottom and may fall.
    pub fn moves(&self) -> bool {
        let up = |channel: &Channel| channel.peak.max(channel.held).max(channel.rms) > FLOOR_DB;
        self.channels.iter().any(up)
    }
}

/// Draws meters.
impl Meter {
    /// Upright in `rect`: the clip light on top, and a bar for each channel, up to the RMS solid and up to the peak translucent,
    /// with a line at the held peak. `height` gives the place (0…1) of a level in dB. A click resets.
    pub fn upright(
        &mut self,
        ui: &Ui,
        id: Id,
        rect: Rect,
        colour: Color32,
        height: impl Fn(f32) -> f32,
    ) -> Response {
        const BETWEEN: f32 = 2.0;
        let response = ui.interact(rect, id, Sense::click());
        if response.clicked() {
            self.reset();
        }
        self.light(ui, Rect::from_min_size(rect.min, vec2(rect.width(), LIGHT_SIZE)));
        let painter = ui.painter();
        let bars = Rect::from_min_max(pos2(rect.left(), rect.top() + LIGHT), rect.max);
        let width = (bars.width() - BETWEEN) / float(CHANNELS);
        for (index, channel) in self.channels.iter().enumerate() {
            let left = bars.left() + float(index) * (width + BETWEEN);
            let bar = Rect::from_min_size(pos2(left, bars.top()), vec2(width, bars.height()));
            painter.rect_filled(bar, theme::SMALL_CORNER, theme::SUNK);
            let y = |decibels: f32| bar.bottom() - bar.height() * height(decibels).clamp(0.0, 1.0);
            let from = |decibels| Rect::from_min_max(pos2(bar.left(), y(decibels)), bar.max);
            if channel.peak > FLOOR_DB {
                let peak = theme::faded(colour, PEAK_OPACITY);
                painter.rect_filled(from(channel.peak), theme::SMALL_CORNER, peak);
            }
            if channel.rms > FLOOR_DB {
                painter.rect_filled(from(channel.rms), theme::SMALL_CORNER, colour);
            }
            if channel.held > FLOOR_DB + 1.0 {
                let line = Rect::from_min_size(pos2(bar.left(), y(channel.held)), vec2(width, HELD));
                painter.rect_filled(line, CornerRadius::ZERO, channel.held_colour());
            }
        }
        response.on_hover_text(self.hint("what the main output gets of the stem"))
    }

    /// Horizontal in `rect`, with the clip light at its right end. A click resets.
    pub fn horizontal(&mut self, ui: &Ui, id: Id, rect: Rect) -> Response {
        const BETWEEN: f32 = 1.0;
        /// Room for the pointer around the thin bars.
        const AROUND: f32 = 3.0;
        const CORNER: CornerRadius = CornerRadius::same(1);
        let response = ui.interact(rect.expand(AROUND), id, Sense::click());
        if response.clicked() {
            self.reset();
        }
        let end = rect.right() - LIGHT;
        self.light(ui, Rect::from_min_max(pos2(rect.right() - LIGHT_SIZE, rect.top()), rect.max));
        let painter = ui.painter();
        let height = (rect.height() - BETWEEN) / float(CHANNELS);
        let [lowest, highest] = HORIZONTAL_DB;
        let x = |decibels: f32| {
            rect.left() + (end - rect.left()) * ((decibels - lowest) / (highest - lowest)).clamp(0.0, 1.0)
        };
        for (index, channel) in self.channels.iter().enumerate() {
            let top = rect.top() + float(index) * (height + BETWEEN);
            let bar = |to: f32| Rect::from_min_max(pos2(rect.left(), top), pos2(to, top + height));
            painter.rect_filled(bar(end), CORNER, theme::SUNK);
            let peak = theme::faded(theme::ACCENT, PEAK_OPACITY);
            painter.rect_filled(bar(x(channel.peak)), CORNER, peak);
            painter.rect_filled(bar(x(channel.rms)), CORNER, theme::ACCENT);
            if channel.held > lowest {
                let line = Rect::from_min_size(pos2(x(channel.held) - 1.0, top), vec2(HELD, height));
                painter.rect_filled(line, CornerRadius::ZERO, channel.held_colour());
            }
        }
        response.on_hover_text(self.hint("the main output"))
    }

    fn light(&self, ui: &Ui, rect: Rect) {
        let lit = if self.clipped { theme::ALARM } else { theme::RAISED };
        ui.painter().rect_filled(rect, theme::SMALL_CORNER, lit);
    }

    /// Text of a meter's tooltip.
    fn hint(&self, of: &str) -> String {
        let highest = match self.highest {
            silent if silent <= FLOOR_DB => "no signal yet".to_owned(),
            highest => format!("highest peak {highest:+.1} dB").replace('-', "−"),
        };
        format!("RMS (solid) and peak of {of}; {highest}. A click resets the clip light.")
    }
}

impl Channel {
    fn held_colour(&self) -> Color32 {
        if self.held > 0.0 { theme::ALARM } else { theme::TEXT }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(peak: f32, rms: f32) -> [Level; CHANNELS] {
        [Level { peak, rms }; CHANNELS]
    }

    #[test]
    fn a_peak_stands_for_a_while_and_then_falls() {
        let mut meter = Meter::default();
        meter.update(both(1.0, 0.5), 0.0);
        assert_eq!(meter.channels[0].peak, 0.0);
        assert!((meter.channels[0].rms + 6.02).abs() < 0.01);
        meter.update(both(0.0, 0.0), 1.0);
        assert_eq!(meter.channels[0].peak, -FALL_DB);
        assert_eq!(meter.channels[0].held, 0.0, "held for {HOLD_SECONDS} s");
        meter.update(both(0.0, 0.0), 2.0);
        assert_eq!(meter.channels[0].held, -FALL_DB);
        for second in 3..20 {
            meter.update(both(0.0, 0.0), f64::from(second));
        }
        assert_eq!(meter.channels[0].held, FLOOR_DB);
        assert!(!meter.moves());
    }

    #[test]
    fn a_meter_falls_when_the_host_stops_processing() {
        let mut meter = Meter::default();
        meter.update(both(0.5, 0.5), 0.0);
        // What the audio thread left behind stays as it was; only peaks stop coming.
        meter.update(both(0.0, 0.5), 0.2);
        assert!((meter.channels[0].rms + 6.02).abs() < 0.01, "a large block is no stop");
        for tenth in 3..100 {
            meter.update(both(0.0, 0.5), f64::from(tenth) / 10.0);
        }
        assert_eq!(meter.channels[0].rms, FLOOR_DB);
        assert!(!meter.moves());
    }

    #[test]
    fn the_clip_light_stays_until_it_is_reset() {
        let mut meter = Meter::default();
        meter.update(both(1.0, 0.5), 0.0);
        assert!(!meter.clipped(), "full scale is not beyond it");
        meter.update(both(1.01, 0.5), 0.1);
        meter.update(both(0.0, 0.0), 60.0);
        assert!(meter.clipped());
        assert!((meter.highest() - 0.086).abs() < 0.01);
        meter.reset();
        assert!(!meter.clipped());
    }
}
