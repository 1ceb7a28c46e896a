//! The controls that the parts of the window are made of.

pub mod button;
pub mod horizontal_slider;
pub mod menu_button;
pub mod slider;
pub mod value_field;
