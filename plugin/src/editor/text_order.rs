//! Right-to-left text in the order in which it is drawn.
//!
//! egui shapes a word in its own direction but draws words from left to right. So names are handed to it in visual order: words
//! of a right-to-left run in reverse, the letters within each in logical order.

use std::borrow::Cow;

use unicode_bidi::{BidiClass, BidiInfo, bidi_class};

/// `text`, of one line, in visual order. Its direction is that of its first letter. For display only.
pub fn visual(text: &str) -> Cow<'_, str> {
    let info = BidiInfo::new(text, None);
    if !info.has_rtl() {
        return text.into();
    }
    let mut visual = String::with_capacity(text.len());
    for paragraph in &info.paragraphs {
        let (levels, runs) = info.visual_runs(paragraph, paragraph.range.clone());
        for run in runs {
            let right_to_left = levels[run.start].is_rtl();
            let part = &text[run];
            if right_to_left {
                visual.extend(pieces(part).rev().map(mirrored))
            } else {
                visual.push_str(part)
            }
        }
    }
    visual.into()
}

/// The words of a right-to-left run, and every other character on its own.
fn pieces(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    let mut pieces: Vec<&str> = Vec::new();
    let (mut start, mut in_word) = (0, false);
    for (at, letter) in text.char_indices() {
        let word = is_in_word(letter);
        if at > start && !(word && in_word) {
            pieces.push(&text[start..at]);
            start = at;
        }
        in_word = word;
    }
    pieces.push(&text[start..]);
    pieces.into_iter()
}

/// Letters and marks, and the punctuation of their scripts, which comes from the same font and is shaped with them.
fn is_in_word(letter: char) -> bool {
    let class = bidi_class(letter);
    matches!(class, BidiClass::R | BidiClass::AL | BidiClass::NSM)
        || matches!(letter, '\u{0590}'..='\u{08ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

/// A bracket as it looks from right to left.
fn mirrored(piece: &str) -> &str {
    const PAIRS: [(&str, &str); 6] = [("(", ")"), ("[", "]"), ("{", "}"), ("<", ">"), ("«", "»"), ("‹", "›")];
    let other = |(a, b): (&'static str, &'static str)| match piece {
        _ if piece == a => Some(b),
        _ if piece == b => Some(a),
        _ => None,
    };
    PAIRS.into_iter().find_map(other).unwrap_or(piece)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_left_to_right_stays_as_it_is() {
        for text in ["", "Vocal up 2 dB", "東京の夜.flac", "Ünïcödé 🎸"] {
            assert!(matches!(visual(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn words_from_right_to_left_are_reversed_and_their_letters_are_not() {
        for (logical, expected) in [
            ("مرحبا بالعالم", "بالعالم مرحبا"),
            ("שלום עולם", "עולם שלום"),
            // Numbers and Latin words keep their direction.
            ("أغنية 12 جديدة", "جديدة 12 أغنية"),
            ("شريط Live جديد", "جديد Live شريط"),
            // In Latin text only the part from right to left turns.
            ("Song مرحبا بالعالم.flac", "Song بالعالم مرحبا.flac"),
            // Brackets turn round.
            ("أغنية (حية)", "(حية) أغنية"),
            ("مرحبا، عالم", "عالم مرحبا،"),
        ] {
            assert_eq!(visual(logical), expected, "{logical}");
        }
    }
}
