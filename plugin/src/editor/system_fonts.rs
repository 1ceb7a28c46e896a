//! The system's fonts, for characters that egui's own fonts lack.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use egui::Context;
use egui::epaint::text::{FallbackRequest, FontData, FontFamily, FontInsert, FontPriority, InsertFontFamily};
use fontique::{
    Collection, CollectionOptions, FallbackKey, GenericFamily, Language, QueryFamily, QueryFont, QueryStatus,
    Script, SourceCache, SourceCacheOptions,
};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};
use unicode_script::UnicodeScript;

/// Languages of Han characters whose fonts are tried after the system's own language.
const HAN_LANGUAGES: [&str; 4] = ["ja", "zh-SG", "zh-TW", "ko"];

/// Families for characters of no script: punctuation, symbols.
const GENERIC: [GenericFamily; 5] = [
    GenericFamily::SansSerif,
    GenericFamily::SystemUi,
    GenericFamily::Emoji,
    GenericFamily::Math,
    GenericFamily::Serif,
];

/// Makes `context` look for missing characters in the system's fonts. They are listed when the first one is missing, on the
/// window's thread: the system keeps that list, so it takes some ten milliseconds, once in a process.
pub fn install(context: &Context) {
    context.add_font_provider(Arc::new(font_for));
}

struct SystemFonts {
    collection: Collection,
    sources: SourceCache,
    /// Languages to try for a script, the system's first.
    languages: Vec<Language>,
}

fn system_fonts() -> &'static Mutex<SystemFonts> {
    static FONTS: OnceLock<Mutex<SystemFonts>> = OnceLock::new();
    FONTS.get_or_init(|| {
        let own = sys_locale::get_locale();
        let names = own.iter().map(String::as_str).chain(HAN_LANGUAGES);
        Mutex::new(SystemFonts {
            collection: Collection::new(CollectionOptions { shared: false, system_fonts: true }),
            sources: SourceCache::new(SourceCacheOptions::default()),
            languages: names.filter_map(|name| Language::parse(name).ok()).collect(),
        })
    })
}

/// A font with the first character of the cluster.
fn font_for(request: &FallbackRequest<'_>) -> Option<FontInsert> {
    let letter = request.cluster.chars().next()?;
    let mut fonts = system_fonts().lock().unwrap_or_else(PoisonError::into_inner);
    let font = fonts.find(letter)?;
    let family = fonts.collection.family_name(font.family.0).unwrap_or_default();
    let name = format!("system:{family}:{}:{}", font.family.1, font.index);
    let (blob, _) = font.blob.into_raw_parts();
    Some(FontInsert {
        name,
        data: FontData::from_blob(blob, font.index),
        families: vec![InsertFontFamily {
            family: FontFamily::clone(request.family),
            priority: FontPriority::Lowest,
        }],
    })
}

impl SystemFonts {
    fn find(&mut self, letter: char) -> Option<QueryFont> {
        use unicode_script::Script::{Common, Han, Inherited, Unknown};
        let script = match letter.script() {
            Common | Inherited | Unknown => return self.first(&GENERIC, None, letter),
            script => script,
        };
        let tag = Script::parse(script.short_name()).ok()?;
        // Only Han has a font for each language.
        let languages: Vec<Option<Language>> =
            if script == Han { self.languages.iter().cloned().map(Some).collect() } else { vec![None] };
        languages.iter().find_map(|language| {
            let fallback = FallbackKey::new(tag, language.as_ref());
            self.first(&GENERIC[..1], Some(fallback), letter)
        })
    }

    /// The first font of the families and then of the fallback that can draw `letter`.
    fn first(
        &mut self,
        families: &[GenericFamily],
        fallback: Option<FallbackKey>,
        letter: char,
    ) -> Option<QueryFont> {
        let mut query = self.collection.query(&mut self.sources);
        query.set_families(families.iter().copied().map(QueryFamily::Generic));
        if let Some(fallback) = fallback {
            query.set_fallbacks(fallback);
        }
        let mut found = None;
        query.matches_with(|font| {
            if has_outline(font, letter) {
                found = Some(font.clone());
                return QueryStatus::Stop;
            }
            QueryStatus::Continue
        });
        found
    }
}

/// Whether a font has an outline of `letter` with something in it; egui draws no bitmaps and no colour glyphs here.
fn has_outline(font: &QueryFont, letter: char) -> bool {
    let Ok(face) = FontRef::from_index(font.blob.as_ref(), font.index) else { return false };
    let Some(glyph) = face.charmap().map(letter) else { return false };
    let bounds = || face.glyph_metrics(Size::unscaled(), LocationRef::default()).bounds(glyph);
    face.outline_glyphs().get(glyph).is_some()
        && (letter.is_whitespace() || bounds().is_some_and(|bounds| bounds.x_max > bounds.x_min))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn font(letter: char) -> Option<FontInsert> {
        font_for(&FallbackRequest { cluster: &letter.to_string(), family: &FontFamily::Proportional })
    }

    #[test]
    fn a_system_with_fonts_has_latin_and_none_has_an_unassigned_character() {
        let any = system_fonts().lock().unwrap().collection.family_names().next().is_some();
        assert_eq!(font('A').is_some(), any);
        assert!(font('\u{10ffff}').is_none());
    }

    #[test]
    fn a_font_that_is_found_can_draw_the_character() {
        for letter in ['日', 'ع', 'א', 'क', 'ก', '한', '⌥'] {
            let Some(found) = font(letter) else { continue };
            let face = FontRef::from_index(found.data.font.as_ref().as_ref(), found.data.index).unwrap();
            let glyph = face.charmap().map(letter).expect("a glyph");
            assert!(face.outline_glyphs().get(glyph).is_some(), "{letter}: {}", found.name);
        }
    }
}
