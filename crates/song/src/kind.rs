//! What a file is by its name, for walks over folders.

use std::path::Path;

/// What a file is by the extension of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Audio that [`Reader`](crate::Reader) reads.
    Audio,
    /// Audio that is not read here, such as WMA.
    OtherAudio,
    /// Video: read only when it is named by itself.
    Video,
    /// Anything else.
    Other,
}

/// Extensions of audio files that [`Reader`](crate::Reader) reads, in small letters.
pub const AUDIO_EXTENSIONS: &[&str] = &[
    "wav", "wave", "bwf", "rf64", "w64", "flac", "mp3", "mp2", "mp1", "mpa", "m4a", "m4b", "m4r", "aac",
    "adts", "alac", "aif", "aiff", "aifc", "caf", "ogg", "oga", "opus", "mka", "weba", "webm",
];
const OTHER_AUDIO: &[&str] = &[
    "wma", "ape", "wv", "tta", "tak", "mpc", "ac3", "eac3", "ec3", "dts", "dsf", "dff", "amr", "au", "snd",
    "ra", "rm", "mid", "midi", "aax", "aa", "spx", "shn", "voc",
];
const VIDEO: &[&str] = &["mp4", "m4v", "mov", "mkv", "ogv", "avi", "wmv", "mpg", "mpeg", "ts", "flv", "3gp"];

/// What a file is by the extension of its name, in capitals or not.
pub fn is_audio_name(path: &Path) -> Kind {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let extension = extension.to_ascii_lowercase();
    let any = |list: &[&str]| list.contains(&extension.as_str());
    match () {
        () if any(AUDIO_EXTENSIONS) => Kind::Audio,
        () if any(OTHER_AUDIO) => Kind::OtherAudio,
        () if any(VIDEO) => Kind::Video,
        () => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart_by_their_extension_in_capitals_or_not() {
        let kind = |name: &str| is_audio_name(Path::new(name));
        assert_eq!(kind("a/Song.FLAC"), Kind::Audio);
        assert_eq!(kind("song.m4a"), Kind::Audio);
        assert_eq!(kind("song.wma"), Kind::OtherAudio);
        assert_eq!(kind("clip.Mp4"), Kind::Video);
        assert_eq!(kind("cover.jpg"), Kind::Other);
        assert_eq!(kind("mp3"), Kind::Other);
        assert_eq!(kind(".mp3"), Kind::Other);
    }
}
