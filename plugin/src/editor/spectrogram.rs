//! The spectrogram ("the braid" in the window's texts): a scrolling picture of the input or the main output in which hue is the
//! strongest stem and brightness the energy.

mod picture;

use egui::{
    Align2, Color32, CornerRadius, Id, Mesh, Pos2, Rect, Sense, Shape, Stroke, StrokeKind, TextureHandle,
    TextureOptions, Ui, Vec2, pos2, vec2,
};
use unbraid_engine::STEMS;

use super::casts::{double, float, single, whole};
use super::theme;
use super::widgets::button::{self, Choice};
use crate::display::{Display, HIGHEST_HZ, LOWEST_HZ, ROWS, row_at, row_hz};
use crate::params::SpectrogramSource;
use picture::{Mix, Picture, Reading};

/// Time from the right edge to the left, in seconds.
const SECONDS: f64 = 12.0;

/// Most columns kept: a texture's width that every graphics card takes.
const MOST_COLUMNS: usize = 2048;

/// Frequencies with a mark, in Hz.
const MARKS: [(f32, &str); 9] = [
    (50.0, "50 Hz"),
    (100.0, "100"),
    (200.0, "200"),
    (500.0, "500"),
    (1000.0, "1k"),
    (2000.0, "2k"),
    (5000.0, "5k"),
    (10_000.0, "10k"),
    (15_000.0, "15k"),
];

/// Level in dB below which the pointer reads silence.
const AUDIBLE_DB: f32 = -90.0;

/// Brightness of a muted stem, of one that is pointed at, and of the others meanwhile.
const GHOST: f32 = 0.2;
const POINTED_GHOST: f32 = 0.8;
const BESIDE: f32 = 0.3;
/// Part of the way to its target that brightness goes in a second, and the distance that is none.
const FOLLOW: f32 = 12.0;
const ARRIVED: f32 = 0.02;

/// Columns at the seam of the texture's ring that are not shown.
const SEAM: f64 = 5.0;
/// Most columns that the right edge lags behind the newest.
const LAG: f64 = 3.0;
/// Time without a column after which the picture stands still, in seconds.
const STOPPED_SECONDS: f64 = 0.5;

/// Space around a label's text, and from the picture's corner to a badge.
const LABEL: Vec2 = vec2(7.0, 4.0);
const BADGE: Vec2 = vec2(-SWITCH.x - 24.0, 19.0);
/// Size of the switch between input and output, and its place from the picture's corner.
const SWITCH: Vec2 = vec2(92.0, 22.0);
const SWITCH_INSET: Vec2 = vec2(8.0, 8.0);
/// Closest that two frequency marks may be, and the least distances of one to top and bottom.
const MARK_DISTANCE: f32 = 16.0;
const MARK_TOP: f32 = 12.0;
const MARK_BOTTOM: f32 = 9.0;

/// The id of the whole picture.
pub fn id() -> Id {
    Id::unique("spectrogram")
}

/// The id of the switch between input and output.
pub fn source_id() -> Id {
    Id::unique("spectrogram source")
}

/// Stems as they reach the main output.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// Gain of each stem as a factor, 0 for a muted one.
    pub gains: [f32; STEMS],
    /// The strip under the pointer.
    pub pointed: Option<usize>,
}

/// The picture and its texture.
pub struct Spectrogram {
    picture: Picture,
    texture: Option<TextureHandle>,
    frozen: bool,
    /// The mix that is shown, on the way to its target.
    mix: Mix,
    /// The right edge in columns ever written. Moves smoothly while columns come in steps.
    shown: f64,
    /// Seconds from one column to the next.
    interval: f64,
    /// Time of the newest column in seconds.
    newest_at: f64,
}

impl Default for Spectrogram {
    fn default() -> Self {
        Self {
            picture: Picture::new(1),
            texture: None,
            frozen: false,
            mix: Mix::INPUT,
            shown: 0.0,
            interval: 0.0,
            newest_at: f64::NEG_INFINITY,
        }
    }
}

impl Spectrogram {
    /// Draws the picture in `rect`, and a switch that changes `source`. Returns whether it moves and has to be drawn again
    /// soon.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        display: &Display,
        output: Output,
        source: &mut SpectrogramSource,
        rect: Rect,
    ) -> bool {
        let now = ui.input(|input| input.time);
        let response = ui.interact(rect, id(), Sense::click());
        if response.clicked() {
            self.frozen = !self.frozen;
        }
        let arrived = self.take(display, now);
        let remixed = self.remix(ui, output, *source);
        self.upload(ui, remixed);
        self.scroll(ui.input(|input| input.stable_dt));

        let painter = ui.painter_at(rect);
        painter.rect_filled(rect, theme::ROUND, theme::SUNK);
        self.paint(ui, rect);
        marks(ui, rect);
        if self.picture.written() == 0 {
            let text = "The picture begins when audio plays";
            painter.text(rect.center(), Align2::CENTER_CENTER, text, theme::font(theme::BODY), theme::WEAK);
        }
        if self.frozen {
            let text = "Frozen · click to go on";
            label(ui, rect.right_top() + BADGE, Align2::RIGHT_CENTER, text, theme::WARNING);
        }
        switch(ui, source, rect);
        if let Some(pointer) = response.hover_pos() {
            self.read_out(ui, rect, pointer);
        }
        ui.painter().rect_stroke(rect, theme::ROUND, Stroke::new(1.0, theme::LINE), StrokeKind::Inside);
        arrived || remixed || now - self.newest_at < STOPPED_SECONDS
    }

    /// Columns taken so far.
    #[cfg(test)]
    pub fn columns(&self) -> usize {
        self.picture.written()
    }

    /// Takes new columns. Returns whether there were any.
    fn take(&mut self, display: &Display, now: f64) -> bool {
        let (picture, frozen) = (&mut self.picture, self.frozen);
        let before = picture.written();
        // A frozen picture drops what comes meanwhile.
        let interval = display.take_columns(|column| {
            if !frozen {
                picture.push(column);
            }
        });
        let arrived = picture.written() > before;
        if let Some(interval) = interval
            && interval != self.interval
        {
            self.interval = interval;
            let width = whole((SECONDS / interval).ceil()).clamp(16, MOST_COLUMNS);
            self.picture = Picture::new(width);
            self.picture.remix(self.mix);
            self.texture = None;
            self.shown = 0.0;
        }
        if arrived {
            self.newest_at = now;
        }
        arrived
    }

    /// Moves the mix towards its target. Returns whether it changed.
    fn remix(&mut self, ui: &Ui, Output { gains, pointed }: Output, source: SpectrogramSource) -> bool {
        let lights = std::array::from_fn(|stem| match pointed {
            Some(other) if other != stem => BESIDE,
            _ => 1.0,
        });
        let target = match source {
            SpectrogramSource::In => Mix { lights, ..Mix::INPUT },
            SpectrogramSource::Out => {
                let ghost = |stem| match (gains[stem] > 0.0, pointed) {
                    (true, _) => 0.0,
                    (false, Some(pointed)) if pointed == stem => POINTED_GHOST,
                    (false, _) => GHOST,
                };
                Mix { gains, lights, ghosts: std::array::from_fn(ghost) }
            }
        };
        if self.mix == target {
            return false;
        }
        let part = (FOLLOW * ui.input(|input| input.stable_dt)).min(1.0);
        let follow = |now: [f32; STEMS], target: [f32; STEMS]| {
            std::array::from_fn(|stem| {
                let next = now[stem] + (target[stem] - now[stem]) * part;
                if (target[stem] - next).abs() < ARRIVED { target[stem] } else { next }
            })
        };
        self.mix = Mix {
            gains: follow(self.mix.gains, target.gains),
            lights: follow(self.mix.lights, target.lights),
            ghosts: follow(self.mix.ghosts, target.ghosts),
        };
        self.picture.remix(self.mix);
        true
    }

    /// Brings the texture up to date: all of it after a change of the mix, else the new columns.
    fn upload(&mut self, ui: &Ui, remixed: bool) {
        let options = TextureOptions { wrap_mode: egui::TextureWrapMode::Repeat, ..TextureOptions::LINEAR };
        match &mut self.texture {
            Some(texture) if !remixed => {
                for (at, image) in self.picture.fresh() {
                    texture.set_partial([at, 0], image, options);
                }
            }
            texture => {
                *texture = Some(ui.load_texture("spectrogram", self.picture.whole(), options));
            }
        }
    }

    /// Moves the right edge at the speed of the audio, at most [`LAG`] columns behind the newest.
    fn scroll(&mut self, passed: f32) {
        let written = double(self.picture.written());
        if self.interval > 0.0 {
            self.shown += f64::from(passed) / self.interval;
        }
        self.shown = self.shown.clamp((written - LAG).max(0.0), written);
    }

    fn paint(&self, ui: &Ui, rect: Rect) {
        let Some(texture) = &self.texture else { return };
        let width = double(self.picture.width());
        // The texture is a ring: its newest column lies left of its oldest, and would be blended with it at the seam.
        let right = single((self.shown - 0.5) / width);
        let left = right - single((width - SEAM) / width);
        let mut mesh = Mesh::with_texture(texture.id());
        let half = 0.5 / float(ROWS);
        let uv = Rect::from_min_max(pos2(left, half), pos2(right, 1.0 - half));
        mesh.add_rect_with_uv(rect.shrink(1.0), uv, Color32::WHITE);
        ui.painter().add(Shape::mesh(mesh));
    }

    /// Frequency, level and strongest stem under the pointer.
    fn read_out(&self, ui: &Ui, rect: Rect, pointer: Pos2) {
        let painter = ui.painter_at(rect);
        let thread = Stroke::new(1.0, theme::faded(theme::TEXT, 0.35));
        painter.hline(rect.x_range(), pointer.y, thread);
        painter.vline(pointer.x, rect.y_range(), thread);
        let row = (rect.bottom() - pointer.y) / rect.height() * float(ROWS - 1);
        let hz = row_hz(row);
        let frequency = if hz < 1000.0 { format!("{hz:.0} Hz") } else { format!("{:.2} kHz", hz / 1000.0) };
        let back =
            f64::from((rect.right() - pointer.x) / rect.width()) * (double(self.picture.width()) - SEAM);
        let cell = self.picture.cell(self.shown - 1.0 - back, row);
        let reading = cell.map(|cell| self.picture.reading(cell));
        let (text, colour) = match reading {
            Some(Reading { level_db, strongest, part }) if level_db > AUDIBLE_DB => {
                let level = format!("{level_db:.0} dB").replace('-', "−");
                let (letter, name) = (theme::LETTERS[strongest], theme::NAMES[strongest]);
                let text = format!("{frequency}   {level}   {letter}  {name} {:.0} %", 100.0 * part);
                (text, theme::STEM_COLOURS[strongest])
            }
            _ => (format!("{frequency}   silence"), theme::WEAK),
        };
        // Beside the pointer, on the side that has room.
        let right = pointer.x < rect.center().x;
        let below = pointer.y < rect.center().y;
        let offset = vec2(if right { 14.0 } else { -14.0 }, if below { 24.0 } else { -14.0 });
        let align = if right { Align2::LEFT_CENTER } else { Align2::RIGHT_CENTER };
        label(ui, pointer + offset, align, &text, colour);
    }
}

/// The switch between input and output in the upper right corner.
fn switch(ui: &Ui, source: &mut SpectrogramSource, rect: Rect) {
    let choices = [
        Choice { value: SpectrogramSource::In, label: "In", hint: "The braid shows the input" },
        Choice {
            value: SpectrogramSource::Out,
            label: "Out",
            hint: "The braid shows the main output: levels, mutes, solos. Muted stems stay faintly visible.",
        },
    ];
    let corner = rect.right_top() + vec2(-SWITCH.x - SWITCH_INSET.x, SWITCH_INSET.y);
    let place = Rect::from_min_size(corner, SWITCH);
    if let Some(chosen) = button::choose(ui, *source, source_id(), place, &choices) {
        *source = chosen;
    }
}

/// Frequency marks on the left.
fn marks(ui: &Ui, rect: Rect) {
    let painter = ui.painter_at(rect);
    let mut last = f32::INFINITY;
    for (hz, text) in MARKS {
        debug_assert!((LOWEST_HZ..HIGHEST_HZ).contains(&hz));
        let y = rect.bottom() - rect.height() * row_at(hz) / float(ROWS - 1);
        // A low picture shows fewer marks.
        if last - y < MARK_DISTANCE || y < rect.top() + MARK_TOP || y > rect.bottom() - MARK_BOTTOM {
            continue;
        }
        last = y;
        painter.hline(rect.x_range(), y, Stroke::new(1.0, Color32::from_white_alpha(14)));
        let galley = painter.layout_no_wrap(text.to_owned(), theme::font(theme::SMALL), theme::TEXT);
        let at = pos2(rect.left() + 8.0, y - galley.size().y / 2.0);
        let ground = Rect::from_min_size(at, galley.size()).expand2(vec2(4.0, 0.0));
        painter.rect_filled(ground, CornerRadius::same(3), theme::faded(theme::SUNK, 0.75));
        painter.galley(at, galley, theme::TEXT);
    }
}

/// Text on dark ground.
fn label(ui: &Ui, at: Pos2, align: Align2, text: &str, colour: Color32) {
    let painter = ui.painter();
    let galley = painter.layout_no_wrap(text.to_owned(), theme::font(theme::BODY), colour);
    let place = align.anchor_size(at, galley.size());
    painter.rect_filled(place.expand2(LABEL), theme::SOFT, theme::faded(theme::SUNK, 0.92));
    painter.galley(place.min, galley, colour);
}
