//! Colours, text sizes and spaces: dark and quiet, one colour for each stem everywhere, no text below 12 points.

use egui::{Color32, Context, CornerRadius, FontFamily, FontId, Stroke, TextStyle, Theme, Vec2, Visuals};
use unbraid_engine::STEMS;

/// Behind everything.
pub const BACKGROUND: Color32 = Color32::from_rgb(0x0e, 0x10, 0x14);
/// Header, strips and footer.
pub const PANEL: Color32 = Color32::from_rgb(0x17, 0x1a, 0x20);
/// Buttons.
pub const RAISED: Color32 = Color32::from_rgb(0x23, 0x28, 0x31);
/// Buttons under the pointer.
pub const HOVERED: Color32 = Color32::from_rgb(0x2f, 0x36, 0x42);
/// Tracks, text fields, the spectrogram.
pub const SUNK: Color32 = Color32::from_rgb(0x08, 0x0a, 0x0d);
/// Hairlines and borders.
pub const LINE: Color32 = Color32::from_rgb(0x33, 0x3a, 0x46);
/// Text.
pub const TEXT: Color32 = Color32::from_rgb(0xe8, 0xeb, 0xf1);
/// Captions and scales.
pub const WEAK: Color32 = Color32::from_rgb(0x9c, 0xa6, 0xb5);
/// The accent beside the stems' colours: choices and keyboard focus.
pub const ACCENT: Color32 = Color32::from_rgb(0xd6, 0xdd, 0xe8);
/// Text on the accent, a stem's colour or a warning.
pub const ON_LIT: Color32 = Color32::from_rgb(0x0c, 0x0e, 0x11);
/// Warnings.
pub const WARNING: Color32 = Color32::from_rgb(0xff, 0xa2, 0x4d);
/// Mutes that are on, meters that clipped.
pub const ALARM: Color32 = Color32::from_rgb(0xff, 0x7a, 0x7a);

/// The stems' colours. They stay apart with every kind of colour vision (tested), and [`LETTERS`] stand beside them.
pub const STEM_COLOURS: [Color32; STEMS] = [
    Color32::from_rgb(0xf6, 0xc4, 0x45),
    Color32::from_rgb(0xe8, 0x54, 0x6a),
    Color32::from_rgb(0x4a, 0x8c, 0xf7),
    Color32::from_rgb(0x9b, 0xe7, 0xd8),
];

/// The stems' names as shown.
pub const NAMES: [&str; STEMS] = ["Vocals", "Drums", "Bass", "Other"];

/// The stems' letters.
pub const LETTERS: [&str; STEMS] = ["V", "D", "B", "O"];

/// Smallest text in points: captions and scales.
pub const SMALL: f32 = 12.0;
/// Ordinary text in points.
pub const BODY: f32 = 13.5;
/// Main values in points.
pub const LARGE: f32 = 16.0;
/// The plug-in's name, in points.
pub const TITLE: f32 = 20.0;

/// From a panel's edge to its contents, at the sides and above and below.
pub const PANEL_INSET: Vec2 = Vec2::new(12.0, 8.0);
/// Between neighbours.
pub const GAP: f32 = 8.0;
/// Height of a button in a row of controls.
pub const BUTTON: f32 = 30.0;

/// Corners of panels.
pub const ROUND: CornerRadius = CornerRadius::same(6);
/// Corners of buttons and fields.
pub const SOFT: CornerRadius = CornerRadius::same(4);
/// Corners of tracks and bars.
pub const SMALL_CORNER: CornerRadius = CornerRadius::same(2);

/// Text of `size` points.
pub fn font(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

/// `colour` with an opacity from 0 to 1.
pub fn faded(colour: Color32, opacity: f32) -> Color32 {
    colour.gamma_multiply(opacity)
}

/// Sets egui's style.
pub fn apply(context: &Context) {
    // Else a system in light mode would get egui's light theme.
    context.set_theme(Theme::Dark);
    context.all_styles_mut(|style| {
        style.visuals = visuals();
        style.text_styles = [
            (TextStyle::Small, font(SMALL)),
            (TextStyle::Body, font(BODY)),
            (TextStyle::Button, font(BODY)),
            (TextStyle::Heading, font(TITLE)),
            (TextStyle::Monospace, FontId::new(BODY, FontFamily::Monospace)),
        ]
        .into();
        style.spacing.button_padding = Vec2::new(10.0, 5.0);
        style.spacing.item_spacing = Vec2::new(8.0, 6.0);
        style.spacing.interact_size = Vec2::new(40.0, 26.0);
        style.interaction.selectable_labels = false;
        style.interaction.tooltip_delay = 0.6;
    });
}

fn visuals() -> Visuals {
    let mut visuals = Visuals::dark();
    visuals.override_text_color = None;
    visuals.weak_text_color = Some(WEAK);
    visuals.panel_fill = BACKGROUND;
    visuals.window_fill = PANEL;
    visuals.window_stroke = Stroke::new(1.0, LINE);
    visuals.window_corner_radius = ROUND;
    visuals.menu_corner_radius = ROUND;
    visuals.extreme_bg_color = SUNK;
    visuals.faint_bg_color = PANEL;
    visuals.hyperlink_color = ACCENT;
    visuals.warn_fg_color = WARNING;
    visuals.error_fg_color = ALARM;
    visuals.selection.bg_fill = Color32::from_rgb(0x35, 0x4c, 0x74);
    visuals.selection.stroke = Stroke::new(1.0, TEXT);
    let widgets = &mut visuals.widgets;
    for (state, fill, text) in [
        (&mut widgets.noninteractive, PANEL, TEXT),
        (&mut widgets.inactive, RAISED, TEXT),
        (&mut widgets.hovered, HOVERED, TEXT),
        (&mut widgets.active, HOVERED, TEXT),
        (&mut widgets.open, HOVERED, TEXT),
    ] {
        state.bg_fill = fill;
        state.weak_bg_fill = fill;
        state.bg_stroke = Stroke::NONE;
        state.fg_stroke = Stroke::new(1.0, text);
        state.corner_radius = SOFT;
        state.expansion = 0.0;
    }
    widgets.noninteractive.bg_stroke = Stroke::new(1.0, LINE);
    visuals
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linear(colour: Color32) -> [f32; 3] {
        [colour.r(), colour.g(), colour.b()].map(|byte| {
            let value = f32::from(byte) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        })
    }

    /// Relative luminance as WCAG 2 defines it.
    fn luminance(colour: Color32) -> f32 {
        let [r, g, b] = linear(colour);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    fn contrast(text: Color32, ground: Color32) -> f32 {
        let (a, b) = (luminance(text) + 0.05, luminance(ground) + 0.05);
        a.max(b) / a.min(b)
    }

    #[test]
    fn the_contrast_formula_knows_black_on_white_and_a_grey_that_fails() {
        assert!((contrast(Color32::BLACK, Color32::WHITE) - 21.0).abs() < 0.01);
        assert!(contrast(Color32::from_gray(0x55), PANEL) < 4.5);
    }

    #[test]
    fn text_has_a_contrast_of_at_least_four_and_a_half_on_every_ground_it_stands_on() {
        let grounds = [BACKGROUND, PANEL, RAISED, HOVERED, SUNK];
        for (name, text) in [("text", TEXT), ("weak", WEAK), ("warning", WARNING), ("alarm", ALARM)] {
            for ground in grounds {
                let ratio = contrast(text, ground);
                assert!(ratio >= 4.5, "{name} on {ground:?}: {ratio:.2}");
            }
        }
        for (letter, colour) in LETTERS.iter().zip(STEM_COLOURS) {
            for ground in [BACKGROUND, PANEL, SUNK] {
                let ratio = contrast(colour, ground);
                assert!(ratio >= 4.5, "{letter} on {ground:?}: {ratio:.2}");
            }
            assert!(contrast(ON_LIT, colour) >= 4.5, "a letter on {letter}'s colour");
        }
        for lit in [ACCENT, WARNING, ALARM] {
            assert!(contrast(ON_LIT, lit) >= 4.5, "text on {lit:?}");
        }
    }

    /// CIE Lab under the sRGB white.
    fn lab([r, g, b]: [f32; 3]) -> [f32; 3] {
        let f = |t: f32| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
        let x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
        let y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
        let z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    /// Vision without one kind of cone, on linear RGB: Machado, Oliveira and Fernandes, "A physiologically-based
    /// model for simulation of color vision deficiency", 2009, severity 1.
    const KINDS: [(&str, [[f32; 3]; 3]); 4] = [
        ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        (
            "no red",
            [
                [0.152_286, 1.052_583, -0.204_868],
                [0.114_503, 0.786_281, 0.099_216],
                [-0.003_882, -0.048_116, 1.051_998],
            ],
        ),
        (
            "no green",
            [
                [0.367_322, 0.860_646, -0.227_968],
                [0.280_085, 0.672_501, 0.047_413],
                [-0.011_820, 0.042_940, 0.968_881],
            ],
        ),
        (
            "no blue",
            [
                [1.255_528, -0.076_749, -0.178_779],
                [-0.078_411, 0.930_809, 0.147_602],
                [0.004_733, 0.691_367, 0.303_900],
            ],
        ),
    ];

    fn distance(a: Color32, b: Color32, kind: &[[f32; 3]; 3]) -> f32 {
        let seen = |colour| {
            let colour = linear(colour);
            lab(kind.map(|row| row.iter().zip(colour).map(|(m, c)| m * c).sum::<f32>().clamp(0.0, 1.0)))
        };
        let (a, b) = (seen(a), seen(b));
        a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
    }

    #[test]
    fn the_stems_colours_stay_apart_for_every_kind_of_colour_vision() {
        // Red and green of equal lightness, to show that the measure sees what it is for.
        let (red, green) = (Color32::from_rgb(0xc8, 0x5a, 0x3c), Color32::from_rgb(0x7c, 0x8c, 0x3c));
        assert!(distance(red, green, &KINDS[0].1) > 25.0 && distance(red, green, &KINDS[2].1) < 25.0);
        for (kind, matrix) in &KINDS {
            for a in 0..STEMS {
                for b in 0..a {
                    let distance = distance(STEM_COLOURS[a], STEM_COLOURS[b], matrix);
                    assert!(distance >= 25.0, "{kind}: {} and {}: {distance:.1}", NAMES[a], NAMES[b]);
                }
            }
        }
    }

    #[test]
    fn no_text_is_smaller_than_twelve_points() {
        let context = Context::default();
        apply(&context);
        let style = context.style_of(Theme::Dark);
        assert!(style.text_styles.values().all(|font| font.size >= 12.0));
        assert!([SMALL, BODY, LARGE, TITLE].iter().all(|&size| size >= 12.0));
    }
}
