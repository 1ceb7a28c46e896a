//! Many songs: several at a time, one progress bar each, past bad files, and on from where an earlier run stopped.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Result, bail};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::key::{Key, Plugin};
use super::network::Network;
use super::songs::Job;
use super::{Arguments, decode};
use crate::workspace;

/// How a song ended.
enum End {
    /// It was taken apart; the summary.
    Rendered(String),
    /// It had been done before.
    Skipped,
}

/// Takes all songs apart.
///
/// # Errors
/// At the end, when any song failed; the others are rendered all the same.
pub fn run(
    arguments: &Arguments,
    jobs: Vec<Job>,
    clap: &Path,
    model: Option<&Network>,
    plugin: &Plugin,
) -> Result<()> {
    let total = jobs.len();
    let workers = arguments.jobs().min(total);
    println!("{total} {}, {workers} at a time", if total == 1 { "song" } else { "songs" });
    let bars = MultiProgress::new();
    let queue = Mutex::new(VecDeque::from(jobs));
    let ends = Mutex::new((0, Vec::new(), 0));
    std::thread::scope(|scope| {
        for _worker in 0..workers {
            scope.spawn(|| {
                loop {
                    // Not in the loop's condition, where the guard would live as long as the song.
                    let next = queue.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).pop_front();
                    let Some(job) = next else { break };
                    let bar = bars.add(bar(&job));
                    let end = one(arguments, &job, clap, model, plugin, &bar);
                    bar.finish_and_clear();
                    bars.remove(&bar);
                    let shown = workspace::shown(&job.song);
                    let mut ends = ends.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                    let (rendered, failed, skipped) = &mut *ends;
                    let line = match end {
                        Ok(End::Rendered(summary)) => {
                            *rendered += 1;
                            format!("done     {shown} → {} ({summary})", workspace::shown(&job.out))
                        }
                        Ok(End::Skipped) => {
                            *skipped += 1;
                            format!("skipped  {shown}: {} is up to date", workspace::shown(&job.out))
                        }
                        Err(error) => {
                            failed.push(shown.clone());
                            format!("FAILED   {shown}: {error:#}")
                        }
                    };
                    bars.suspend(|| println!("{line}"));
                }
            });
        }
    });
    let (rendered, failed, skipped) = ends.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    println!("{rendered} rendered, {skipped} skipped, {} failed", failed.len());
    if !failed.is_empty() {
        bail!("{} of {total} songs failed: {}", failed.len(), failed.join(", "));
    }
    Ok(())
}

fn one(
    arguments: &Arguments,
    job: &Job,
    clap: &Path,
    model: Option<&Network>,
    plugin: &Plugin,
    bar: &ProgressBar,
) -> Result<End> {
    let key = Key::new(&job.song, plugin, arguments)?;
    if !arguments.again && key.is_done(&job.out) {
        return Ok(End::Skipped);
    }
    let song = decode::read(&job.song)?;
    let report = super::separate(arguments, job, song, clap, model, key, bar)?;
    Ok(End::Rendered(report.line()))
}

fn bar(job: &Job) -> ProgressBar {
    let name = job.song.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let bar = ProgressBar::new(1)
        .with_style(
            ProgressStyle::with_template("{spinner} {prefix:24!} {wide_bar} {percent:>3} %, {eta} left")
                .expect("the template is well-formed"),
        )
        .with_prefix(name);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
