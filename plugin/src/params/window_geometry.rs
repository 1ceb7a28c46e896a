//! Size and scale of the window, remembered with the project.

use serde::{Deserialize, Serialize};

/// Width and height in points of a window that is opened for the first time.
pub const DEFAULT_SIZE: [f32; 2] = [1000.0, 640.0];
/// Smallest width and height in points at which everything can be read and pressed.
pub const SMALLEST_SIZE: [f32; 2] = [640.0, 500.0];
/// Largest width and height in points: larger ones come from damaged projects.
const LARGEST: f32 = 8192.0;
/// Smallest and largest scale.
const SCALES: (f32, f32) = (0.75, 2.0);

/// Size and scale.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "Remembered")]
pub struct WindowGeometry {
    /// Width in points, before scaling.
    pub width: f32,
    /// Height in points, before scaling.
    pub height: f32,
    /// The user's scale, on top of the system's; 1 is 100 %.
    pub scale: f32,
    /// The system's scale as last seen: until a window is open, its size in pixels is unknown.
    #[serde(skip)]
    pub system_scale: f32,
}

/// A [`WindowGeometry`] as a project holds it, of whatever version or damage.
#[derive(Deserialize)]
#[serde(default)]
struct Remembered {
    width: f32,
    height: f32,
    scale: f32,
}

impl Default for Remembered {
    fn default() -> Self {
        let [width, height] = DEFAULT_SIZE;
        Self { width, height, scale: 1.0 }
    }
}

impl From<Remembered> for WindowGeometry {
    fn from(remembered: Remembered) -> Self {
        let mut geometry = Self::default();
        geometry.set_size(remembered.width, remembered.height);
        geometry.set_scale(remembered.scale);
        geometry
    }
}

impl Default for WindowGeometry {
    fn default() -> Self {
        let [width, height] = DEFAULT_SIZE;
        Self { width, height, scale: 1.0, system_scale: 1.0 }
    }
}

impl WindowGeometry {
    /// Sets the size in points, within what a window can have.
    pub fn set_size(&mut self, width: f32, height: f32) {
        let within = |length: f32, smallest: f32, usual: f32| {
            if length.is_finite() { length.clamp(smallest, LARGEST) } else { usual }
        };
        self.width = within(width, SMALLEST_SIZE[0], DEFAULT_SIZE[0]);
        self.height = within(height, SMALLEST_SIZE[1], DEFAULT_SIZE[1]);
    }

    /// Sets the user's scale, from 75 % to 200 %.
    pub fn set_scale(&mut self, scale: f32) {
        self.scale = if scale.is_finite() { scale.clamp(SCALES.0, SCALES.1) } else { 1.0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_geometry_survives_the_project() {
        let mut geometry = WindowGeometry::default();
        geometry.set_size(1440.0, 900.0);
        geometry.set_scale(1.5);
        let text = serde_json::to_string(&geometry).unwrap();
        assert_eq!(serde_json::from_str::<WindowGeometry>(&text).unwrap(), geometry);
    }

    #[test]
    fn a_damaged_geometry_becomes_one_that_can_be_opened() {
        for (text, width, scale) in [
            (r#"{"width": -5, "height": 1e30, "scale": 1000}"#, SMALLEST_SIZE[0], 2.0),
            (r#"{"width": 0, "scale": 0}"#, SMALLEST_SIZE[0], 0.75),
            (r#"{"later": true}"#, DEFAULT_SIZE[0], 1.0),
        ] {
            let geometry: WindowGeometry = serde_json::from_str(text).unwrap();
            assert_eq!((geometry.width, geometry.scale), (width, scale), "{text}");
            assert!(geometry.height >= SMALLEST_SIZE[1] && geometry.height <= LARGEST);
        }
    }
}
