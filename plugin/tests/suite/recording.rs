//! Stems that are recorded in a host are what its stem buses get.
//!
//! `UNBRAID_RECORD_SECONDS=600 cargo test --release -p unbraid-plugin --test suite recording -- --nocapture --test-threads 1`
//! records ten minutes in each format, and looks at the process's memory meanwhile.

use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use unbraid_plugin::mode::Mode;
use unbraid_plugin::recorder::{Finished, Recorder};

use super::hosts::*;

const RATE: f64 = 48_000.0;
/// One second.
const PIECE: usize = 48_000;
/// Place in the song where the host begins to play.
const PLACE: i64 = 96_000;

/// The take that is complete once `wanted` is true of it.
fn take(recorder: &Recorder, wanted: impl Fn(&Finished) -> bool) -> Arc<Finished> {
    let start = Instant::now();
    loop {
        if let Some(last) = recorder.recording().last.filter(|last| wanted(last)) {
            return last;
        }
        assert!(start.elapsed() < Duration::from_secs(120), "the take never ended");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The take with this number.
fn numbered(recorder: &Recorder, number: u32) -> Arc<Finished> {
    let name = format!("Unbraid {number:03} vocals.wav");
    take(recorder, |last| last.files[0].ends_with(&name))
}

/// Bits of samples, left and right in turn.
fn hash_of(samples: impl Iterator<Item = f32>) -> u64 {
    let mut hasher = DefaultHasher::new();
    samples.for_each(|sample| hasher.write_u32(sample.to_bits()));
    hasher.finish()
}

fn hash_of_file(path: &Path) -> u64 {
    hash_of(hound::WavReader::open(path).unwrap().samples::<f32>().map(Result::unwrap))
}

/// The place in the song that a file tells.
fn place_of(path: &Path) -> u64 {
    use std::io::Read;
    let mut head = Vec::new();
    std::fs::File::open(path).unwrap().take(2000).read_to_end(&mut head).unwrap();
    let at = head.windows(4).position(|name| name == b"bext").unwrap() + 346;
    u64::from_le_bytes(head[at..at + 8].try_into().unwrap())
}

/// Frames in all files of vocals in `folder`, once `recorder` has written them to their end.
pub fn recorded(recorder: &Recorder, folder: &Path) -> u64 {
    recorder.finish();
    let vocals = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let vocals = vocals.filter(|path| path.to_string_lossy().ends_with("vocals.wav"));
    vocals.map(|path| u64::from(hound::WavReader::open(path).unwrap().duration())).sum()
}

/// Resident memory of this process in bytes.
fn memory() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    4096 * pages.split(' ').nth(1).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0)
}

/// A host that renders offline, in blocks of random sizes with automation, and records while it plays for `seconds`.
fn stems_are_the_buses<H: Host>(mode: Mode, seconds: usize, long: bool) {
    let folder = tempfile::tempdir().unwrap();
    let mut host = H::prepared(mode);
    host.set_offline(true);
    assert!(host.activate(RATE, 512));
    let recorder = host.recorder();
    recorder.arm(folder.path()).unwrap();
    let latency = host.latency();
    let stopped = Transport { playing: false, position: 0, rate: RATE };
    host.set_transport(Some(stopped));
    let mut random = Random::new(3);
    // One second before it plays, and one after it.
    let (from, to) = (PIECE, PIECE * (1 + seconds));
    let mut hashers: [DefaultHasher; 4] = Default::default();
    let mut output = Output::new(PIECE);
    let mut settled = 0;
    for second in 0..seconds + 2 {
        if second == 1 {
            host.set_transport(Some(Transport { playing: true, position: PLACE, rate: RATE }));
        } else if second == 1 + seconds {
            host.set_transport(Some(stopped));
        }
        let input = stereo_noise(second as u64, PIECE);
        // A second's end is a block's end: there the transport turns.
        let blocks = Blocks::Random(second as u64, 512).cut(PIECE, &[]);
        for range in blocks {
            let value = random.unit();
            let id = *random.pick(&["vocals_level", "focus", "drums_mute", "bass_solo", "stem_tap"]);
            let change = [Change { at: range.len() / 2, id, value }];
            let changes = if random.once_in(50) && !range.is_empty() { &change[..] } else { &[] };
            assert!(host.block(&input, &mut output, range, changes));
        }
        let start = second * PIECE;
        for (hasher, stem) in hashers.iter_mut().zip(&output.stems) {
            for at in 0..PIECE {
                if (from + latency..to + latency).contains(&(start + at)) {
                    stem.iter().for_each(|channel| hasher.write_u32(channel[at].to_bits()));
                }
            }
        }
        if second == 10 {
            settled = memory();
        }
    }
    let grown = memory().saturating_sub(settled);
    let last = numbered(&recorder, 1);
    assert_eq!((last.frames, last.dropped, last.rate), ((to - from) as u64, 0, 48_000), "{}", H::FORMAT);
    for (hasher, file) in hashers.iter().zip(&last.files) {
        assert_eq!(place_of(file), PLACE.unsigned_abs());
        assert_eq!(hash_of_file(file), hasher.finish(), "{}, {mode:?}: {}", H::FORMAT, file.display());
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 4, "one take");
    if long {
        println!("{}, {mode:?}: {seconds} s identical; memory grew by {} kB", H::FORMAT, grown / 1000);
        assert!(grown < 8_000_000, "{}: {grown} bytes more", H::FORMAT);
    }
}

#[test]
fn recorded_stems_are_the_buses_bit_for_bit() {
    let asked = std::env::var("UNBRAID_RECORD_SECONDS").ok().and_then(|text| text.parse().ok());
    for &mode in modes() {
        // The long run is about recording, not about networks.
        if asked.is_none() || mode == Mode::Studio {
            stems_are_the_buses::<Clap>(mode, asked.unwrap_or(12), asked.is_some());
            stems_are_the_buses::<Vst3>(mode, asked.unwrap_or(12), asked.is_some());
        }
    }
}

/// What all buses give for `input` in `host`, and what is recorded of it while it plays all the time.
fn played<H: Host>(connected: [bool; 4], record: Option<&Path>) -> (Output, Option<[PathBuf; 4]>) {
    let mut host = H::active(Mode::Studio, RATE, 256);
    let recorder = host.recorder();
    if let Some(folder) = record {
        recorder.arm(folder).unwrap();
    }
    host.set_transport(Some(Transport { playing: true, position: 0, rate: RATE }));
    let input = stereo_noise(9, 4 * PIECE);
    let mut output = Output::new(4 * PIECE);
    for range in Blocks::Fixed(256).cut(4 * PIECE, &[]) {
        assert!(host.block_to(connected, &input, &mut output, range, &[]));
    }
    // A host that stops right there: what came out until then is the take.
    host.deactivate();
    let files = record.map(|_| numbered(&recorder, 1).files.clone());
    (output, files)
}

fn unconnected_buses_are_recorded<H: Host>() {
    let folder = tempfile::tempdir().unwrap();
    let (all, _) = played::<H>([true; 4], None);
    let (some, files) = played::<H>([true, false, false, true], Some(folder.path()));
    assert!(some.main == all.main && some.stems[3] == all.stems[3], "recording changed the output");
    assert!(some.stems[1][0].iter().all(|sample| sample.is_nan()), "a bus that is not there was written");
    let latency = H::active(Mode::Studio, RATE, 256).latency();
    for (stem, file) in all.stems.iter().zip(files.unwrap()) {
        let [left, right] = stem;
        let expected = left.iter().zip(right).skip(latency).flat_map(|(left, right)| [*left, *right]);
        assert_eq!(hash_of_file(&file), hash_of(expected), "{}: {}", H::FORMAT, file.display());
    }
}

#[test]
fn stems_are_recorded_whether_or_not_their_buses_are_connected() {
    unconnected_buses_are_recorded::<Clap>();
    unconnected_buses_are_recorded::<Vst3>();
}

fn takes_follow_the_transport<H: Host>() {
    let folder = tempfile::tempdir().unwrap();
    let mut host = H::active(Mode::Live, RATE, 480);
    let recorder = host.recorder();
    recorder.arm(folder.path()).unwrap();
    let input = stereo_noise(4, 480);
    let mut output = Output::new(480);
    let mut play = |host: &mut H, transport: Option<Transport>, blocks: usize| {
        host.set_transport(transport);
        for _ in 0..blocks {
            assert!(host.block(&input, &mut output, 0..480, &[]));
        }
    };
    let at = |playing, position| Some(Transport { playing, position, rate: RATE });
    let at_96 = Some(Transport { playing: true, position: 0, rate: 96_000.0 });
    // A loop is gone through twice; then the song begins before its start.
    play(&mut host, at(true, 4800), 20);
    play(&mut host, at(true, 4800), 20);
    play(&mut host, at(true, -960), 12);
    play(&mut host, at(false, 0), 20);
    let last = numbered(&recorder, 3);
    let places: Vec<_> = (1..=3)
        .map(|number| folder.path().join(format!("Unbraid {number:03} other.wav")))
        .map(|file| (place_of(&file), hound::WavReader::open(&file).unwrap().duration()))
        .collect();
    assert_eq!(places, [(4800, 9600), (4800, 9600), (0, 4800)], "{}", H::FORMAT);
    assert_eq!(last.dropped, 0);
    // Another rate: the take ends, and the next one is at that rate.
    play(&mut host, at(true, 0), 10);
    assert!(host.activate(96_000.0, 480));
    assert_eq!(numbered(&recorder, 4).rate, 48_000);
    play(&mut host, at_96, 10);
    host.deactivate();
    assert_eq!(numbered(&recorder, 5).rate, 96_000, "{}", H::FORMAT);
    // The plug-in goes while it records.
    assert!(host.activate(RATE, 480));
    play(&mut host, at(true, 0), 10);
    drop(host);
    assert_eq!(numbered(&recorder, 6).rate, 48_000);
}

#[test]
fn takes_begin_and_end_with_the_transport_and_with_the_plug_in() {
    takes_follow_the_transport::<Clap>();
    takes_follow_the_transport::<Vst3>();
}
