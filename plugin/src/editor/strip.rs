//! One stem's strip: name, mute, solo and level.

use egui::{Color32, RichText, Ui};
use nice_plug::prelude::{BoolParam, ParamSetter};
use nice_plug_egui::widgets::ParamSlider;

use crate::params::StemParams;

/// Shows the controls of the stem called `name` in one row.
pub fn show(ui: &mut Ui, setter: &ParamSetter<'_>, stem: &StemParams, name: &str, colour: Color32) {
    ui.horizontal(|ui| {
        ui.add_sized([64.0, 22.0], egui::Label::new(RichText::new(name).color(colour).strong()));
        switch(ui, setter, &stem.mute, "M", &format!("Mute: take the {} out", name.to_lowercase()), colour);
        switch(ui, setter, &stem.solo, "S", "Solo: hear only the soloed stems", colour);
        ui.add(ParamSlider::for_param(&stem.level, setter).with_width(260.0));
    });
}

/// A button that turns a parameter on and off.
pub fn switch(
    ui: &mut Ui,
    setter: &ParamSetter<'_>,
    param: &BoolParam,
    label: &str,
    hint: &str,
    colour: Color32,
) {
    let on = param.value();
    let text = RichText::new(label).color(if on { Color32::BLACK } else { ui.visuals().text_color() });
    let mut button = egui::Button::new(text);
    if on {
        button = button.fill(colour);
    }
    if ui.add(button).on_hover_text(hint).clicked() {
        setter.begin_set_parameter(param);
        setter.set_parameter(param, !on);
        setter.end_set_parameter(param);
    }
}
