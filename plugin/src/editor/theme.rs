//! Colours: dark and quiet, and one a stem that is the same everywhere.

use egui::{Color32, Context, Visuals};

/// Colour of what is not as it should be.
pub const WARNING: Color32 = Color32::from_rgb(0xf0, 0xa0, 0x50);

/// The colour of the stem called `name`.
pub fn stem_colour(name: &str) -> Color32 {
    match name {
        "Vocals" => Color32::from_rgb(0xf2, 0xb1, 0x4a),
        "Drums" => Color32::from_rgb(0xe8, 0x5d, 0x75),
        "Bass" => Color32::from_rgb(0x5b, 0x8d, 0xef),
        _ => Color32::from_rgb(0x5f, 0xc9, 0xa0),
    }
}

/// Sets the window's look.
pub fn apply(context: &Context) {
    context.set_visuals(Visuals::dark());
}
