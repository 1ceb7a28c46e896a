//! Songs in a stream.

use crate::decode::{Block, Decoder};
use crate::error::{ErrorKind, SongError};
use crate::info::Info;
use crate::input::Input;
use crate::mixdown::Mixdown;
use crate::open;
use crate::rates::{PLUGIN_RATES, SONG_RATES};
use crate::resample::{Resampler, resampled_length};
use crate::warning::Warning;

/// The sample rate that a song is delivered at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RateChoice {
    /// The song's own, where the plug-in takes it: else the nearest that is a power of two away.
    #[default]
    Native,
    /// This one, in Hz.
    Fixed(u32),
}

impl RateChoice {
    /// The rate at which a song of `rate` Hz is delivered.
    fn of(self, rate: u32) -> u32 {
        let mut delivered = match self {
            Self::Fixed(fixed) => return fixed,
            Self::Native => rate,
        };
        while delivered < *PLUGIN_RATES.start() {
            delivered *= 2;
        }
        while delivered > *PLUGIN_RATES.end() {
            // An odd rate leaves no whole half: 705,601 Hz and the like.
            delivered = delivered.div_ceil(2);
        }
        delivered
    }
}

/// How a song is read.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// Sample rate that it is delivered at.
    pub rate: RateChoice,
    /// What messages call it, if not by its path.
    pub name: Option<String>,
}

/// A song as a stream of two channels. Memory does not grow with its length.
pub struct Reader {
    name: String,
    decoder: Decoder,
    info: Info,
    mixdown: Mixdown,
    resampler: Option<Resampler>,
    rate: u32,
    frames: Option<u64>,
    /// A block of the decoder, mixed down.
    mixed: [Vec<f32>; 2],
    /// Samples that wait to be read, from `at` on.
    ready: [Vec<f32>; 2],
    at: usize,
    ended: bool,
    delivered: u64,
    non_finite: u64,
    warnings: Vec<Warning>,
}

impl Reader {
    /// Opens a song.
    ///
    /// # Errors
    /// One line that names the song and the remedy, for: missing, unreadable, a folder, empty, not audio, a codec or a
    /// sample rate that is not read.
    pub fn open(input: impl Into<Input>, options: &ReadOptions) -> Result<Self, SongError> {
        let input = input.into();
        let name = options.name.clone().unwrap_or_else(|| input.name());
        match Self::open_named(input, options.rate, name.clone()) {
            Ok(reader) => Ok(reader),
            Err(kind) => Err(kind.of(&name)),
        }
    }

    fn open_named(input: Input, choice: RateChoice, name: String) -> Result<Self, ErrorKind> {
        let extension = input.extension();
        let open::Opened { decoder, info, mut warnings } = open::open(input.open()?, extension.as_deref())?;
        let source = info.rate;
        if !SONG_RATES.contains(&source) {
            return Err(ErrorKind::SourceRate(source));
        }
        let rate = choice.of(source);
        if !SONG_RATES.contains(&rate) {
            return Err(ErrorKind::DeliveredRate(rate));
        }
        let mixdown = Mixdown::new(decoder.channels()).ok_or(ErrorKind::Channels(info.channels))?;
        let resampler = if rate == source { None } else { Some(Resampler::new(source, rate)?) };
        if info.channels > 2 {
            warnings.push(Warning::MixedDown { channels: info.channels, layout: info.layout.clone() });
        }
        if choice == RateChoice::Native && rate != source {
            warnings.push(Warning::Resampled { from: source, to: rate });
        }
        Ok(Self {
            frames: info.frames.map(|frames| resampled_length(frames, source, rate)),
            name,
            decoder,
            info,
            mixdown,
            resampler,
            rate,
            mixed: Default::default(),
            ready: Default::default(),
            at: 0,
            ended: false,
            delivered: 0,
            non_finite: 0,
            warnings,
        })
    }

    /// What is known of the song.
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// Delivered sample rate in Hz.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Delivered length in samples as the file tells it, if it does: a damaged file may tell a wrong one.
    pub fn frames(&self) -> Option<u64> {
        self.frames
    }

    /// What was odd about the song. Complete once [`read`](Self::read) has returned 0.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Fills `block` (two channels of equal length, full scale ±1) and returns how many samples of each it wrote: 0 at
    /// the end and only there, fewer than there is room for at any time.
    ///
    /// # Errors
    /// When the song holds no sound at all, or changes in a way that cannot be followed.
    pub fn read(&mut self, block: [&mut [f32]; 2]) -> Result<usize, SongError> {
        let room = block[0].len().min(block[1].len());
        if room == 0 {
            return Ok(0);
        }
        while self.at == self.ready[0].len() && !self.ended {
            self.refill().map_err(|kind| kind.of(&self.name))?;
        }
        let count = room.min(self.ready[0].len() - self.at);
        for (block, ready) in block.into_iter().zip(&self.ready) {
            block[..count].copy_from_slice(&ready[self.at..][..count]);
        }
        self.at += count;
        self.delivered += count as u64;
        Ok(count)
    }

    /// Decodes a block, mixes it down, and resamples it.
    fn refill(&mut self) -> Result<(), ErrorKind> {
        self.at = 0;
        for ready in &mut self.ready {
            ready.clear();
        }
        let planes = match self.decoder.next()? {
            Block::Samples(planes) => planes,
            Block::Change => return self.change(),
            Block::End => return self.finish(),
        };
        for sample in planes.iter_mut().flatten().filter(|sample| !sample.is_finite()) {
            *sample = 0.0;
            self.non_finite += 1;
        }
        match &mut self.resampler {
            None => self.mixdown.mix(planes, &mut self.ready),
            Some(resampler) => {
                self.mixdown.mix(planes, &mut self.mixed);
                resampler.push(&self.mixed, &mut self.ready);
            }
        }
        Ok(())
    }

    /// Another song begins in the same file, with another rate or other channels.
    fn change(&mut self) -> Result<(), ErrorKind> {
        if let Some(resampler) = &mut self.resampler {
            resampler.finish(&mut self.ready);
        }
        let (source, channels) = (self.decoder.rate(), self.decoder.channels());
        if !SONG_RATES.contains(&source) {
            return Err(ErrorKind::SourceRate(source));
        }
        self.mixdown = Mixdown::new(channels).ok_or(ErrorKind::Channels(channels.count()))?;
        self.resampler = if self.rate == source { None } else { Some(Resampler::new(source, self.rate)?) };
        Ok(())
    }

    fn finish(&mut self) -> Result<(), ErrorKind> {
        self.ended = true;
        if let Some(resampler) = &mut self.resampler {
            resampler.finish(&mut self.ready);
        }
        if self.delivered == 0 && self.ready[0].is_empty() {
            return Err(ErrorKind::NoSound);
        }
        self.warnings.extend(self.decoder.warnings());
        if self.non_finite > 0 {
            self.warnings.push(Warning::NonFinite { samples: self.non_finite });
        }
        Ok(())
    }
}
