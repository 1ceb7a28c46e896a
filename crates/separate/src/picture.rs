//! The picture: the song's spectrogram and each stem's below it, on a logarithmic frequency axis.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::element::BitMapElement;
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

use crate::numbers;
use crate::spectrum::{FREQUENCIES, ROWS, Spectrograms};

/// Width of the picture in pixels.
const WIDTH: u32 = 1280;

/// Height of one spectrogram with its labels, in pixels.
const PANEL: u32 = 230;

/// Height of the last panel's time axis, in pixels.
const TIME_AXIS: u32 = 36;

/// The shown range below the song's loudest point, in dB.
const RANGE_DB: f32 = 80.0;

const BACKGROUND: RGBColor = RGBColor(16, 17, 20);
const LABELS: RGBColor = RGBColor(200, 202, 208);

/// The colour of a track at full brightness: a stem has the same one everywhere.
fn colour(track: &str) -> RGBColor {
    match track {
        "vocals" => RGBColor(255, 122, 106),
        "drums" => RGBColor(255, 205, 92),
        "bass" => RGBColor(106, 168, 255),
        "other" => RGBColor(112, 214, 150),
        "mix" => RGBColor(222, 222, 226),
        _ => RGBColor(150, 190, 220),
    }
}

/// One spectrogram of the picture: its caption, and a signal of some spectrograms.
pub struct Panel<'a> {
    /// The caption, which chooses the colour.
    pub name: &'a str,
    /// Where the signal is.
    pub spectrograms: &'a Spectrograms,
    /// Which one it is.
    pub signal: usize,
}

/// Draws spectrograms of so many seconds below each other to a PNG file. The first one sets the scale.
///
/// # Errors
/// When the file cannot be written.
pub fn draw(path: &Path, seconds: f64, panels: &[Panel<'_>]) -> Result<()> {
    register_font("sans-serif", FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT)
        .map_err(|_| anyhow!("the built-in font is damaged"))?;
    let height = PANEL * u32::try_from(panels.len())? + TIME_AXIS;
    let mut pixels = vec![0u8; (WIDTH * height * 3) as usize];
    draw_into(&mut pixels, (WIDTH, height), seconds, panels)?;
    // In memory first, because the encoder's errors do not say that a disk is full.
    let mut file: Vec<u8> = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, WIDTH, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(std::fs::write(path, file)?)
}

fn draw_into(buffer: &mut [u8], size: (u32, u32), seconds: f64, panels: &[Panel<'_>]) -> Result<()> {
    let root = BitMapBackend::with_buffer(buffer, size).into_drawing_area();
    root.fill(&BACKGROUND)?;
    // One scale for all panels, so that brightness can be compared between stems.
    let loudest = panels.first().map_or(1.0, |panel| panel.spectrograms.loudest(panel.signal));
    let last = panels.len().saturating_sub(1);
    let mut below = root;
    for (index, panel) in panels.iter().enumerate() {
        let axis = if index == last { TIME_AXIS } else { 0 };
        let (area, remaining) = below.split_vertically(PANEL + axis);
        below = remaining;
        let colour = colour(panel.name);
        let mut chart = ChartBuilder::on(&area)
            .caption(panel.name, ("sans-serif", 18).into_font().color(&colour))
            .margin(6)
            .margin_right(20)
            .x_label_area_size(axis)
            .y_label_area_size(64)
            .build_cartesian_2d(0.0..seconds, FREQUENCIES.log_scale())?;
        let mut mesh = chart.configure_mesh();
        mesh.disable_mesh()
            .axis_style(LABELS.mix(0.4))
            .label_style(("sans-serif", 13).into_font().color(&LABELS))
            .y_label_formatter(&|hertz| {
                if *hertz >= 1000.0 { format!("{:.0} kHz", hertz / 1000.0) } else { format!("{hertz:.0} Hz") }
            });
        if index == last {
            mesh.x_desc("seconds").x_label_formatter(&|seconds| format!("{seconds:.0}"));
        }
        mesh.draw()?;
        let size = chart.plotting_area().dim_in_pixel();
        let image = BitMapElement::with_owned_buffer(
            (0.0, FREQUENCIES.end),
            size,
            pixels(panel, loudest, colour, size),
        )
        .ok_or_else(|| anyhow!("the picture has the wrong size"))?;
        chart.draw_series(std::iter::once(image))?;
    }
    below.present()?;
    Ok(())
}

/// RGB pixels of a spectrogram, rows from the highest frequency down.
fn pixels(panel: &Panel<'_>, loudest: f32, colour: RGBColor, (width, height): (u32, u32)) -> Vec<u8> {
    let columns = panel.spectrograms.columns();
    let mut pixels = Vec::with_capacity((width * height * 3) as usize);
    for y in 0..height {
        let row = (height - 1 - y) as usize * (ROWS - 1) / (height.max(2) - 1) as usize;
        for x in 0..width {
            let column = (x as usize * columns / width as usize).min(columns - 1);
            let power = panel.spectrograms.power(panel.signal, column, row);
            let db = 10.0 * (power / loudest).max(1e-12).log10();
            pixels.extend(shade(colour, 1.0 + db / RANGE_DB));
        }
    }
    pixels
}

/// Background for 0, the colour for 0.75, lighter up to 1.
fn shade(colour: RGBColor, value: f32) -> [u8; 3] {
    let value = value.clamp(0.0, 1.0);
    let mix = |from: u8, to: u8, amount: f32| f32::from(from) + (f32::from(to) - f32::from(from)) * amount;
    let channel = |dark: u8, full: u8| {
        let level = if value < 0.75 {
            // A square keeps faint parts dark, so that what stands out in a stem stands out to the eye.
            mix(dark, full, (value / 0.75).powi(2))
        } else {
            mix(full, 255, (value - 0.75) * 2.4)
        };
        u8::try_from(numbers::nearest(f64::from(level))).unwrap_or(if level > 0.0 { u8::MAX } else { 0 })
    };
    [channel(BACKGROUND.0, colour.0), channel(BACKGROUND.1, colour.1), channel(BACKGROUND.2, colour.2)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shades_run_from_the_background_to_light() {
        let drums = colour("drums");
        assert_eq!(shade(drums, -1.0), [BACKGROUND.0, BACKGROUND.1, BACKGROUND.2]);
        assert_eq!(shade(drums, 0.75), [drums.0, drums.1, drums.2]);
        assert!(shade(drums, 1.0)[2] > drums.2);
    }
}
