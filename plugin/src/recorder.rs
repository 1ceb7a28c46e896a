//! Recording of the four stems to files.
//!
//! The window arms it. Then the audio thread puts what the stem buses give into a ring, whether or not they are connected,
//! from play to stop as it is heard (`timeline`), and a thread writes it (`writer`).

mod session;
mod take;
mod tap;
mod timeline;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use unbraid_engine::cast::whole_part;
use unbraid_engine::mailbox::Publisher;

use crate::status::Status;
use session::{Session, Shared, session};
use writer::{Desk, Writer};

pub use take::file_name;
pub use tap::Tap;
pub use writer::Finished;

/// The recorder of one instance, for the host's main thread and the window. Dropping it ends recording and waits for the
/// threads, which must not outlive the plug-in's code.
pub struct Recorder {
    control: Mutex<Control>,
    desk: Arc<Desk>,
}

/// Why recording cannot be armed. One line for people.
#[derive(Debug, thiserror::Error)]
pub enum ArmError {
    /// The folder cannot be made or written to.
    #[error("{folder} cannot be written to ({error}): choose another folder for recordings", folder = folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// There is no thread for it.
    #[error("recording cannot start now ({0}): try again")]
    Thread(std::io::Error),
}

/// State of recording, for the window.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recording {
    /// What plays next is recorded.
    pub armed: bool,
    /// A take is being recorded.
    pub running: bool,
    /// Its length so far in seconds.
    pub seconds: f64,
    /// Samples that were dropped since recording was armed.
    pub dropped: u64,
    /// The last take that is complete.
    pub last: Option<Arc<Finished>>,
}

#[derive(Default)]
struct Control {
    /// The folder to record to.
    armed: Option<PathBuf>,
    /// The way to the processor that runs.
    output: Option<Output>,
    /// The session that was published last.
    current: Option<Arc<Shared>>,
    writers: Vec<(Arc<Shared>, JoinHandle<()>)>,
}

struct Output {
    publisher: Publisher<Session>,
    rate: f32,
}

impl Recorder {
    /// A recorder that tells its errors to `status`.
    pub fn new(status: Arc<Status>) -> Self {
        let desk = Desk { status, ..Desk::default() };
        Self { control: Mutex::default(), desk: Arc::new(desk) }
    }

    fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Names takes that begin from now on: first part of the files' names, `Unbraid` where it is empty.
    pub fn set_name(&self, name: &str) {
        let mut current = self.desk.name.lock().unwrap_or_else(PoisonError::into_inner);
        if *current != name {
            name.clone_into(&mut current);
        }
    }

    /// Records what plays from now on to `folder`, which is made if it is not there.
    ///
    /// # Errors
    /// [`ArmError`] if that is not possible.
    pub fn arm(&self, folder: &Path) -> Result<(), ArmError> {
        probe(folder).map_err(|error| ArmError::Folder { folder: folder.to_owned(), error })?;
        let mut control = self.control();
        control.disarm();
        control.armed = Some(folder.to_owned());
        control.start(&self.desk).map_err(ArmError::Thread).inspect_err(|_| control.disarm())
    }

    /// Records no more; a take that runs ends here.
    pub fn disarm(&self) {
        self.control().disarm();
    }

    /// Records no more, and waits until the files are complete. For the end of a program.
    pub fn finish(&self) {
        let writers = {
            let mut control = self.control();
            control.disarm();
            std::mem::take(&mut control.writers)
        };
        join(writers);
    }

    /// The end for a new processor, whose output is `latency` samples late at `rate` Hz, in the place of the one before.
    pub fn attach(&self, latency: u32, rate: f32) -> Tap {
        let tap = Tap::new(latency, rate);
        let mut control = self.control();
        if control.has_failed() {
            control.disarm();
        }
        control.output = Some(Output { publisher: tap.publisher(), rate });
        if let Err(error) = control.start(&self.desk) {
            control.disarm();
            self.desk.status.report_problem(ArmError::Thread(error).to_string());
        }
        tap
    }

    /// State of recording. One that has failed, which was reported, is disarmed.
    pub fn recording(&self) -> Recording {
        let mut control = self.control();
        if control.has_failed() {
            control.disarm();
        }
        let last = self.desk.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut recording = Recording { armed: control.armed.is_some(), last, ..Recording::default() };
        if let (true, Some(shared), Some(output)) = (recording.armed, &control.current, &control.output) {
            recording.running = shared.recording.load(Ordering::Relaxed);
            let frames = shared.frames.load(Ordering::Relaxed);
            #[expect(clippy::cast_precision_loss, reason = "exact for thousands of years")]
            let seconds = frames as f64 / f64::from(output.rate);
            recording.seconds = if recording.running { seconds } else { 0.0 };
            recording.dropped = shared.dropped.load(Ordering::Relaxed);
        }
        recording
    }
}

impl Control {
    fn has_failed(&self) -> bool {
        self.current.as_ref().is_some_and(|shared| shared.failed.load(Ordering::Relaxed))
    }

    fn disarm(&mut self) {
        self.armed = None;
        self.current = None;
        self.stop();
    }

    /// Has all writers end, and forgets those that have.
    fn stop(&mut self) {
        for (shared, thread) in &self.writers {
            shared.disarmed.store(true, Ordering::Relaxed);
            thread.thread().unpark();
        }
        self.writers.retain(|(_, thread)| !thread.is_finished());
    }

    /// Starts a session with the processor, if it is armed and there is one. Writers of earlier processors end by
    /// themselves.
    fn start(&mut self, desk: &Arc<Desk>) -> std::io::Result<()> {
        let (Some(folder), Some(Output { publisher, rate })) = (&self.armed, &self.output) else {
            return Ok(());
        };
        self.writers.retain(|(_, thread)| !thread.is_finished());
        let (session, drain) = session(*rate);
        let shared = drain.shared.clone();
        // Sample rates are whole numbers where files are.
        let whole = u32::try_from(whole_part(f64::from(rate.round()))).unwrap_or(u32::MAX);
        let writer = Writer::new(drain, desk.clone(), folder.clone(), whole);
        let thread = thread::Builder::new().name("unbraid-recorder".into()).spawn(move || writer.run())?;
        self.writers.push((shared.clone(), thread));
        self.current = Some(shared);
        publisher.publish(session);
        Ok(())
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let control = self.control.get_mut().unwrap_or_else(PoisonError::into_inner);
        control.disarm();
        join(std::mem::take(&mut control.writers));
    }
}

fn join(writers: Vec<(Arc<Shared>, JoinHandle<()>)>) {
    for (_, thread) in writers {
        // A panic in there was reported by the panic hook.
        let _ = thread.join();
    }
}

/// Makes `folder`, and makes sure that files can be made in it.
fn probe(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let file = folder.join(format!(".unbraid-{}", std::process::id()));
    std::fs::write(&file, "")?;
    std::fs::remove_file(file)
}

#[cfg(test)]
mod tests;
