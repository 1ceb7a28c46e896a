//! Level meters: how they rise and fall, and how they look.

use egui::{Color32, CornerRadius, Id, Rect, Response, Sense, Ui, pos2, vec2};
use unbraid_engine::CHANNELS;

use super::theme;
use crate::display::Level;

/// Speed at which a peak falls, in dB a second, as in IEC 60268-18.
const FALL_DB: f32 = 20.0;
/// How long the highest peak stands, in seconds.
const HOLD_SECONDS: f64 = 1.5;
/// Without a sound for this long, in seconds, the host has stopped; the largest blocks are shorter.
const STOPPED_SECONDS: f64 = 0.4;
/// What a meter shows of silence, in dB.
pub const FLOOR_DB: f32 = -90.0;

/// What one channel shows, in dB of full scale.
#[derive(Debug, Clone, Copy)]
struct Channel {
    peak: f32,
    rms: f32,
    held: f32,
    /// When the held peak was reached, in seconds.
    held_at: f64,
}

/// A stereo meter as it stands.
#[derive(Debug, Clone)]
pub struct Meter {
    channels: [Channel; CHANNELS],
    clipped: bool,
    /// Highest peak since the last reset, in dB.
    highest: f32,
    updated_at: Option<f64>,
    /// When the last sound came, in seconds.
    heard_at: f64,
}

impl Default for Meter {
    fn default() -> Self {
        let silent = Channel { peak: FLOOR_DB, rms: FLOOR_DB, held: FLOOR_DB, held_at: f64::NEG_INFINITY };
        Self {
            channels: [silent; CHANNELS],
            clipped: false,
            highest: FLOOR_DB,
            updated_at: None,
            heard_at: f64::NEG_INFINITY,
        }
    }
}

/// A factor of full scale in dB, no lower than [`FLOOR_DB`].
pub fn decibels(factor: f32) -> f32 {
    if factor > 0.0 { (20.0 * factor.log10()).max(FLOOR_DB) } else { FLOOR_DB }
}

impl Meter {
    /// Takes what was measured since the last call, at `now` seconds.
    pub fn update(&mut self, levels: [Level; CHANNELS], now: f64) {
        let passed = self.updated_at.map_or(0.0, |before| (now - before).max(0.0)) as f32;
        self.updated_at = Some(now);
        if levels.iter().any(|level| level.peak > 0.0) {
            self.heard_at = now;
        }
        let stopped = now - self.heard_at > STOPPED_SECONDS;
        for (channel, level) in self.channels.iter_mut().zip(levels) {
            let peak = decibels(level.peak);
            channel.peak = peak.max(channel.peak - FALL_DB * passed).max(FLOOR_DB);
            // A host that does not process any more leaves the last mean square behind.
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

    /// Forgets that it clipped and how high it went.
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

    /// Whether anything moves that has to be drawn again.
    pub fn moves(&self) -> bool {
        let up = |channel: &Channel| channel.peak.max(channel.held).max(channel.rms) > FLOOR_DB;
        self.channels.iter().any(up)
    }
}

/// Draws `meter` upright in `rect`: bars for left and right, RMS solid and the peak above it translucent, a line for the
/// held peak, and on top a light that says that something clipped. `height` gives the place (0…1) of a level in dB.
/// A click resets it.
pub fn upright(
    ui: &Ui,
    meter: &mut Meter,
    id: Id,
    rect: Rect,
    colour: Color32,
    height: impl Fn(f32) -> f32,
) -> Response {
    let response = ui.interact(rect, id, Sense::click());
    if response.clicked() {
        meter.reset();
    }
    let painter = ui.painter();
    let light = Rect::from_min_size(rect.min, vec2(rect.width(), 6.0));
    let lit = if meter.clipped() { theme::ALARM } else { theme::RAISED };
    painter.rect_filled(light, CornerRadius::same(2), lit);
    let bars = Rect::from_min_max(pos2(rect.left(), light.bottom() + 3.0), rect.max);
    let width = (bars.width() - 2.0) / CHANNELS as f32;
    for (index, channel) in meter.channels.iter().enumerate() {
        let left = bars.left() + index as f32 * (width + 2.0);
        let bar = Rect::from_min_size(pos2(left, bars.top()), vec2(width, bars.height()));
        painter.rect_filled(bar, CornerRadius::same(2), theme::SUNK);
        let y = |decibels: f32| bar.bottom() - bar.height() * height(decibels).clamp(0.0, 1.0);
        let from = |decibels| Rect::from_min_max(pos2(bar.left(), y(decibels)), bar.max);
        if channel.peak > FLOOR_DB {
            painter.rect_filled(from(channel.peak), CornerRadius::same(2), theme::faded(colour, 0.42));
        }
        if channel.rms > FLOOR_DB {
            painter.rect_filled(from(channel.rms), CornerRadius::same(2), colour);
        }
        if channel.held > FLOOR_DB + 1.0 {
            let lit = if channel.held > 0.0 { theme::ALARM } else { theme::TEXT };
            let line = Rect::from_min_size(pos2(bar.left(), y(channel.held)), vec2(width, 1.5));
            painter.rect_filled(line, CornerRadius::ZERO, lit);
        }
    }
    response.on_hover_text(meter.words("what the main output gets of the stem"))
}

impl Meter {
    /// Draws the meter lying in `rect`, for the main output: from −60 to +6 dB, with a light at its right end that a click
    /// puts out.
    pub fn lying(&mut self, ui: &Ui, id: Id, rect: Rect) -> Response {
        let response = ui.interact(rect.expand(3.0), id, Sense::click());
        if response.clicked() {
            self.reset();
        }
        let painter = ui.painter();
        let light = Rect::from_min_max(pos2(rect.right() - 6.0, rect.top()), rect.max);
        let lit = if self.clipped { theme::ALARM } else { theme::RAISED };
        painter.rect_filled(light, CornerRadius::same(2), lit);
        let height = (rect.height() - 1.0) / CHANNELS as f32;
        let end = light.left() - 3.0;
        let x =
            |decibels: f32| rect.left() + (end - rect.left()) * ((decibels + 60.0) / 66.0).clamp(0.0, 1.0);
        for (index, channel) in self.channels.iter().enumerate() {
            let top = rect.top() + index as f32 * (height + 1.0);
            let bar = |to: f32| Rect::from_min_max(pos2(rect.left(), top), pos2(to, top + height));
            painter.rect_filled(bar(end), CornerRadius::same(1), theme::SUNK);
            painter.rect_filled(
                bar(x(channel.peak)),
                CornerRadius::same(1),
                theme::faded(theme::ACCENT, 0.42),
            );
            painter.rect_filled(bar(x(channel.rms)), CornerRadius::same(1), theme::ACCENT);
            if channel.held > -60.0 {
                let lit = if channel.held > 0.0 { theme::ALARM } else { theme::TEXT };
                let line = Rect::from_min_size(pos2(x(channel.held) - 1.0, top), vec2(1.5, height));
                painter.rect_filled(line, CornerRadius::ZERO, lit);
            }
        }
        response.on_hover_text(self.words("the main output"))
    }

    /// What a meter's tooltip says.
    fn words(&self, of: &str) -> String {
        let highest = match self.highest {
            silent if silent <= FLOOR_DB => "no signal yet".to_owned(),
            highest => format!("highest peak {highest:+.1} dB").replace('-', "−"),
        };
        format!("RMS (solid) and peak of {of}; {highest}. A click resets the clip light.")
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
