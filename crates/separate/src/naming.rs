//! `--name`: what written files are called.

use std::str::FromStr;

use unbraid_song::Tags;

/// A template for the names of a song's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameTemplate(String);

/// The fields of a template.
const FIELDS: [&str; 6] = ["stem", "song", "artist", "title", "album", "track"];

/// The longest name in bytes, ending and all, that file systems take, less room for a temporary ending.
const LONGEST: usize = 200;

impl NameTemplate {
    /// The text that it was made from.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The name of a stem's file without its ending. `song` is the name of the song's own file without its ending: it
    /// stands for a title that the song does not have.
    pub fn name(&self, stem: &str, song: &str, tags: &Tags) -> String {
        let text = |tag: &Option<String>, fallback: &str| tag.clone().unwrap_or_else(|| fallback.to_owned());
        let mut name = self.0.clone();
        for field in FIELDS {
            let value = match field {
                "stem" => stem.to_owned(),
                "song" => song.to_owned(),
                "artist" => text(&tags.artist, "Unknown artist"),
                "title" => text(&tags.title, song),
                "album" => text(&tags.album, "Unknown album"),
                _ => tags.track.map_or_else(|| "00".to_owned(), |track| format!("{track:02}")),
            };
            // Braces in a tag are no fields.
            let value = value.replace(['{', '}'], "_");
            name = name.replace(&format!("{{{field}}}"), &value);
        }
        file_name(&name)
    }
}

impl FromStr for NameTemplate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = FIELDS.map(|field| format!("{{{field}}}")).join(", ");
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let field = &rest[open + 1..];
            let (field, later) =
                field.split_once('}').ok_or_else(|| format!("a `{{` without `}}` in `{text}`"))?;
            if !FIELDS.contains(&field) {
                return Err(format!("no field {{{field}}}; there are {known}"));
            }
            rest = later;
        }
        if !text.contains("{stem}") {
            return Err("{stem} must be in the name, or all files of a song would have one".to_owned());
        }
        if text.contains(['/', '\\']) {
            return Err("a name cannot lead into another folder; --out chooses the folder".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

/// A text as a file name that every system takes: without separators, reserved signs and names, or ends that Windows
/// drops, and not too long.
fn file_name(text: &str) -> String {
    let mut name: String = text
        .chars()
        .map(|sign| if sign.is_control() || r#"<>:"/\|?*"#.contains(sign) { '_' } else { sign })
        .collect();
    let mut end = name.len().min(LONGEST);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
    let name = name.trim().trim_end_matches(['.', ' ']).trim_start_matches('.');
    let reserved = ["con", "prn", "aux", "nul"].iter().any(|word| name.eq_ignore_ascii_case(word));
    if name.is_empty() || reserved { format!("_{name}") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_tags_and_fall_back_on_the_file() {
        let template: NameTemplate = "{track} {artist} - {title} ({stem})".parse().unwrap();
        let tags = Tags {
            artist: Some("AC/DC".to_owned()),
            title: Some("What?".to_owned()),
            track: Some(3),
            ..Tags::default()
        };
        assert_eq!(template.name("vocals", "01", &tags), "03 AC_DC - What_ (vocals)");
        assert_eq!(template.name("bass", "song", &Tags::default()), "00 Unknown artist - song (bass)");
        let braces = Tags { title: Some("{stem}".to_owned()), ..Tags::default() };
        assert_eq!(template.name("bass", "song", &braces), "00 Unknown artist - _stem_ (bass)");
    }

    #[test]
    fn templates_that_cannot_work_are_refused() {
        for (text, reason) in [
            ("{title}", "{stem} must"),
            ("{stem} {year}", "no field {year}"),
            ("{stem", "without"),
            ("{artist}/{stem}", "--out"),
        ] {
            assert!(text.parse::<NameTemplate>().unwrap_err().contains(reason), "{text}");
        }
    }

    #[test]
    fn file_names_are_ones_that_every_system_takes() {
        assert_eq!(file_name("a\0b|c. "), "a_b_c");
        assert_eq!(file_name(".."), "_");
        assert_eq!(file_name("NUL"), "_NUL");
        assert_eq!(file_name(&"ä".repeat(300)), "ä".repeat(100));
    }
}
