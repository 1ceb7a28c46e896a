//! Songs whose stems are known: what the plug-in makes of their sum, and how near that comes.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Serialize;
use unbraid_host::{Blocks, ClapHost};
use unbraid_song::{RateChoice, ReadOptions, read, read_with};

use crate::numbers::float_length;
use crate::paths::shown;
use crate::plugin::{activate, check_buses};
use crate::stems::{Mode, STEMS};

/// Endings of stem files.
const ENDINGS: [&str; 4] = ["wav", "flac", "ogg", "mp3"];

/// Audio in memory: `[channel][sample]`, two channels.
pub type Audio = Vec<Vec<f32>>;

/// A song: its name and the files of its stems.
#[derive(Debug)]
pub struct Stems {
    /// The folder's name.
    pub name: String,
    /// The stems that are there, and their files.
    pub files: Vec<(&'static str, PathBuf)>,
}

/// A song in memory.
#[derive(Debug)]
pub struct Multitrack {
    /// In the order of [`STEMS`]; none where the song has no such stem.
    pub references: Vec<Option<Audio>>,
    /// Their sum.
    pub mixture: Audio,
    /// Sample rate in Hz.
    pub rate: u32,
    /// The reader's warnings.
    pub warnings: Vec<String>,
}

/// All songs in folders: `DIR/SONG/{vocals,drums,bass,other}.{wav,flac,ogg,mp3}`, or one such `SONG`.
///
/// # Errors
/// One line that names the folder without songs.
pub fn songs(folders: &[PathBuf]) -> Result<Vec<Stems>> {
    let mut songs = Vec::new();
    for folder in folders {
        if let Some(song) = song(folder) {
            songs.push(song);
            continue;
        }
        let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", shown(folder)))?;
        let mut found: Vec<_> = entries.filter_map(|entry| song(&entry.ok()?.path())).collect();
        if found.is_empty() {
            bail!(
                "{} has no songs: a song is a folder with vocals, drums, bass or other as .wav, .flac, .ogg or .mp3",
                shown(folder)
            );
        }
        found.sort_by(|one, other| one.name.cmp(&other.name));
        songs.extend(found);
    }
    Ok(songs)
}

/// The song in a folder, if there is one.
fn song(folder: &Path) -> Option<Stems> {
    let files: Vec<_> = STEMS
        .into_iter()
        .filter_map(|stem| {
            let file =
                ENDINGS.iter().map(|ending| folder.join(format!("{stem}.{ending}"))).find(|f| f.is_file())?;
            Some((stem, file))
        })
        .collect();
    let name = folder.file_name()?.to_string_lossy().into_owned();
    (!files.is_empty()).then_some(Stems { name, files })
}

/// Decodes the stems, brings them to the first one's rate and the longest one's length, and sums them.
///
/// # Errors
/// When a file cannot be read.
pub fn load(stems: &Stems) -> Result<Multitrack> {
    let mut references: Vec<Option<Audio>> = vec![None; STEMS.len()];
    let (mut rate, mut warnings) = (None, Vec::new());
    for (stem, file) in &stems.files {
        let song = match rate {
            None => read(file)?,
            Some(rate) => {
                read_with(file.as_path(), &ReadOptions { rate: RateChoice::Fixed(rate), name: None })?
            }
        };
        rate = Some(song.rate);
        warnings.extend(song.warnings.iter().map(|warning| format!("{}: {warning}", shown(file))));
        if let Some(index) = STEMS.iter().position(|known| known == stem) {
            references[index] = Some(song.channels.into());
        }
    }
    let rate = rate.context("the song has no stems")?;
    let length = references.iter().flatten().map(|audio| audio[0].len()).max().unwrap_or(0);
    let mut mixture = vec![vec![0.0; length]; 2];
    for audio in references.iter_mut().flatten() {
        for (channel, sum) in audio.iter_mut().zip(&mut mixture) {
            channel.resize(length, 0.0);
            for (sum, sample) in sum.iter_mut().zip(channel.iter()) {
                *sum += sample;
            }
        }
    }
    Ok(Multitrack { references, mixture, rate, warnings })
}

/// Streams a song through the plug-in in a mode, with everything at its default, and gives back the four stems in the
/// order of [`STEMS`], and the load of one core.
///
/// # Errors
/// When the plug-in does not load, lacks the buses, refuses the rate or fails.
pub fn stems_of(
    clap: &Path,
    song: &[Vec<f32>],
    rate: u32,
    mode: Mode,
    block: u32,
) -> Result<(Vec<Audio>, f64)> {
    let mut host = ClapHost::load(clap)?;
    check_buses(&host)?;
    host.set_text("mode", mode.text())?;
    activate(&mut host, rate, block)?;
    let played = host.stream_compensated(song, Blocks::of(block as usize), &[], &mut |_done| {})?;
    let load = played.timing.core_load();
    Ok((played.ports.into_iter().skip(1).collect(), load))
}

/// Energy-ratio SDR in dB: energy of the reference over that of the error; none where either is 0.
pub fn energy_ratio(reference: &[Vec<f32>], found: &[Vec<f32>]) -> Option<f64> {
    let (mut energy, mut error) = (0.0, 0.0);
    for (reference, found) in reference.iter().flatten().zip(found.iter().flatten()) {
        energy += f64::from(*reference).powi(2);
        error += f64::from(reference - found).powi(2);
    }
    (energy > 1e-6 && error > 0.0).then(|| 10.0 * (energy / error).log10())
}

/// The scores of a song in one mode.
#[derive(Debug, Serialize)]
pub struct Scores {
    /// The song.
    pub song: String,
    /// The mode.
    pub mode: &'static str,
    /// Energy-ratio SDR of each stem in dB, in the order of [`STEMS`]; null for stems that the song does not have.
    pub sdr_db: [Option<f64>; 4],
    /// The same for the song itself in each stem's place.
    pub mixture_sdr_db: [Option<f64>; 4],
    /// Load of one core, in percent.
    pub core_percent: f64,
}

/// Scores a song.
///
/// # Errors
/// As [`load`] and [`stems_of`].
pub fn score(clap: &Path, stems: &Stems, song: &Multitrack, mode: Mode, block: u32) -> Result<Scores> {
    let (estimates, load) = stems_of(clap, &song.mixture, song.rate, mode, block)?;
    let of = |found: &dyn Fn(usize) -> Option<f64>| [0, 1, 2, 3].map(found);
    let reference = |stem: usize| song.references[stem].as_deref();
    Ok(Scores {
        song: stems.name.clone(),
        mode: mode.text(),
        sdr_db: of(&|stem| energy_ratio(reference(stem)?, &estimates[stem])),
        mixture_sdr_db: of(&|stem| energy_ratio(reference(stem)?, &song.mixture)),
        core_percent: 100.0 * load,
    })
}

/// A table of scores, in lines.
pub fn table(scores: &[Scores]) -> Vec<String> {
    let told = |values: &[Option<f64>]| -> String {
        let known: Vec<f64> = values.iter().copied().flatten().collect();
        let mean = (!known.is_empty()).then(|| known.iter().sum::<f64>() / float_length(known.len()));
        let cells = values.iter().copied().chain([mean]);
        cells.map(|value| value.map_or(" – |".to_owned(), |value| format!(" {value:.2} |"))).collect()
    };
    let mut lines = vec![
        "Energy-ratio SDR in dB; `mixture` is the song itself in the stem's place".to_owned(),
        String::new(),
        format!("| song | | {} | mean |", STEMS.join(" | ")),
        "|---|---|---:|---:|---:|---:|---:|".to_owned(),
    ];
    for score in scores {
        lines.push(format!("| {} | {} |{}", score.song, score.mode, told(&score.sdr_db)));
        lines.push(format!("| {} | mixture |{}", score.song, told(&score.mixture_sdr_db)));
    }
    let mut modes: Vec<&str> = scores.iter().map(|score| score.mode).collect();
    modes.sort_unstable();
    modes.dedup();
    for mode in modes {
        let songs: Vec<[Option<f64>; 4]> =
            scores.iter().filter(|score| score.mode == mode).map(|score| score.sdr_db).collect();
        if songs.len() > 1 {
            let cells: String = means(&songs)
                .iter()
                .map(|mean| mean.as_ref().map_or(" – |".to_owned(), |mean| format!(" {mean} |")))
                .collect();
            lines.push(format!("| mean of {} songs ± its standard error | {mode} |{cells}", songs.len()));
        }
    }
    lines
}

/// A mean over songs.
#[derive(Debug, PartialEq)]
struct Mean {
    /// In dB.
    value: f64,
    /// Standard error; none of a single song.
    error: Option<f64>,
}

impl std::fmt::Display for Mean {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2}", self.value)?;
        self.error.map_or(Ok(()), |error| write!(f, " ± {error:.2}"))
    }
}

/// The mean of each stem over the songs that have it, and the mean of those four, each with its standard error.
///
/// A song is in several stems, so that the last one's error is that of what each song adds to it: its deviations from
/// the stems' means, each over the number of songs that have the stem.
fn means(songs: &[[Option<f64>; 4]]) -> [Option<Mean>; 5] {
    let error_of = |parts: &[f64]| {
        let count = float_length(parts.len());
        (parts.len() > 1)
            .then(|| (parts.iter().map(|part| part * part).sum::<f64>() * count / (count - 1.0)).sqrt())
    };
    let mut joint = vec![0.0; songs.len()];
    let stems = [0, 1, 2, 3].map(|stem| {
        let known: Vec<f64> = songs.iter().filter_map(|song| song[stem]).collect();
        let count = float_length(known.len());
        let value = (!known.is_empty()).then(|| known.iter().sum::<f64>() / count)?;
        for (song, joint) in songs.iter().zip(&mut joint) {
            *joint += song[stem].map_or(0.0, |sdr| (sdr - value) / count / 4.0);
        }
        let parts: Vec<f64> = known.iter().map(|sdr| (sdr - value) / count).collect();
        Some(Mean { value, error: error_of(&parts) })
    });
    let values: Option<Vec<f64>> = stems.iter().map(|mean| mean.as_ref().map(|mean| mean.value)).collect();
    let all = values.map(|values| Mean { value: values.iter().sum::<f64>() / 4.0, error: error_of(&joint) });
    let [vocals, drums, bass, other] = stems;
    [vocals, drums, bass, other, all]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_that_of_energies_and_nothing_where_there_is_none() {
        let reference = vec![vec![1.0, -1.0], vec![0.5, 0.5]];
        let found = vec![vec![0.9, -0.9], vec![0.45, 0.45]];
        assert!((energy_ratio(&reference, &found).unwrap() - 20.0).abs() < 1e-4);
        assert_eq!(energy_ratio(&[vec![0.0; 4]], &[vec![0.1; 4]]), None);
    }

    #[test]
    fn means_have_the_standard_errors_of_songs_that_are_in_several_stems() {
        let songs = [
            [Some(4.0), Some(3.0), Some(4.0), Some(5.0)],
            [Some(6.0), Some(3.0), Some(4.0), Some(5.0)],
            [None, Some(6.0), Some(4.0), Some(5.0)],
        ];
        let text = means(&songs).map(|mean| mean.unwrap().to_string());
        // The parts of the songs in the last one are (−1/2 − 1/3)/4, (1/2 − 1/3)/4 and (2/3)/4.
        assert_eq!(text, ["5.00 ± 1.00", "4.00 ± 1.00", "4.00 ± 0.00", "5.00 ± 0.00", "4.50 ± 0.33"]);
        let silent = songs.map(|song| [None, song[1], song[2], song[3]]);
        assert_eq!((&means(&silent)[0], &means(&silent)[4]), (&None, &None));
        assert_eq!(means(&songs[..1])[1], Some(Mean { value: 3.0, error: None }));
        let scores: Vec<Scores> = songs
            .iter()
            .map(|&sdr_db| Scores {
                song: "one".to_owned(),
                mode: "Studio",
                sdr_db,
                mixture_sdr_db: [Some(0.0); 4],
                core_percent: 1.0,
            })
            .collect();
        let last = table(&scores).pop().unwrap();
        assert!(
            last.starts_with("| mean of 3 songs ± its standard error | Studio | 5.00 ± 1.00 |"),
            "{last}"
        );
        assert!(table(&scores[..1]).iter().all(|line| !line.contains('±')));
    }

    #[test]
    fn a_song_is_a_folder_with_stems_and_a_folder_without_songs_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("one")).unwrap();
        std::fs::write(folder.path().join("one/bass.flac"), b"").unwrap();
        let found = songs(&[folder.path().to_owned()]).unwrap();
        assert_eq!((found.len(), found[0].name.as_str(), found[0].files[0].0), (1, "one", "bass"));
        std::fs::create_dir(folder.path().join("empty")).unwrap();
        let error = songs(&[folder.path().join("empty")]).unwrap_err().to_string();
        assert!(error.contains("empty has no songs"), "{error}");
    }
}
