//! Size and scale of the window, remembered with the project.

use serde::{Deserialize, Serialize};

use super::layout::{DEFAULT_SIZE, SMALLEST_SIZE};

/// Largest width and height in points: larger ones come from damaged projects.
const LARGEST: f32 = 8192.0;
/// Smallest and largest scale.
const SCALES: (f32, f32) = (0.75, 2.0);

/// The window's shape.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "Remembered")]
pub struct Shape {
    /// Width in points, before scaling.
    pub width: f32,
    /// Height in points, before scaling.
    pub height: f32,
    /// The user's scale, on top of the system's; 1 is 100 %.
    pub scale: f32,
    /// The system's scale as last seen: until a window is open, nobody else can tell how large it will be.
    #[serde(skip)]
    pub system_scale: f32,
}

/// A [`Shape`] as a project holds it, whatever that is.
#[derive(Deserialize)]
#[serde(default)]
struct Remembered {
    width: f32,
    height: f32,
    scale: f32,
}

impl Default for Remembered {
    fn default() -> Self {
        Self { width: DEFAULT_SIZE.x, height: DEFAULT_SIZE.y, scale: 1.0 }
    }
}

impl From<Remembered> for Shape {
    fn from(remembered: Remembered) -> Self {
        let mut shape = Self::default();
        shape.set_size(remembered.width, remembered.height);
        shape.set_scale(remembered.scale);
        shape
    }
}

impl Default for Shape {
    fn default() -> Self {
        Self { width: DEFAULT_SIZE.x, height: DEFAULT_SIZE.y, scale: 1.0, system_scale: 1.0 }
    }
}

impl Shape {
    /// Sets the size in points, within what a window can have.
    pub fn set_size(&mut self, width: f32, height: f32) {
        let within = |length: f32, smallest: f32, usual: f32| {
            if length.is_finite() { length.clamp(smallest, LARGEST) } else { usual }
        };
        self.width = within(width, SMALLEST_SIZE.x, DEFAULT_SIZE.x);
        self.height = within(height, SMALLEST_SIZE.y, DEFAULT_SIZE.y);
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
    fn a_shape_survives_the_project() {
        let mut shape = Shape::default();
        shape.set_size(1440.0, 900.0);
        shape.set_scale(1.5);
        let text = serde_json::to_string(&shape).unwrap();
        assert_eq!(serde_json::from_str::<Shape>(&text).unwrap(), shape);
    }

    #[test]
    fn a_damaged_shape_becomes_one_that_can_be_opened() {
        for (text, width, scale) in [
            (r#"{"width": -5, "height": 1e30, "scale": 1000}"#, SMALLEST_SIZE.x, 2.0),
            (r#"{"width": 0, "scale": 0}"#, SMALLEST_SIZE.x, 0.75),
            (r#"{"later": true}"#, DEFAULT_SIZE.x, 1.0),
        ] {
            let shape: Shape = serde_json::from_str(text).unwrap();
            assert_eq!((shape.width, shape.scale), (width, scale), "{text}");
            assert!(shape.height >= SMALLEST_SIZE.y && shape.height <= LARGEST);
        }
    }
}
