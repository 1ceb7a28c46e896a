//! The picture: the song's spectrogram and each stem's below it, on a logarithmic frequency axis.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::element::BitMapElement;
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

use super::Track;
use super::decode::Song;
use super::spectrum::{Analysis, FFT, Spectrogram};

/// Width of the picture in pixels.
const WIDTH: u32 = 1280;

/// Height of one spectrogram with its labels, in pixels.
const PANEL: u32 = 230;

/// Height of the last panel's time axis, in pixels.
const TIME_AXIS: u32 = 36;

/// The shown frequencies in Hz.
const FREQUENCIES: std::ops::Range<f64> = 30.0..20_000.0;

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
        "instrumental" => RGBColor(150, 190, 220),
        _ => RGBColor(222, 222, 226),
    }
}

/// Draws the song and its stems to a PNG file.
///
/// # Errors
/// When the file cannot be written.
pub fn draw(path: &Path, song: &Song, tracks: &[Track], analysis: &Analysis) -> Result<()> {
    register_font("sans-serif", FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT)
        .map_err(|_| anyhow!("the built-in font is damaged"))?;
    let mut panels = vec![("mix", &analysis.song)];
    panels.extend(tracks.iter().map(|track| track.name.as_str()).zip(&analysis.stems));

    let height = PANEL * panels.len() as u32 + TIME_AXIS;
    let root = BitMapBackend::new(path, (WIDTH, height)).into_drawing_area();
    root.fill(&BACKGROUND)?;
    // One scale for all panels, so that brightness can be compared between stems.
    let loudest = analysis.song.columns.iter().flatten().copied().fold(f32::MIN_POSITIVE, f32::max);
    let last = panels.len() - 1;
    let mut rest = root;
    for (index, (name, spectrogram)) in panels.into_iter().enumerate() {
        let (area, below) = rest.split_vertically(PANEL + if index == last { TIME_AXIS } else { 0 });
        rest = below;
        let mut chart = ChartBuilder::on(&area)
            .caption(name, ("sans-serif", 18).into_font().color(&colour(name)))
            .margin(6)
            .margin_right(20)
            .x_label_area_size(if index == last { TIME_AXIS } else { 0 })
            .y_label_area_size(64)
            .build_cartesian_2d(0.0..song.seconds(), FREQUENCIES.log_scale())?;
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
        let (width, height) = chart.plotting_area().dim_in_pixel();
        let pixels = pixels(spectrogram, song.rate, loudest, colour(name), (width, height));
        let image = BitMapElement::with_owned_buffer((0.0, FREQUENCIES.end), (width, height), pixels)
            .ok_or_else(|| anyhow!("the picture has the wrong size"))?;
        chart.draw_series(std::iter::once(image))?;
    }
    rest.present()?;
    Ok(())
}

/// RGB pixels of a spectrogram, rows from the highest frequency down.
fn pixels(
    spectrogram: &Spectrogram,
    rate: u32,
    loudest: f32,
    colour: RGBColor,
    (width, height): (u32, u32),
) -> Vec<u8> {
    let columns = &spectrogram.columns;
    let octaves = (FREQUENCIES.end / FREQUENCIES.start).log2();
    let hertz_of_row = |row: f64| FREQUENCIES.end * 2f64.powf(-octaves * row / f64::from(height.max(2) - 1));
    let bin_of = |hertz: f64| hertz * FFT as f64 / f64::from(rate);
    let mut pixels = Vec::with_capacity((width * height * 3) as usize);
    for row in 0..height {
        let (top, bottom) = (hertz_of_row(f64::from(row) - 0.5), hertz_of_row(f64::from(row) + 0.5));
        let (low, high) = (bin_of(bottom), bin_of(top));
        for column in 0..width {
            let powers = &columns[(column as usize * columns.len() / width as usize).min(columns.len() - 1)];
            let power = power_between(powers, low, high);
            let db = 10.0 * (power / loudest).max(1e-12).log10();
            pixels.extend(shade(colour, 1.0 + db / RANGE_DB));
        }
    }
    pixels
}

/// Power between two fractional bins: the largest of those inside, or interpolated where a row is finer than a bin.
fn power_between(powers: &[f32], low: f64, high: f64) -> f32 {
    let last = powers.len() - 1;
    if low > last as f64 {
        return 0.0;
    }
    if high - low < 1.0 {
        let middle = ((low + high) / 2.0).min(last as f64);
        let (below, fraction) = (middle as usize, middle.fract() as f32);
        return powers[below] * (1.0 - fraction) + powers[(below + 1).min(last)] * fraction;
    }
    let range = low.round() as usize..=(high.round() as usize).min(last);
    powers[range].iter().copied().fold(0.0, f32::max)
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
        level.round().clamp(0.0, 255.0) as u8
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

    #[test]
    fn bins_above_the_song_are_dark_and_narrow_rows_are_interpolated() {
        let powers = [0.0, 1.0, 3.0, 0.0];
        assert!(power_between(&powers, 4.0, 5.0).abs() < f32::EPSILON);
        assert!((power_between(&powers, 1.4, 1.6) - 2.0).abs() < 1e-6);
        assert!((power_between(&powers, 0.0, 3.0) - 3.0).abs() < f32::EPSILON);
    }
}
