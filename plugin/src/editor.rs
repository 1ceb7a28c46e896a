//! The window: what the host shows when a person opens the plug-in.

mod strip;
mod theme;

use std::sync::Arc;
use std::time::Duration;

use egui::{Context, RichText, Ui};
use nice_plug::context::gui::GuiContext;
use nice_plug::editor::dpi::LogicalSize;
use nice_plug::prelude::ParamSetter;
use nice_plug_egui::baseview::HandlerError;
use nice_plug_egui::widgets::ParamSlider;
use nice_plug_egui::{
    EguiEditor, EguiEditorState, EguiNiceSettings, Frame, NiceEguiApp, RepaintNotifier, create_egui_editor,
};

use crate::networks;
use crate::params::{Mode, StemTap, UnbraidParams};
use crate::status::Status;

/// The editor type of the plug-in.
pub type UnbraidEditor = EguiEditor<Window>;

/// Size of the window when it is first opened, in logical pixels.
const SIZE: LogicalSize<f32> = LogicalSize { width: 560.0, height: 280.0 };

/// How often numbers that the audio thread writes are drawn again.
const REFRESH: Duration = Duration::from_millis(100);

/// What the window shows and changes.
pub struct Window {
    params: Arc<UnbraidParams>,
    status: Arc<Status>,
    gui: Option<GuiContext>,
}

impl Window {
    /// The editor for one plug-in instance.
    pub fn editor(params: Arc<UnbraidParams>, status: Arc<Status>) -> Option<UnbraidEditor> {
        create_egui_editor(
            EguiEditorState::from_size(SIZE, 1.0),
            RepaintNotifier::default(),
            EguiNiceSettings::new().with_tile("Unbraid"),
            Self { params, status, gui: None },
        )
    }

    fn header(&self, ui: &mut Ui, setter: &ParamSetter<'_>) {
        ui.horizontal(|ui| {
            ui.heading(RichText::new("Unbraid").strong());
            ui.separator();
            for (mode, name, hint) in [
                (Mode::Live, "Live", "Short latency, for performing and monitoring"),
                (Mode::Studio, "Studio", "Best separation, for mixing and rendering"),
            ] {
                let chosen = self.params.mode.value() == mode;
                if ui.selectable_label(chosen, name).on_hover_text(hint).clicked() && !chosen {
                    setter.begin_set_parameter(&self.params.mode);
                    setter.set_parameter(&self.params.mode, mode);
                    setter.end_set_parameter(&self.params.mode);
                }
            }
            ui.separator();
            ui.label(match self.status.latency() {
                Some((samples, ms)) => format!("latency {ms:.1} ms ({samples} samples)"),
                None => "not active".to_owned(),
            });
            let (mean, peak) = self.status.loads();
            ui.label(format!("CPU {:.0} % (peak {:.0} %)", 100.0 * mean, 100.0 * peak));
        });
        ui.label(RichText::new(self.network_line()).weak());
        if let Some(warning) = self.warning() {
            ui.label(RichText::new(warning).color(theme::WARNING));
        }
    }

    /// Name and version of the network that runs.
    fn network_line(&self) -> String {
        let Some(mode) = self.status.active_mode() else { return "no network loaded yet".into() };
        match networks::prepare(mode) {
            Ok(plan) => {
                let contract = plan.contract();
                format!("Network: {} {} ({})", contract.name, contract.version, contract.mode)
            }
            Err(reason) => reason,
        }
    }

    /// The most important thing that is not as it should be.
    fn warning(&self) -> Option<String> {
        let chosen = self.params.mode.value();
        if self.status.network_failed() {
            Some(
                "The network failed: you hear the dry signal (stem Other). Restart playback to try again."
                    .into(),
            )
        } else if chosen == Mode::Live && !networks::HAS_LIVE {
            Some("This build has no Live network: the Studio network runs instead.".into())
        } else if self.status.active_mode().is_some_and(|active| active != networks::available(chosen)) {
            Some("The mode changes when the host restarts the plug-in.".into())
        } else {
            match self.status.replaced_samples() {
                0 => None,
                count => {
                    Some(format!("The input held {count} samples that are no numbers; they were silenced."))
                }
            }
        }
    }

    fn footer(&self, ui: &mut Ui, setter: &ParamSetter<'_>) {
        let params = &self.params;
        egui::Grid::new("global").num_columns(2).spacing([12.0, 6.0]).show(ui, |ui| {
            ui.label("Focus").on_hover_text("Softer (fewer artefacts) to harder (less bleed) separation");
            ui.add(ParamSlider::for_param(&params.focus, setter).with_width(220.0));
            ui.end_row();
            ui.label("Output gain").on_hover_text("Gain of the main output only");
            ui.add(ParamSlider::for_param(&params.output_gain, setter).with_width(220.0));
            ui.end_row();
            ui.label("Stem outputs").on_hover_text("What the four stem buses hear");
            ui.horizontal(|ui| {
                for (tap, name) in [(StemTap::PreLevel, "pre-level"), (StemTap::PostLevel, "post-level")] {
                    let chosen = params.stem_tap.value() == tap;
                    if ui.selectable_label(chosen, name).clicked() && !chosen {
                        setter.begin_set_parameter(&params.stem_tap);
                        setter.set_parameter(&params.stem_tap, tap);
                        setter.end_set_parameter(&params.stem_tap);
                    }
                }
                ui.separator();
                strip::switch(ui, setter, &params.bypass, "Bypass", "Hear the delayed input", theme::WARNING);
            });
            ui.end_row();
        });
    }
}

impl NiceEguiApp for Window {
    fn build(&mut self, context: Context, gui: GuiContext, _frame: &mut Frame) -> Result<(), HandlerError> {
        theme::apply(&context);
        self.gui = Some(gui);
        Ok(())
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut Frame) {
        let Some(gui) = &self.gui else { return };
        let setter = gui.param_setter();
        egui::CentralPanel::default().show(ui, |ui| {
            self.header(ui, &setter);
            ui.add_space(8.0);
            for (stem, name) in self.params.stems().into_iter().zip(["Vocals", "Drums", "Bass", "Other"]) {
                strip::show(ui, &setter, stem, name, theme::stem_colour(name));
            }
            ui.add_space(8.0);
            self.footer(ui, &setter);
        });
        ui.ctx().request_repaint_after(REFRESH);
    }

    fn editor_closed(&mut self) {
        self.gui = None;
    }
}
