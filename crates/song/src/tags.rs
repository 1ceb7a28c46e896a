//! Title, artist and the like, and the cover.

use std::io::Cursor;

use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::{
    Metadata, MetadataOptions, MetadataReader, MetadataRevision, RawValue, StandardTag, StandardVisualKey,
    Tag, Visual,
};
use symphonia::default::meta::Id3v2Reader;

/// A picture that a song carries.
#[derive(Clone, PartialEq, Eq)]
pub struct Cover {
    /// Media type, such as `image/jpeg`.
    pub mime: String,
    /// The picture's file.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Cover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cover({}, {} bytes)", self.mime, self.bytes.len())
    }
}

/// What a song says about itself. Every text is as the file has it, without blanks around it, and never empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags {
    /// Title of the song.
    pub title: Option<String>,
    /// Who plays it.
    pub artist: Option<String>,
    /// Album.
    pub album: Option<String>,
    /// Who made the album.
    pub album_artist: Option<String>,
    /// Composer.
    pub composer: Option<String>,
    /// Genre.
    pub genre: Option<String>,
    /// Date or year of release.
    pub date: Option<String>,
    /// Number on the album.
    pub track: Option<u64>,
    /// Songs on the album.
    pub track_total: Option<u64>,
    /// Number of the disc.
    pub disc: Option<u64>,
    /// Discs of the album.
    pub disc_total: Option<u64>,
    /// Comment.
    pub comment: Option<String>,
    /// Copyright.
    pub copyright: Option<String>,
    /// International Standard Recording Code.
    pub isrc: Option<String>,
    /// Tempo in beats a minute.
    pub bpm: Option<u64>,
    /// Musical key.
    pub key: Option<String>,
    /// Lyrics.
    pub lyrics: Option<String>,
}

impl Tags {
    /// Nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Takes a tag of a WAV's list.
    pub(crate) fn set_info(&mut self, id: &[u8; 4], bytes: &[u8]) {
        let bytes = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
        // Old programs write Latin-1.
        let latin = || bytes.iter().map(|&byte| char::from(byte)).collect();
        let text = std::str::from_utf8(bytes).map_or_else(|_| latin(), str::to_owned);
        match id {
            b"INAM" => set(&mut self.title, &text),
            b"IART" => set(&mut self.artist, &text),
            b"IPRD" => set(&mut self.album, &text),
            b"IGNR" => set(&mut self.genre, &text),
            b"ICRD" => set(&mut self.date, &text),
            b"ICMT" => set(&mut self.comment, &text),
            b"ICOP" => set(&mut self.copyright, &text),
            b"IPRT" | b"ITRK" => {
                let mut numbers = text.trim().split('/').map(|number| number.trim().parse().ok());
                self.track = numbers.next().flatten().or(self.track);
                self.track_total = numbers.next().flatten().or(self.track_total);
            }
            _ => {}
        }
    }

    /// Takes a tag that is called by its name only, as Matroska's are.
    fn set_named(&mut self, name: &str, text: &str) {
        match name.to_ascii_uppercase().as_str() {
            "TITLE" => set(&mut self.title, text),
            "ARTIST" => set(&mut self.artist, text),
            "ALBUM" => set(&mut self.album, text),
            "ALBUM_ARTIST" => set(&mut self.album_artist, text),
            "COMPOSER" => set(&mut self.composer, text),
            "GENRE" => set(&mut self.genre, text),
            "DATE" => set(&mut self.date, text),
            "COMMENT" => set(&mut self.comment, text),
            "COPYRIGHT" => set(&mut self.copyright, text),
            _ => {}
        }
    }

    fn set_standard(&mut self, tag: &StandardTag) {
        use StandardTag as S;
        match tag {
            S::TrackTitle(text) => set(&mut self.title, text),
            S::Artist(text) => set(&mut self.artist, text),
            S::Album(text) => set(&mut self.album, text),
            S::AlbumArtist(text) => set(&mut self.album_artist, text),
            S::Composer(text) => set(&mut self.composer, text),
            S::Genre(text) => set(&mut self.genre, text),
            S::ReleaseDate(text) | S::RecordingDate(text) => set(&mut self.date, text),
            S::ReleaseYear(year) | S::RecordingYear(year) => set(&mut self.date, &year.to_string()),
            S::TrackNumber(number) => self.track = Some(*number),
            S::TrackTotal(number) => self.track_total = Some(*number),
            S::DiscNumber(number) => self.disc = Some(*number),
            S::DiscTotal(number) => self.disc_total = Some(*number),
            S::Comment(text) | S::Description(text) => set(&mut self.comment, text),
            S::Copyright(text) => set(&mut self.copyright, text),
            S::IdentIsrc(text) => set(&mut self.isrc, text),
            S::Bpm(number) => self.bpm = Some(*number),
            S::InitialKey(text) => set(&mut self.key, text),
            S::Lyrics(text) => set(&mut self.lyrics, text),
            _ => {}
        }
    }
}

fn set(place: &mut Option<String>, text: &str) {
    let text = text.trim_matches(['\0', ' ', '\t', '\r', '\n']);
    if !text.is_empty() {
        *place = Some(text.to_owned());
    }
}

/// A text of ID3 that is called a comment.
fn is_called_comment(tag: &Tag) -> bool {
    let fields = tag.raw.sub_fields.as_deref().unwrap_or_default();
    fields
        .iter()
        .any(|field| matches!(&field.value, RawValue::String(text) if text.eq_ignore_ascii_case("comment")))
}

/// What a container's tags say.
#[derive(Default)]
pub(crate) struct Collected {
    pub tags: Tags,
    pub cover: Option<Cover>,
    /// The hidden tag of iTunes that tells the length of a song.
    pub smpb: Option<String>,
    /// The cover is said to be the front one.
    front: bool,
}

impl From<Tags> for Collected {
    fn from(tags: Tags) -> Self {
        Self { tags, ..Self::default() }
    }
}

impl Collected {
    /// Takes all tags: those that come later are better, as ID3v2 is better than the ID3v1 at the end of a file.
    pub fn take(&mut self, metadata: &mut Metadata<'_>) {
        loop {
            if let Some(revision) = metadata.current() {
                self.take_revision(revision);
            }
            if metadata.pop().is_none() {
                break;
            }
        }
    }

    /// Takes the tags of an ID3 tag by itself.
    pub fn read_id3(&mut self, bytes: &[u8]) {
        let stream = MediaSourceStream::new(Box::new(Cursor::new(bytes.to_vec())), Default::default());
        let tags =
            Id3v2Reader::try_new(stream, MetadataOptions::default()).and_then(|mut reader| reader.read_all());
        if let Ok(tags) = tags {
            self.take_revision(&tags.revision);
        }
    }

    fn take_revision(&mut self, revision: &MetadataRevision) {
        let tracks = revision.per_track.iter().map(|track| &track.metadata);
        for container in std::iter::once(&revision.media).chain(tracks) {
            for tag in &container.tags {
                self.take_tag(tag);
            }
            for visual in &container.visuals {
                self.take_visual(visual);
            }
        }
    }

    fn take_tag(&mut self, tag: &Tag) {
        let text = match &tag.raw.value {
            RawValue::String(text) => text.as_str(),
            _ => "",
        };
        // iTunes hides numbers for programs in comments.
        let hidden = text.starts_with(" 00000000 ") || tag.raw.key.contains("iTun");
        if hidden {
            if tag.raw.key.contains("iTunSMPB") || text.split_whitespace().count() >= 12 {
                self.smpb = Some(text.to_owned());
            }
        } else if let Some(standard) = &tag.std {
            self.tags.set_standard(standard);
        } else if is_called_comment(tag) {
            // ffmpeg writes comments of ID3 as texts of its own.
            set(&mut self.tags.comment, text);
        } else {
            self.tags.set_named(&tag.raw.key, text);
        }
    }

    fn take_visual(&mut self, visual: &Visual) {
        let front = visual.usage == Some(StandardVisualKey::FrontCover);
        if visual.data.is_empty() || (self.cover.is_some() && (self.front || !front)) {
            return;
        }
        let sniffed = match &*visual.data {
            [0xff, 0xd8, ..] => Some("image/jpeg"),
            [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
            [b'G', b'I', b'F', ..] => Some("image/gif"),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
            _ => None,
        };
        let mime = sniffed.or(visual.media_type.as_deref()).unwrap_or("image/jpeg").to_owned();
        self.cover = Some(Cover { mime, bytes: visual.data.to_vec() });
        self.front = front;
    }
}
