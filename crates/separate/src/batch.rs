//! Many songs: several at a time, past bad files, and on from where an earlier run stopped.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Result, bail};
use serde_json::json;

use crate::console::Console;
use crate::files::{is_full, report_in};
use crate::format::Format;
use crate::key::{Key, sha256};
use crate::options::Options;
use crate::paths::shown;
use crate::pipeline::{self, Stopped};
use crate::plugin::LoadedPlugin;
use crate::report::Report;
use crate::songs::{Found, Job};

/// How a song ended.
enum End {
    /// It was taken apart.
    Rendered(Box<Report>),
    /// It had been done before.
    Skipped,
    /// It belongs to another part of the catalogue.
    Elsewhere,
}

/// How a run ended.
#[derive(Debug, Default)]
pub struct Summary {
    /// Songs that were taken apart.
    pub rendered: usize,
    /// Songs that had been done before.
    pub skipped: usize,
    /// Songs that belong to other parts of the catalogue.
    pub elsewhere: usize,
    /// Songs and folders that could not be read or written.
    pub failed: Vec<String>,
    /// Why the run stopped before its end.
    pub stopped: Option<String>,
}

/// A run over many songs.
struct Run<'a> {
    options: &'a Options,
    plugin: &'a LoadedPlugin,
    console: &'a Console,
    /// One song, about which all is said.
    alone: bool,
    stop: &'a AtomicBool,
    queue: Mutex<VecDeque<Job>>,
    summary: Mutex<Summary>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Refuses what cannot work for any song before the first is opened: pairs of format and rate, and files that would
/// replace a song.
///
/// # Errors
/// One line with the remedy.
pub fn check(options: &Options, found: &Found) -> Result<()> {
    if let Some(rate) = options.rate {
        options.format.check(rate, options.bitrate).map_err(anyhow::Error::msg)?;
    }
    if options.bitrate.is_some() && options.format != Format::Mp3 {
        bail!("--bitrate is for MP3 files: add --format mp3");
    }
    for job in &found.jobs {
        pipeline::check_outputs_before(options, job)?;
    }
    Ok(())
}

/// Takes all songs apart. What fails is named at the end, in the summary.
pub fn run(options: &Options, plugin: &LoadedPlugin, found: Found, console: &Console) -> Summary {
    run_until(options, plugin, found, console, &AtomicBool::new(false))
}

/// As [`run`], until `stop` is set: then nothing is left of songs that are not finished.
pub fn run_until(
    options: &Options,
    plugin: &LoadedPlugin,
    found: Found,
    console: &Console,
    stop: &AtomicBool,
) -> Summary {
    let total = found.jobs.len();
    let alone = total == 1 && found.unreadable.is_empty();
    let workers = options.jobs().min(total);
    if !alone {
        let songs = if total == 1 { "song" } else { "songs" };
        console.line(&format!("{total} {songs}, {workers} at a time"));
    }
    let run = Run {
        options,
        plugin,
        console,
        alone,
        stop,
        queue: Mutex::new(VecDeque::from(found.jobs)),
        summary: Mutex::default(),
    };
    for (folder, reason) in &found.unreadable {
        run.failed(folder, reason);
    }
    std::thread::scope(|scope| {
        for _worker in 0..workers {
            scope.spawn(|| run.work());
        }
    });
    let summary = run.summary.into_inner().unwrap_or_else(PoisonError::into_inner);
    let elsewhere = match summary.elsewhere {
        0 => String::new(),
        count => format!(", {count} of other shards"),
    };
    if !alone {
        console.line(&format!(
            "{} rendered, {} skipped, {} failed{elsewhere}",
            summary.rendered,
            summary.skipped,
            summary.failed.len()
        ));
    }
    if !found.left_out.is_empty() {
        console.line(&format!("left out: {}", found.left_out));
    }
    console.event(&json!({
        "event": "end",
        "rendered": summary.rendered,
        "skipped": summary.skipped,
        "failed": summary.failed,
        "stopped": summary.stopped,
    }));
    summary
}

impl Run<'_> {
    fn work(&self) {
        while !self.stop.load(Ordering::Relaxed) {
            let next = locked(&self.queue).pop_front();
            let Some(job) = next else { break };
            // A bug in a decoder is that song's end and no other's.
            let end = catch_unwind(AssertUnwindSafe(|| self.song(&job)));
            match end.unwrap_or_else(|_| Err(anyhow::anyhow!("a bug was met in it; the others are done"))) {
                Ok(End::Rendered(report)) => self.rendered(&job, &report),
                Ok(End::Skipped) => self.skipped(&job),
                Ok(End::Elsewhere) => locked(&self.summary).elsewhere += 1,
                Err(error) if error.is::<Stopped>() => {}
                Err(error) => self.error(&job, &error),
            }
        }
    }

    fn song(&self, job: &Job) -> Result<End> {
        if !job.file.exists() {
            bail!("{} does not exist: check the path", job.name);
        }
        let mut hash = None;
        if let Some(shard) = self.options.shard {
            let found = sha256(&job.file)?;
            if !shard.holds(&found) {
                return Ok(End::Elsewhere);
            }
            hash = Some(found);
        }
        let mut progress = self.console.song(&job.name);
        let hash = hash.map_or_else(|| sha256(&job.file), Ok)?;
        let key = Key::new(hash, &self.plugin.key, self.options);
        if !self.options.again && key.is_done(&job.out) {
            return Ok(End::Skipped);
        }
        keep_another_song(job, &key)?;
        let report = pipeline::separate(self.options, job, self.plugin, key, &mut progress, self.stop)?;
        Ok(End::Rendered(Box::new(report)))
    }

    fn rendered(&self, job: &Job, report: &Report) {
        locked(&self.summary).rendered += 1;
        let out = shown(&job.out);
        if self.alone {
            self.console.line(&format!("wrote to {out}:"));
            report.files().for_each(|file| self.console.line(&format!("  {file}")));
            report.lines().iter().for_each(|line| self.console.line(line));
        } else {
            self.console.line(&format!("done     {} → {out} ({})", job.name, report.line()));
        }
        self.console.event(&json!({"event": "done", "song": job.name, "folder": job.out, "report": report}));
    }

    fn skipped(&self, job: &Job) {
        locked(&self.summary).skipped += 1;
        self.console.line(&format!("skipped  {}: {} is up to date", job.name, shown(&job.out)));
        self.console.event(&json!({"event": "skipped", "song": job.name, "folder": job.out}));
    }

    fn error(&self, job: &Job, error: &anyhow::Error) {
        if is_full(error) {
            // The first to notice says so; no other song would fare better.
            if !self.stop.swap(true, Ordering::Relaxed) {
                let reason = format!("the disk is full, or takes no more of this: {error:#}");
                locked(&self.summary).stopped = Some(reason);
            }
            return;
        }
        self.failed(&job.name, &format!("{error:#}"));
    }

    fn failed(&self, name: &str, reason: &str) {
        locked(&self.summary).failed.push(name.to_owned());
        // An error that begins with the name says it once.
        let named = match reason {
            _ if reason.starts_with(name) => reason.to_owned(),
            _ if reason.starts_with("holds no songs") => format!("{name} {reason}"),
            _ => format!("{name}: {reason}"),
        };
        if self.alone {
            self.console.problem(&format!("error: {named}"));
        } else {
            self.console.line(&format!("FAILED   {named}"));
        }
        self.console.event(&json!({"event": "failed", "song": name, "error": reason}));
    }
}

/// Refuses to replace the stems of another song, from another place, in a folder of the same name.
fn keep_another_song(job: &Job, key: &Key) -> Result<()> {
    let Some(report) = report_in(&job.out) else { return Ok(()) };
    let same_content = report["key"]["audio_sha256"] == key.audio_sha256();
    let earlier = report["song"]["path"].as_str();
    let same_place = match (&job.path, earlier) {
        (Some(path), Some(earlier)) => path.to_string_lossy() == earlier,
        // Version 0.1 told no whole path.
        _ => report["song"]["file"] == job.name.as_str(),
    };
    if !same_content && !same_place {
        let other = earlier.or(report["song"]["file"].as_str()).unwrap_or("another song");
        bail!("{} holds the stems of {other}: choose another --out, or move them", shown(&job.out));
    }
    Ok(())
}
