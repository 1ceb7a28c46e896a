//! Output to people and programs. A reader that goes away, or a log that is full, ends what is said to it and
//! nothing else.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle as BarStyle};
use serde_json::{Value, json};

use crate::options::ProgressStyle;

/// Where results and progress go.
pub struct Console {
    quiet: bool,
    style: ProgressStyle,
    bars: MultiProgress,
    /// Hears events in the place of standard output.
    listener: Option<Listener>,
}

/// Takes events, the JSON objects that `--progress json` prints.
pub type Listener = Box<dyn Fn(&Value) + Send + Sync>;

/// The progress of one song.
pub struct Progress<'a> {
    console: &'a Console,
    song: String,
    bar: Option<ProgressBar>,
    length: Option<u64>,
    /// Per cent that were last told to a program.
    told: Option<u64>,
}

impl Console {
    /// A console in this style; `quiet` leaves all but errors out.
    pub fn new(quiet: bool, style: ProgressStyle) -> Self {
        let bars = style == ProgressStyle::Bars && !quiet && std::io::stderr().is_terminal();
        let target = if bars { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { quiet, style, bars: MultiProgress::with_draw_target(target), listener: None }
    }

    /// A console for a program that separates songs itself: says nothing, and hands all events to `listener`.
    pub fn heard_by(listener: impl Fn(&Value) + Send + Sync + 'static) -> Self {
        Self { listener: Some(Box::new(listener)), ..Self::new(true, ProgressStyle::Json) }
    }

    /// A line for people, on standard output.
    pub fn line(&self, text: &str) {
        if !self.quiet && self.style != ProgressStyle::Json {
            self.bars.suspend(|| print_line(&mut std::io::stdout(), text));
        }
    }

    /// An event for programs: a JSON object on standard output.
    pub fn event(&self, event: &Value) {
        match &self.listener {
            Some(listener) => listener(event),
            None if self.style == ProgressStyle::Json => {
                print_line(&mut std::io::stdout(), &event.to_string());
            }
            None => {}
        }
    }

    /// A line about something that went wrong, on standard error, unless results say it already.
    pub fn problem(&self, text: &str) {
        if self.listener.is_some() {
            // It heard the event.
            return;
        }
        self.bars.suspend(|| print_line(&mut std::io::stderr(), text));
    }

    /// The progress of a song.
    pub fn song(&self, song: &str) -> Progress<'_> {
        let bar = (self.style == ProgressStyle::Bars && !self.quiet).then(|| {
            let name =
                std::path::Path::new(song).file_name().unwrap_or_default().to_string_lossy().into_owned();
            let bar = self.bars.add(ProgressBar::new(1).with_style(known_length()).with_prefix(name));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        self.event(&json!({"event": "start", "song": song}));
        Progress { console: self, song: song.to_owned(), bar, length: None, told: None }
    }
}

fn known_length() -> BarStyle {
    BarStyle::with_template("{spinner} {prefix:24!} {wide_bar} {percent:>3} %, {eta} left")
        .expect("the template is well-formed")
}

fn unknown_length() -> BarStyle {
    BarStyle::with_template("{spinner} {prefix:24!} {elapsed} so far").expect("the template is well-formed")
}

/// Writes a line, as long as there is somebody to read it.
pub fn print_line(to: &mut dyn Write, text: &str) {
    let _ = to.write_all(format!("{text}\n").as_bytes()).and_then(|()| to.flush());
}

impl Progress<'_> {
    /// The song's length in samples, if it is known.
    pub fn expect(&mut self, length: Option<u64>) {
        self.length = length.filter(|&length| length > 0);
        if let Some(bar) = &self.bar {
            match self.length {
                Some(length) => bar.set_length(length),
                None => bar.set_style(unknown_length()),
            }
        }
    }

    /// So many samples are done.
    pub fn set(&mut self, done: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(done);
        }
        let percent = self.length.map(|length| (100 * done / length).min(100));
        if self.console.style == ProgressStyle::Json && percent.is_some() && percent != self.told {
            self.told = percent;
            self.console.event(&json!({"event": "progress", "song": self.song, "percent": percent}));
        }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
            self.console.bars.remove(&bar);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _bytes: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
    }

    #[test]
    fn a_reader_that_has_gone_is_no_error() {
        print_line(&mut Closed, "nobody is there");
        let mut kept = Vec::new();
        print_line(&mut kept, "a line");
        assert_eq!(kept, b"a line\n");
    }
}
