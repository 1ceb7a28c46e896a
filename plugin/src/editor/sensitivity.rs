//! Sensitivity of each stem: a menu beside Focus.

use egui::{Align2, Id, Popup, PopupCloseBehavior, Rect, Sense, Shape, Stroke, Ui, Vec2, pos2, vec2};

use super::param_gestures::ParamGestures;
use super::theme;
use super::widgets::button;
use super::widgets::horizontal_slider::{self, Look, VALUE, VALUE_GAP};
use crate::params::UnbraidParams;

/// Width of the menu and height of a row in points.
const WIDTH: f32 = 320.0;
const ROW: f32 = 30.0;
/// The square behind a stem's letter, and the width of its name.
const BADGE: f32 = 22.0;
const NAME: f32 = 66.0;
/// Half the width of the button's triangle.
const TRIANGLE: f32 = 3.5;

/// The id of a control of the menu, or of its button.
pub fn id(control: &str) -> Id {
    Id::unique(("sensitivity", control))
}

/// The menu's button in `rect`, lit while a stem differs from Focus; the menu while it is open.
pub fn show(ui: &Ui, gestures: &mut ParamGestures<'_>, params: &UnbraidParams, rect: Rect) {
    let differs = params.stems().into_iter().any(|stem| stem.sensitivity.value() != 0.0);
    let response = button::show(ui, id("menu"), rect, "", differs, theme::ACCENT);
    let colour = if differs { theme::ON_LIT } else { theme::TEXT };
    let (text, font) = (rect.center() - vec2(2.0 * TRIANGLE, 0.0), theme::font(theme::SMALL));
    let text = ui.painter().text(text, Align2::CENTER_CENTER, "Stems", font, colour);
    let middle = pos2(text.right() + 3.0 * TRIANGLE, rect.center().y);
    let corners = [vec2(-TRIANGLE, TRIANGLE / 2.0), vec2(TRIANGLE, TRIANGLE / 2.0), vec2(0.0, -TRIANGLE)];
    let corners = corners.map(|corner| middle + corner).to_vec();
    ui.painter().add(Shape::convex_polygon(corners, colour, Stroke::NONE));
    let response = response.on_hover_text("Focus of single stems");
    let menu = Popup::menu(&response).width(WIDTH).close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    menu.show(|ui| contents(ui, gestures, params));
}

fn contents(ui: &mut Ui, gestures: &mut ParamGestures<'_>, params: &UnbraidParams) {
    ui.colored_label(theme::WEAK, "Sensitivity: added to Focus for one stem");
    for (stem, param) in params.stems().into_iter().enumerate() {
        let (rect, _) = ui.allocate_exact_size(vec2(WIDTH, ROW), Sense::hover());
        let badge =
            Rect::from_center_size(pos2(rect.left() + BADGE / 2.0, rect.center().y), Vec2::splat(BADGE));
        let painter = ui.painter();
        painter.rect_filled(badge, theme::SOFT, theme::STEM_COLOURS[stem]);
        let font = theme::font(theme::BODY);
        painter.text(
            badge.center(),
            Align2::CENTER_CENTER,
            theme::LETTERS[stem],
            font.clone(),
            theme::ON_LIT,
        );
        let name = pos2(badge.right() + theme::GAP, rect.center().y);
        painter.text(name, Align2::LEFT_CENTER, theme::NAMES[stem], font, theme::TEXT);
        let value = Rect::from_center_size(pos2(rect.right() - VALUE.x / 2.0, rect.center().y), VALUE);
        let area = Rect::from_min_max(
            pos2(badge.right() + NAME, rect.top()),
            pos2(value.left() - VALUE_GAP, rect.bottom()),
        );
        let look = Look { colour: theme::STEM_COLOURS[stem], ..Look::default() };
        let control = id(theme::NAMES[stem]);
        let response =
            horizontal_slider::show(ui, gestures, &param.sensitivity, control, [area, value], &look);
        response.on_hover_text(format!(
            "Right: {} keeps only what is clearly its own. Left: it takes more of what is shared. 0 % is Focus. \
             A double click resets.",
            theme::NAMES[stem]
        ));
    }
    let reset = ui.button("All to 0 %");
    // Known to tests by its id.
    ui.interact(reset.rect, id("all to 0"), Sense::hover());
    if reset.clicked() {
        params.stems().into_iter().for_each(|stem| gestures.reset(&stem.sensitivity));
    }
}
