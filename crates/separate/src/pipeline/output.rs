//! One file of audio: from the plug-in's outputs to an encoder.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use unbraid_host::Block;
use unbraid_song::Resampler;

use super::spool::Spool;
use crate::encode::{self, Encoder, Settings};
use crate::measure::Levels;
use crate::paths::shown;
use crate::stems::Track;

/// The sum of a track's ports, both channels.
pub fn mixed<'a>(track: &Track, block: &Block<'a>) -> [Cow<'a, [f32]>; 2] {
    [0, 1].map(|channel| {
        let (first, others) = track.ports.split_first().expect("a track has a port");
        let mut sum = Cow::Borrowed(block.channel(*first, channel));
        for &port in others {
            for (sum, sample) in sum.to_mut().iter_mut().zip(block.channel(port, channel)) {
                *sum += sample;
            }
        }
        sum
    })
}

/// Where samples go: to the file, or first to a file of plain numbers if their gain is not known yet.
enum Target {
    File(Box<dyn Encoder>),
    Spool(Spool),
}

/// One file of audio that is being written.
pub struct Output {
    track: Track,
    path: PathBuf,
    resampler: Option<Resampler>,
    /// Scratch for the resampler.
    resampled: [Vec<f32>; 2],
    target: Target,
    levels: Levels,
}

impl Output {
    /// Begins a file at `path` of what the plug-in gives at `plugin_rate` Hz. With `late`, its gain is known at the end.
    pub fn begin(
        track: &Track,
        path: &Path,
        settings: &Settings<'_>,
        plugin_rate: u32,
        late: bool,
    ) -> Result<Self> {
        let making = || format!("cannot write {}", shown(path));
        let resampler = (plugin_rate != settings.rate)
            .then(|| {
                Resampler::new(plugin_rate, settings.rate)
                    .map_err(|error| anyhow::anyhow!("the file {error}"))
            })
            .transpose()?;
        let target = if late {
            Target::Spool(Spool::create(&spool_path(path)).with_context(making)?)
        } else {
            Target::File(encode::create(path, settings).with_context(making)?)
        };
        Ok(Self {
            track: track.clone(),
            path: path.to_owned(),
            resampler,
            resampled: Default::default(),
            target,
            levels: Levels::default(),
        })
    }

    /// The track.
    pub fn track(&self) -> &Track {
        &self.track
    }

    /// Writes a block.
    pub fn write(&mut self, block: &Block<'_>) -> Result<()> {
        let [left, right] = mixed(&self.track, block);
        let Some(resampler) = &mut self.resampler else { return self.put([&left, &right]) };
        let mut out = std::mem::take(&mut self.resampled);
        out.iter_mut().for_each(Vec::clear);
        resampler.push(&[left.into_owned(), right.into_owned()], &mut out);
        let done = self.put([&out[0], &out[1]]);
        self.resampled = out;
        done
    }

    fn put(&mut self, audio: [&[f32]; 2]) -> Result<()> {
        self.levels.add(audio);
        match &mut self.target {
            Target::File(file) => file.write(audio),
            Target::Spool(spool) => spool.write(audio),
        }
        .with_context(|| format!("cannot write {}", shown(&self.path)))
    }

    /// The stream has ended: what the resampler holds back is written, and the file brought to `length` samples.
    pub fn end(&mut self, length: u64) -> Result<Levels> {
        let mut out = [Vec::new(), Vec::new()];
        if let Some(mut resampler) = self.resampler.take() {
            resampler.finish(&mut out);
        }
        let left = usize::try_from(length.saturating_sub(self.levels.length))?;
        out.iter_mut().for_each(|channel| channel.resize(left, 0.0));
        self.put([&out[0], &out[1]])?;
        Ok(self.levels)
    }

    /// Writes the rest of the file, with a gain if it waited for one.
    pub fn finish(self, settings: &Settings<'_>, gain: f32) -> Result<()> {
        let path = self.path;
        let writing = || format!("cannot write {}", shown(&path));
        match self.target {
            Target::File(file) => file.finish().with_context(writing),
            Target::Spool(spool) => {
                let mut file = encode::create(&path, settings).with_context(writing)?;
                let mut reader = spool.rewind().with_context(writing)?;
                while let Some([left, right]) = reader.next().with_context(writing)? {
                    for sample in left.iter_mut().chain(right.iter_mut()) {
                        *sample *= gain;
                    }
                    file.write([left, right]).with_context(writing)?;
                }
                file.finish().with_context(writing)
            }
        }
    }
}

/// Where the plain numbers of a file lie meanwhile.
fn spool_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".f32");
    name.into()
}
