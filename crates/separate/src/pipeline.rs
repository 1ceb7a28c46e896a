//! One song through the plug-in into files, in a stream: memory does not grow with its length.

mod output;
mod spool;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use unbraid_host::{Block, Blocks, ClapHost, Pass as HostPass};
use unbraid_song::{Info, RateChoice, ReadOptions, Reader, resampled_length};

use crate::console::Progress;
use crate::encode::Settings;
use crate::files::Partial;
use crate::key::Key;
use crate::measure::{Levels, Silence};
use crate::options::Options;
use crate::paths::shown;
use crate::picture::{self, Panel};
use crate::plugin::{LoadedPlugin, check_buses};
use crate::report::{Facts, Pass, REPORT, Report, SongFacts, Wary, Written};
use crate::songs::Job;
use crate::spectrum::Spectrograms;
use crate::stems::{Track, parts};
use crate::{numbers, rates};
use output::Output;

/// The picture's file.
const PICTURE: &str = "spectrograms.png";

/// The batch was told to stop.
#[derive(Debug, thiserror::Error)]
#[error("stopped")]
pub struct Stopped;

/// An opened song, and the rates in Hz of the plug-in and of the files.
struct Opened {
    reader: Reader,
    plugin_rate: u32,
    rate: u32,
}

/// Opens a song at the rate that the plug-in will run at.
fn open(job: &Job, options: &Options) -> Result<Opened> {
    let name = Some(job.name.clone());
    let at = |rate: RateChoice| Reader::open(job.file.as_path(), &ReadOptions { rate, name: name.clone() });
    let first = options.rate.map_or(RateChoice::Native, |rate| RateChoice::Fixed(rates::for_plugin(rate)));
    let mut reader = at(first)?;
    let rate = options.rate.unwrap_or(reader.info().rate);
    let plugin_rate = rates::for_plugin(rate);
    if reader.rate() != plugin_rate {
        reader = at(RateChoice::Fixed(plugin_rate))?;
    }
    options
        .format
        .check(rate, options.bitrate)
        .map_err(anyhow::Error::msg)
        .with_context(|| job.name.clone())?;
    Ok(Opened { reader, plugin_rate, rate })
}

/// The names of the files of a song, without the report.
fn file_names(tracks: &[Track], options: &Options, job: &Job, info: &Info) -> Vec<String> {
    let song = job.title();
    let ending = options.format.extension();
    let name = |track: &Track| match &options.name {
        Some(template) => template.name(&track.name, &song, &info.tags),
        None => track.name.clone(),
    };
    tracks.iter().map(|track| format!("{}.{ending}", name(track))).collect()
}

/// Measurements of the song itself, at the plug-in's rate.
struct SongMeasures {
    levels: Levels,
    silence: Silence,
    spectrograms: Spectrograms,
}

/// Takes one song apart and writes everything, the report last.
///
/// # Errors
/// One line that names the song's file or the written one. Nothing is left of files that are not whole.
pub fn separate(
    options: &Options,
    job: &Job,
    plugin: &LoadedPlugin,
    key: Key,
    progress: &mut Progress<'_>,
    stop: &AtomicBool,
) -> Result<Report> {
    let started = Instant::now();
    let Opened { mut reader, plugin_rate, rate } = open(job, options)?;
    let info = reader.info().clone();
    let tracks = options.tracks();
    let mut names = file_names(&tracks, options, job, &info);
    job.check_outputs(&names)?;

    let partial = Partial::begin(&job.out)?;
    let expected = reader.frames().map(|frames| resampled_length(frames, plugin_rate, rate));
    progress.expect(reader.frames());
    let tags = (!options.no_tags).then_some(&info);
    let settings = Settings { format: options.format, rate, bitrate: options.bitrate, expected, tags };
    let mut outputs = Vec::new();
    for (track, name) in tracks.iter().zip(&names) {
        let path = partial.path(name);
        outputs.push(Output::begin(track, &path, &settings, plugin_rate, options.normalize)?);
    }

    let mut measures = SongMeasures {
        levels: Levels::default(),
        silence: Silence::new(plugin_rate),
        spectrograms: Spectrograms::new(1, plugin_rate),
    };
    let parts = parts(options.two_stems.as_deref());
    let mut stems = Spectrograms::new(parts.len(), plugin_rate);
    let mut host = ClapHost::load(&plugin.clap)?;
    let pass = play(
        &mut host,
        options,
        plugin_rate,
        &mut |buffers| {
            if stop.load(Ordering::Relaxed) {
                return Err(Stopped.into());
            }
            let given = read_block(&mut reader, buffers)?;
            let audio = [&buffers[0][..given], &buffers[1][..given]];
            measures.levels.add(audio);
            measures.silence.add(audio);
            measures.spectrograms.add(&[audio]);
            progress.set(measures.levels.length);
            Ok(given)
        },
        &mut |block| {
            let mixed: Vec<_> = parts.iter().map(|part| output::mixed(part, block)).collect();
            let signals: Vec<_> = mixed.iter().map(|[left, right]| [left.as_ref(), right.as_ref()]).collect();
            stems.add(&signals);
            for output in &mut outputs {
                output.write(block)?;
            }
            Ok(())
        },
    )?;
    measures.spectrograms.finish();
    stems.finish();

    let length = whole_length(&reader, &info, rate, plugin_rate, measures.levels.length);
    let mut written = Vec::new();
    for output in &mut outputs {
        let levels = output.end(length)?;
        let part = parts.iter().position(|part| part.name == output.track().name);
        let confidence = part.map(|part| stems.confidence(part));
        written.push(Written { track: output.track().name.clone(), levels, confidence });
    }
    let gain = if options.normalize { normalizing_gain(&written) } else { 1.0 };
    let gain_db = 20.0 * f64::from(gain).log10();
    for output in outputs {
        output.finish(&settings, gain)?;
    }

    if !options.no_picture {
        let path = partial.path(PICTURE);
        let panels = panels(&measures.spectrograms, &parts, &stems);
        let seconds = numbers::float(length) / f64::from(rate);
        picture::draw(&path, seconds, &panels).with_context(|| format!("cannot draw {}", shown(&path)))?;
        names.push(PICTURE.to_owned());
    }
    let warnings = Wary {
        reading: reader.warnings().iter().map(ToString::to_string).collect(),
        rates: [info.rate, plugin_rate, rate],
        seconds: numbers::float(length) / f64::from(rate),
        silent: measures.silence.fraction(),
        song: measures.levels,
        written: &written,
        gain_db,
        plugin: host.take_warnings(),
    };
    let files = names.iter().map(|name| Ok((name.clone(), partial.size(name)?))).collect::<Result<_>>()?;
    let report = Report::new(Facts {
        options,
        key,
        files,
        model: plugin.network.clone(),
        song: SongFacts {
            name: job.name.clone(),
            path: job.path.clone(),
            info: &info,
            samples: length,
            rate,
            levels: measures.levels,
        },
        pass,
        warnings: warnings.warnings(),
        written,
        gain_db,
        seconds: started.elapsed().as_secs_f64(),
    });
    report.write(&partial.path(REPORT))?;
    partial.commit(&names, &|path| job.is_input(path))?;
    Ok(report)
}

/// Fills the buffers of a block, and says how many samples there were.
fn read_block(reader: &mut Reader, buffers: &mut [Vec<f32>]) -> Result<usize> {
    let [left, right] = buffers else { bail!("the plug-in's input has {} channels, not 2", buffers.len()) };
    let mut filled = 0;
    while filled < left.len() {
        match reader.read([&mut left[filled..], &mut right[filled..]])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

type Source<'a> = unbraid_host::Source<'a, anyhow::Error>;
type Sink<'a> = unbraid_host::Sink<'a, anyhow::Error>;

/// Streams the song through the plug-in with the options' mode and levels.
fn play(
    host: &mut ClapHost,
    options: &Options,
    rate: u32,
    source: &mut Source<'_>,
    sink: &mut Sink<'_>,
) -> Result<Pass> {
    check_buses(host)?;
    host.set_text("mode", options.mode.text())?;
    for (stem, level) in options.levels.iter() {
        host.set_text(&format!("{stem}_level"), &level)?;
    }
    host.activate(f64::from(rate), options.block)?;
    let latency = host.latency();
    let start = Instant::now();
    let blocks = Blocks::of(options.block as usize);
    let pass = HostPass { blocks, changes: &[], trim: latency };
    let timing = host.pass(&pass, source, &mut |block: &Block<'_>| {
        check_finite(block)?;
        sink(block)
    })?;
    let stream_s = start.elapsed().as_secs_f64();
    host.deactivate();
    let (name, version) = host.name_and_version();
    Ok(Pass { latency, rate, stream_s, timing, plugin: (name.to_owned(), version.to_owned()) })
}

fn check_finite(block: &Block<'_>) -> Result<()> {
    let channels = (0..block.ports()).flat_map(|port| [(port, 0), (port, 1)]);
    let finite = |(port, channel): (usize, usize)| {
        block.channel(port, channel).iter().all(|sample| sample.is_finite())
    };
    if !channels.into_iter().all(finite) {
        bail!("the plug-in left samples unwritten or wrote NaN");
    }
    Ok(())
}

/// Length of the files in samples: the song's own where that is known and they have its rate, so that rounding on the
/// way to the plug-in's rate and back is not seen.
fn whole_length(reader: &Reader, info: &Info, rate: u32, plugin_rate: u32, played: u64) -> u64 {
    let resampled = resampled_length(played, plugin_rate, rate);
    // A file that breaks off has less than it says.
    let complete = reader.frames() == Some(played);
    match info.frames.filter(|_| complete) {
        Some(frames) if plugin_rate != rate => resampled_length(frames, info.rate, rate),
        _ => resampled,
    }
}

/// The gain that puts the loudest sample of all files at −1 dBFS; none for silence.
fn normalizing_gain(written: &[Written]) -> f32 {
    let loudest = written.iter().map(|written| written.levels.peak).fold(0.0, f32::max);
    if loudest > 0.0 { 10f32.powf(-1.0 / 20.0) / loudest } else { 1.0 }
}

fn panels<'a>(song: &'a Spectrograms, parts: &'a [Track], stems: &'a Spectrograms) -> Vec<Panel<'a>> {
    let mut panels = vec![Panel { name: "mix", spectrograms: song, signal: 0 }];
    panels.extend(parts.iter().enumerate().map(|(signal, part)| Panel {
        name: &part.name,
        spectrograms: stems,
        signal,
    }));
    panels
}

/// Makes sure that no written file replaces a song: [`Job::check_outputs`] by the names that options alone give.
///
/// # Errors
/// One line that names the song that would be lost.
pub fn check_outputs_before(options: &Options, job: &Job) -> Result<()> {
    // With tags in them, names are known once the song was opened; the check is made there.
    let names = file_names(&options.tracks(), options, job, &Info::default());
    job.check_outputs(&names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(peak: f32) -> Written {
        Written { track: "vocals".to_owned(), levels: Levels { peak, ..Levels::default() }, confidence: None }
    }

    #[test]
    fn the_loudest_sample_of_all_files_ends_at_minus_one_db() {
        let gain = normalizing_gain(&[written(0.25), written(0.5)]);
        assert!((0.5 * gain - 0.891_25).abs() < 1e-4, "{gain}");
        assert!((normalizing_gain(&[written(0.0)]) - 1.0).abs() < f32::EPSILON);
    }
}
