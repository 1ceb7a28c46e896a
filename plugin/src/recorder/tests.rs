//! Recording without a plug-in around it: stems go into a tap, files come out.

use std::path::Path;
use std::time::{Duration, Instant};

use unbraid_engine::{CHANNELS, STEMS};
use unbraid_formats::{Position, Transport};

use super::*;
use session::{RING_SECONDS, WIDTH};
use timeline::{Heard, Run};

const RATE: f32 = 48_000.0;
const BLOCK: usize = 480;
const LATENCY: u32 = 1000;

/// Sample of a stem's channel in the output's frame `frame`: different everywhere.
fn sample(frame: usize, stem: usize, channel: usize) -> f32 {
    #[expect(clippy::cast_precision_loss)]
    let number = (frame * WIDTH + stem * CHANNELS + channel) as f32;
    number * 1e-6 - 1.0
}

/// A processor's output, which goes on from block to block.
struct Output {
    tap: Tap,
    frame: usize,
}

impl Output {
    fn block(&mut self, transport: Transport) {
        self.tap.begin(transport, BLOCK);
        let stems: [[Vec<f32>; CHANNELS]; STEMS] = std::array::from_fn(|stem| {
            std::array::from_fn(|channel| {
                (self.frame..self.frame + BLOCK).map(|frame| sample(frame, stem, channel)).collect()
            })
        });
        let mut from = 0;
        // Cut as by automation.
        for to in [7, 250, BLOCK] {
            let part = stems.each_ref().map(|stem| stem.each_ref().map(|channel| &channel[from..to]));
            if self.tap.listens() {
                self.tap.write(part)
            } else {
                self.tap.pass(to - from)
            }
            from = to;
        }
        self.frame += BLOCK;
    }

    fn play(&mut self, from: usize, blocks: usize) {
        for block in 0..blocks {
            let place = i64::try_from(from + block * BLOCK).unwrap();
            self.block(Transport { playing: Some(true), position: Some(Position::Samples(place)) });
        }
    }

    fn stop(&mut self, blocks: usize) {
        (0..blocks).for_each(|_| self.block(Transport { playing: Some(false), position: None }));
    }
}

struct Bench {
    folder: tempfile::TempDir,
    status: Arc<Status>,
    recorder: Recorder,
    output: Output,
}

impl Bench {
    fn armed() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let status = Arc::<Status>::default();
        let recorder = Recorder::new(status.clone());
        recorder.arm(folder.path()).unwrap();
        let output = Output { tap: recorder.attach(LATENCY, RATE), frame: 0 };
        Self { folder, status, recorder, output }
    }

    fn wait(&self, done: impl Fn(&Recording) -> bool) -> Recording {
        let start = Instant::now();
        loop {
            let recording = self.recorder.recording();
            if done(&recording) {
                return recording;
            }
            assert!(start.elapsed() < Duration::from_secs(60), "{recording:?}");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// The frames of a stem's file and its place in the song.
fn read(path: &Path) -> (Vec<[f32; 2]>, u64) {
    let bytes = std::fs::read(path).unwrap();
    let bext = bytes.windows(4).position(|name| name == b"bext").unwrap();
    let place = u64::from_le_bytes(bytes[bext + 346..bext + 354].try_into().unwrap());
    let mut reader = hound::WavReader::open(path).unwrap();
    let samples: Vec<f32> = reader.samples().map(Result::unwrap).collect();
    (samples.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect(), place)
}

/// The take's files are the output's frames from `frame` on, at `place` in the song.
fn assert_take(files: &[PathBuf; STEMS], frame: usize, length: usize, place: u64) {
    for (stem, path) in files.iter().enumerate() {
        let (frames, told) = read(path);
        assert_eq!((frames.len(), told), (length, place), "{}", path.display());
        for (at, pair) in frames.iter().enumerate() {
            let expected = [0, 1].map(|channel| sample(frame + at, stem, channel));
            assert_eq!(*pair, expected, "{}, frame {at}", path.display());
        }
    }
}

fn latency() -> usize {
    LATENCY as usize
}

#[test]
fn a_take_is_what_came_in_from_play_to_stop_at_its_place_in_the_song() {
    let mut bench = Bench::armed();
    bench.output.stop(3);
    bench.output.play(96_000, 200);
    assert!(bench.recorder.recording().running);
    bench.output.stop(4);
    let recording = bench.wait(|recording| recording.last.is_some());
    assert!(recording.armed && !recording.running && recording.dropped == 0, "{recording:?}");
    let last = recording.last.unwrap();
    assert_eq!((last.frames, last.rate, last.dropped), (200 * BLOCK as u64, 48_000, 0));
    assert_take(&last.files, 3 * BLOCK + latency(), 200 * BLOCK, 96_000);
    assert_eq!(bench.status.take_problems(), [""; 0]);
}

#[test]
fn a_jump_ends_a_take_and_begins_one_with_the_next_number() {
    let mut bench = Bench::armed();
    bench.recorder.set_name("My song");
    bench.output.play(10_000, 20);
    bench.output.play(0, 30);
    bench.output.stop(4);
    let name = |number: usize| bench.folder.path().join(format!("My song 00{number} other.wav"));
    bench.wait(|recording| recording.last.as_ref().is_some_and(|last| last.files[3] == name(2)));
    let (frames, place) = read(&name(1));
    assert_eq!((frames.len(), place), (20 * BLOCK, 10_000));
    assert_eq!(frames[0][0], sample(latency(), 3, 0));
    let last = bench.recorder.recording().last.unwrap();
    assert_take(&last.files, 20 * BLOCK + latency(), 30 * BLOCK, 0);
}

#[test]
fn what_is_armed_while_it_plays_begins_there() {
    let mut bench = Bench::armed();
    bench.recorder.disarm();
    bench.output.play(0, 10);
    bench.recorder.arm(bench.folder.path()).unwrap();
    bench.output.play(10 * BLOCK, 10);
    bench.recorder.disarm();
    let last = bench.wait(|recording| recording.last.is_some()).last.unwrap();
    assert_take(&last.files, 10 * BLOCK, 10 * BLOCK, 10 * BLOCK as u64 - u64::from(LATENCY));
}

#[test]
fn without_a_transport_it_records_from_arming_to_the_end() {
    let mut bench = Bench::armed();
    (0..10).for_each(|_| bench.output.block(Transport::default()));
    bench.output.tap.end();
    let last = bench.wait(|recording| recording.last.is_some()).last.unwrap();
    assert_take(&last.files, latency(), 10 * BLOCK - latency(), 0);
}

#[test]
fn another_processor_ends_the_take_and_goes_on_with_another() {
    let mut bench = Bench::armed();
    bench.output.play(0, 10);
    bench.output = Output { tap: bench.recorder.attach(0, 96_000.0), frame: 0 };
    let last = bench.wait(|recording| recording.last.is_some()).last.unwrap();
    assert_eq!((last.rate, last.frames), (48_000, 10 * BLOCK as u64 - u64::from(LATENCY)));
    bench.output.play(0, 10);
    bench.output.stop(1);
    let last = bench.wait(|recording| recording.last.as_ref().is_some_and(|last| last.rate == 96_000)).last;
    assert_take(&last.unwrap().files, 0, 10 * BLOCK, 0);
}

#[test]
fn dropping_the_recorder_completes_the_take() {
    let mut bench = Bench::armed();
    bench.output.play(0, 50);
    let desk = bench.recorder.desk.clone();
    drop(bench.recorder);
    let last = desk.last.lock().unwrap().clone().unwrap();
    assert_take(&last.files, latency(), 50 * BLOCK - latency(), 0);
    assert!(!bench.output.tap.listens());
}

#[test]
fn frames_that_find_the_ring_full_are_counted_and_their_place_is_silence() {
    let folder = tempfile::tempdir().unwrap();
    let (mut session, drain) = session(RATE);
    let shared = drain.shared.clone();
    let room = whole_part(RING_SECONDS * f64::from(RATE));
    let stem = vec![0.5; 240];
    let stems = || [[&stem[..], &stem[..]]; STEMS];
    let run = |turned| Run { heard: Heard::Song(Some(7)), turned, frames: 240 };
    // The writer is stalled: two seconds find no room.
    for block in 0..(room + 96_000) / 240 {
        session.write(run(block == 0), stems(), false);
    }
    let dropped = shared.dropped.load(Ordering::Relaxed);
    assert_eq!(dropped, 96_000);
    let desk = Arc::<Desk>::default();
    let writer = Writer::new(drain, desk.clone(), folder.path().to_owned(), 48_000);
    let thread = thread::spawn(|| writer.run());
    while session.room() < WIDTH * room {
        thread::sleep(Duration::from_millis(5));
    }
    session.write(run(false), stems(), false);
    session.end();
    drop(session);
    thread.join().unwrap();
    let last = desk.last.lock().unwrap().clone().unwrap();
    assert_eq!((last.frames, last.dropped), (room as u64 + 96_000 + 240, 96_000));
    let (frames, place) = read(&last.files[2]);
    assert_eq!(place, 7);
    let loud = |range: std::ops::Range<usize>| frames[range].iter().all(|frame| *frame == [0.5; 2]);
    assert!(loud(0..room) && loud(room + 96_000..room + 96_240));
    assert!(frames[room..room + 96_000].iter().all(|frame| *frame == [0.0; 2]));
    let problems = desk.status.take_problems();
    assert!(problems.iter().any(|line| line.starts_with("96000 samples were dropped")), "{problems:?}");
}

#[test]
fn where_there_is_no_deadline_a_full_ring_is_waited_for() {
    let mut bench = Bench::armed();
    bench.output.tap.set_patient(true);
    let blocks = 20 * 48_000 / BLOCK;
    bench.output.play(0, blocks);
    bench.output.stop(4);
    let last = bench.wait(|recording| recording.last.is_some()).last.unwrap();
    assert_eq!((last.dropped, last.frames), (0, (blocks * BLOCK) as u64));
    assert_take(&last.files, latency(), blocks * BLOCK, 0);
}

#[test]
fn a_folder_that_cannot_be_written_to_is_said_when_recording_is_armed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let recorder = Recorder::new(Arc::default());
    let takes = file.join("takes");
    let error = recorder.arm(&takes).unwrap_err().to_string();
    assert!(
        error.contains(&takes.display().to_string()) && error.contains("choose another folder"),
        "{error}"
    );
    assert!(!recorder.recording().armed);
    recorder.arm(&folder.path().join("new/takes")).unwrap();
    assert_eq!(std::fs::read_dir(folder.path().join("new/takes")).unwrap().count(), 0, "nothing is left");
}

#[test]
fn a_folder_that_goes_away_ends_recording_with_a_line() {
    let mut bench = Bench::armed();
    std::fs::remove_dir_all(bench.folder.path()).unwrap();
    bench.output.play(0, 10);
    bench.wait(|recording| !recording.armed);
    let problems = bench.status.take_problems();
    assert!(problems.len() == 1 && problems[0].contains("cannot be made"), "{problems:?}");
    bench.output.play(0, 10);
    assert!(!bench.output.tap.listens());
}

/// A disk that is full, in a process of its own: the system allows no file of more than a megabyte.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_takes_no_more_ends_recording_and_keeps_what_there_was() {
    const THERE: &str = "UNBRAID_SMALL_FILES";
    const NAME: &str = "recorder::tests::a_file_that_takes_no_more_ends_recording_and_keeps_what_there_was";
    if std::env::var_os(THERE).is_none() {
        let output = std::process::Command::new("sh")
            .args(["-c", "trap '' XFSZ; ulimit -f 2048; exec \"$0\" --exact \"$1\" --nocapture"])
            .args([std::env::current_exe().unwrap().as_os_str(), NAME.as_ref()])
            .env(THERE, "1")
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && told.contains("1 passed"), "{told}\n{output:?}");
        return;
    }
    let mut bench = Bench::armed();
    bench.output.tap.set_patient(true);
    let blocks = 10 * 48_000 / BLOCK;
    bench.output.play(0, blocks);
    let recording = bench.wait(|recording| !recording.armed);
    let problems = bench.status.take_problems();
    assert!(problems.len() == 1 && problems[0].contains("recording stopped"), "{problems:?}");
    let last = recording.last.unwrap();
    assert!((100_000..140_000).contains(&last.frames), "{}", last.frames);
    assert_take(&last.files, latency(), usize::try_from(last.frames).unwrap(), 0);
}
