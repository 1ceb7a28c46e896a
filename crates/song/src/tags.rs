//! Title, artist and the like, and the cover.

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
}
