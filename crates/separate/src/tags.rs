//! Tags and cover of a song, as each format carries them.

use flac_codec::metadata::{Picture as FlacPicture, PictureType as FlacPictureType, VorbisComment};
use id3::frame::{Comment, Lyrics, Picture, PictureType};
use id3::{Tag, TagLike, Version};
use unbraid_song::{Cover, Info, Tags};

/// The language of texts whose language is not known.
const UNDETERMINED: &str = "und";

/// A number and, if it is known, how many there are: `3/12`.
fn of_total(number: Option<u64>, total: Option<u64>) -> Option<String> {
    match (number, total) {
        (Some(number), Some(total)) => Some(format!("{number}/{total}")),
        (Some(number), None) => Some(number.to_string()),
        (None, _) => None,
    }
}

/// An ID3v2.4 tag with the cover; nothing for a song without both.
pub fn id3(song: &Info) -> Vec<u8> {
    let tags = &song.tags;
    let mut tag = Tag::with_version(Version::Id3v24);
    let texts = [
        ("TIT2", tags.title.clone()),
        ("TPE1", tags.artist.clone()),
        ("TALB", tags.album.clone()),
        ("TPE2", tags.album_artist.clone()),
        ("TCOM", tags.composer.clone()),
        ("TCON", tags.genre.clone()),
        ("TDRC", tags.date.clone()),
        ("TRCK", of_total(tags.track, tags.track_total)),
        ("TPOS", of_total(tags.disc, tags.disc_total)),
        ("TCOP", tags.copyright.clone()),
        ("TSRC", tags.isrc.clone()),
        ("TBPM", tags.bpm.map(|bpm| bpm.to_string())),
        ("TKEY", tags.key.clone()),
    ];
    for (id, text) in texts {
        if let Some(text) = text {
            tag.set_text(id, text);
        }
    }
    if let Some(text) = &tags.comment {
        let (lang, description) = (UNDETERMINED.to_owned(), String::new());
        tag.add_frame(Comment { lang, description, text: text.clone() });
    }
    if let Some(text) = &tags.lyrics {
        let (lang, description) = (UNDETERMINED.to_owned(), String::new());
        tag.add_frame(Lyrics { lang, description, text: text.clone() });
    }
    if let Some(cover) = &song.cover {
        tag.add_frame(Picture {
            mime_type: cover.mime.clone(),
            picture_type: PictureType::CoverFront,
            description: String::new(),
            data: cover.bytes.clone(),
        });
    }
    let mut bytes = Vec::new();
    let empty = tag.frames().next().is_none();
    // A tag that is too large for its own format is left out.
    if empty || tag.write_to(&mut bytes, Version::Id3v24).is_err() { Vec::new() } else { bytes }
}

/// Chunks of a WAV file: a `LIST` of texts, which every reader knows, and an `id3 ` chunk, which has
/// the rest and the cover.
pub fn riff_chunks(song: &Info) -> Vec<u8> {
    let tags = &song.tags;
    let texts = [
        (b"INAM", tags.title.clone()),
        (b"IART", tags.artist.clone()),
        (b"IPRD", tags.album.clone()),
        (b"IGNR", tags.genre.clone()),
        (b"ICRD", tags.date.clone()),
        (b"IPRT", tags.track.map(|track| track.to_string())),
        (b"ICMT", tags.comment.clone()),
        (b"ICOP", tags.copyright.clone()),
    ];
    let mut list = b"INFO".to_vec();
    for (id, text) in texts {
        if let Some(text) = text {
            list.extend(chunk(id, &[text.as_bytes(), &[0]].concat()));
        }
    }
    let mut chunks = if list.len() > 4 { chunk(b"LIST", &list) } else { Vec::new() };
    let id3 = id3(song);
    if !id3.is_empty() {
        chunks.extend(chunk(b"id3 ", &id3));
    }
    chunks
}

/// A RIFF chunk, padded to an even length; nothing if its size does not fit.
fn chunk(id: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let Ok(size) = u32::try_from(content.len()) else { return Vec::new() };
    let mut chunk = id.to_vec();
    chunk.extend(size.to_le_bytes());
    chunk.extend(content);
    if !content.len().is_multiple_of(2) {
        chunk.push(0);
    }
    chunk
}

/// The texts of a FLAC file.
pub fn vorbis_comment(tags: &Tags) -> VorbisComment {
    let number = |number: Option<u64>| number.map(|number| number.to_string());
    let texts = [
        ("TITLE", tags.title.clone()),
        ("ARTIST", tags.artist.clone()),
        ("ALBUM", tags.album.clone()),
        ("ALBUMARTIST", tags.album_artist.clone()),
        ("COMPOSER", tags.composer.clone()),
        ("GENRE", tags.genre.clone()),
        ("DATE", tags.date.clone()),
        ("TRACKNUMBER", number(tags.track)),
        ("TRACKTOTAL", number(tags.track_total)),
        ("DISCNUMBER", number(tags.disc)),
        ("DISCTOTAL", number(tags.disc_total)),
        ("COMMENT", tags.comment.clone()),
        ("COPYRIGHT", tags.copyright.clone()),
        ("ISRC", tags.isrc.clone()),
        ("BPM", number(tags.bpm)),
        ("KEY", tags.key.clone()),
        ("LYRICS", tags.lyrics.clone()),
    ];
    let mut comment = VorbisComment::default();
    for (field, text) in texts {
        if let Some(text) = text {
            comment.set(field, text);
        }
    }
    comment
}

/// The cover of a FLAC file; nothing where it is too large for a block of that format.
pub fn flac_picture(cover: &Cover) -> Option<FlacPicture> {
    /// A block's size has 24 bits; some are for what else is in it.
    const LARGEST: usize = (1 << 24) - 1024;
    if cover.bytes.len() > LARGEST {
        return None;
    }
    // Width and height are read from the picture; 0 stands for those that are not known.
    FlacPicture::new(FlacPictureType::FrontCover, "", cover.bytes.as_slice()).ok().or_else(|| {
        Some(FlacPicture {
            picture_type: FlacPictureType::FrontCover,
            media_type: cover.mime.clone(),
            description: String::new(),
            width: 0,
            height: 0,
            color_depth: 0,
            colors_used: None,
            data: cover.bytes.clone(),
        })
    })
}
