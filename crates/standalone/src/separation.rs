//! The open song into files, by the command's library, on a thread of its own with less priority than what plays.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use serde_json::Value;
use unbraid_plugin::player::Separation;
use unbraid_separate::{Console, LoadedPlugin, Options, batch, plugin, songs};

/// Separates one song at a time. Not for the audio thread.
#[derive(Default)]
pub struct Separator {
    work: Arc<Work>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Work {
    running: AtomicBool,
    stop: AtomicBool,
    /// Per cent that are done.
    done: AtomicU8,
    folder: Mutex<Option<PathBuf>>,
    error: Mutex<Option<String>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Separator {
    /// Starts to separate `song` into a folder of its own in `out`, unless one is under way.
    pub fn start(&self, song: &Path, out: &Path) {
        let mut thread = lock(&self.thread);
        if self.work.running.swap(true, Ordering::Relaxed) {
            return;
        }
        let work = self.work.clone();
        work.stop.store(false, Ordering::Relaxed);
        work.done.store(0, Ordering::Relaxed);
        *lock(&work.folder) = None;
        let (song, out) = (song.to_owned(), out.to_owned());
        let separate = {
            let work = work.clone();
            move || {
                let result = work.separate(&song, &out);
                if let Err(error) = result {
                    *lock(&work.error) = Some(format!("{error:#}"));
                }
                work.running.store(false, Ordering::Relaxed);
            }
        };
        match thread::Builder::new().name("unbraid-separate".into()).spawn(separate) {
            Ok(started) => *thread = Some(started),
            Err(error) => {
                *lock(&work.error) = Some(format!("songs cannot be separated now ({error}): try again"));
                work.running.store(false, Ordering::Relaxed);
            }
        }
    }

    /// Stops; nothing is left of a song that is not finished.
    pub fn stop(&self) {
        self.work.stop.store(true, Ordering::Relaxed);
    }

    /// Stops and waits for the end.
    pub fn end(&self) {
        self.stop();
        if let Some(thread) = lock(&self.thread).take() {
            // A panic in there was reported by the panic hook.
            let _ = thread.join();
        }
    }

    /// State for the window.
    pub fn state(&self) -> Separation {
        let running = self.work.running.load(Ordering::Relaxed);
        let done = f32::from(self.work.done.load(Ordering::Relaxed)) / 100.0;
        Separation { running: running.then_some(done), folder: lock(&self.work.folder).clone() }
    }

    /// The error since the last call, as a message of one line.
    pub fn take_error(&self) -> Option<String> {
        lock(&self.work.error).take()
    }
}

impl Work {
    fn separate(self: &Arc<Self>, song: &Path, out: &Path) -> Result<(), Box<dyn std::error::Error>> {
        give_way();
        let plugin = LoadedPlugin::load(&plugin::installed().map_err(said)?, None).map_err(said)?;
        let options = Options { out: Some(out.to_owned()), jobs: Some(1), ..Options::default() };
        let found = songs::find(&[song.to_owned()], out).map_err(said)?;
        batch::check(&options, &found).map_err(said)?;
        let work = self.clone();
        let console = Console::heard_by(move |event| work.hear(event));
        let summary = batch::run_until(&options, &plugin, found, &console, &self.stop);
        // What failed was heard.
        summary.stopped.map_or(Ok(()), |reason| Err(reason.into()))
    }

    fn hear(&self, event: &Value) {
        match event["event"].as_str() {
            Some("progress") => {
                let percent = event["percent"].as_u64().and_then(|percent| u8::try_from(percent).ok());
                self.done.store(percent.unwrap_or(0), Ordering::Relaxed);
            }
            Some("done" | "skipped") => {
                *lock(&self.folder) = event["folder"].as_str().map(PathBuf::from);
            }
            Some("failed") => {
                let line = |part: &str| event[part].as_str().unwrap_or_default().to_owned();
                *lock(&self.error) = Some(format!("{}: {}", line("song"), line("error")));
            }
            _ => {}
        }
    }
}

/// An error with its causes, in one line.
fn said(error: impl std::fmt::Display) -> String {
    format!("{error:#}")
}

/// Lets threads of usual priority go first, here and in all threads that this one starts. Elsewhere than on Linux a
/// thread's priority is not passed on to those that it starts.
fn give_way() {
    #[cfg(target_os = "linux")]
    {
        const NICE: i32 = 10;
        // SAFETY: changes this thread's priority and nothing else. More than usual is always allowed.
        unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICE) };
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn events_become_the_windows_state_and_an_error_a_line() {
        let separator = Separator::default();
        let hear = |text: &str| separator.work.hear(&serde_json::from_str(text).unwrap());
        separator.work.running.store(true, Ordering::Relaxed);
        hear(r#"{"event": "start", "song": "a.wav"}"#);
        hear(r#"{"event": "progress", "song": "a.wav", "percent": 37}"#);
        assert_eq!(separator.state().running, Some(0.37));
        hear(r#"{"event": "done", "song": "a.wav", "folder": "/out/a", "report": {}}"#);
        separator.work.running.store(false, Ordering::Relaxed);
        assert_eq!(separator.state(), Separation { running: None, folder: Some("/out/a".into()) });
        hear(r#"{"event": "failed", "song": "b.wav", "error": "is no audio"}"#);
        assert_eq!(separator.take_error().as_deref(), Some("b.wav: is no audio"));
        assert_eq!(separator.take_error(), None);
    }

    #[test]
    fn without_a_plug_in_it_says_what_is_missing_and_can_start_again() {
        let separator = Separator::default();
        for _ in 0..2 {
            separator.start(Path::new("/nowhere/song.wav"), Path::new("/nowhere/out"));
            let start = Instant::now();
            while separator.state().running.is_some() {
                assert!(start.elapsed() < Duration::from_secs(60));
                thread::sleep(Duration::from_millis(5));
            }
            // A machine may have the plug-in.
            let error = separator.take_error().unwrap();
            assert!(error.contains("is not installed") || error.contains("/nowhere/song.wav"), "{error}");
        }
        separator.end();
    }
}
