//! Many songs, killed runs, machines beside each other, and long songs.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{RATE, ended, files, folder, report, separate, separated, song};

/// The quickest options that write a file.
const QUICK: [&str; 3] = ["--stems", "vocals", "--no-picture"];

/// Every audio file that can be seen is whole, whether its song is done or not.
fn all_whole(out: &Path, seconds: f64) -> usize {
    let mut whole = 0;
    for name in files(out).iter().filter(|name| !name.contains(".unbraid-partial")) {
        if name.ends_with(".wav") {
            let reader =
                hound::WavReader::open(out.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(f64::from(reader.duration()), seconds * f64::from(RATE), "{name} is cut");
            whole += 1;
        } else {
            assert!(name.ends_with("report.json"), "{name} should not be there");
            report(out.join(name).parent().unwrap());
        }
    }
    whole
}

#[test]
fn a_batch_of_a_hundred_songs_that_is_killed_twenty_times_ends_complete() {
    const SONGS: usize = 100;
    let work = folder();
    let at = work.path();
    song(&at.join("album/0.wav"), 3.0);
    for number in 1..SONGS {
        // Other samples, so that no two songs are the same file.
        let bytes = std::fs::read(at.join("album/0.wav")).unwrap();
        let mut other = bytes.clone();
        other[100] = number as u8;
        other[101] = 1;
        std::fs::write(at.join(format!("album/{number}.wav")), other).unwrap();
    }
    let arguments = [&["album", "--quiet", "--jobs", "2"][..], &QUICK].concat();
    let out = at.join("separated");
    // xorshift: moments that look random and are the same every time.
    let mut state = 0x9e37_79b9_u32;
    for kill in 0..20 {
        let mut child = separate(at, &arguments).stdout(Stdio::null()).spawn().unwrap();
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let wait = Duration::from_millis(u64::from(200 + state % 1800));
        let start = Instant::now();
        while start.elapsed() < wait && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        println!("kill {kill} after {} ms: {} songs are whole", wait.as_millis(), all_whole(&out, 3.0));
    }
    let last = ended(separate(at, &[&["album", "--jobs", "2"][..], &QUICK].concat()));
    assert_eq!(last.exit, Some(0), "{}{}", last.out, last.err);
    assert_eq!(all_whole(&out, 3.0), SONGS);
    let reports = files(&out).iter().filter(|name| name.ends_with("report.json")).count();
    assert_eq!((reports, files(&out).len()), (SONGS, 2 * SONGS), "and nothing else is left");
    let again = separated(at, &[&["album"][..], &QUICK].concat());
    assert!(again.out.contains(&format!("0 rendered, {SONGS} skipped, 0 failed")), "{}", again.out);
}

#[test]
fn songs_taken_apart_side_by_side_are_the_same_as_alone() {
    let work = folder();
    let at = work.path();
    for (name, seconds) in [("a", 1.0), ("b", 1.2), ("c", 1.4)] {
        song(&at.join(format!("album/{name}.wav")), seconds);
    }
    separated(at, &["album", "--jobs", "3"]);
    separated(at, &["album/b.wav", "-o", "alone", "--block", "512"]);
    for stem in ["vocals", "drums", "bass", "other", "mix"] {
        let read = |out: &str| std::fs::read(at.join(format!("{out}/b/{stem}.wav"))).unwrap();
        assert!(read("separated") == read("alone"), "{stem}");
    }
}

#[test]
fn shards_share_out_a_catalogue_and_their_reports_merge() {
    let work = folder();
    let at = work.path();
    for number in 0..8 {
        song(&at.join(format!("catalogue/{number}.wav")), 0.5 + 0.01 * f64::from(number));
    }
    let mut rendered = Vec::new();
    for shard in ["1/3", "2/3", "3/3"] {
        let out = format!("machine-{}", &shard[..1]);
        separated(at, &[&["catalogue", "--shard", shard, "-o", &out, "--quiet"][..], &QUICK].concat());
        rendered.extend(files(&at.join(&out)).into_iter().filter(|name| name.ends_with("report.json")));
    }
    rendered.sort();
    let wanted: Vec<_> = (0..8).map(|number| format!("{number}/report.json")).collect();
    assert_eq!(rendered, wanted, "every song once");
    let mut command = crate::support::command(at);
    command.args(["report", "machine-1", "machine-2", "machine-3", "--json", "all.json"]);
    let merged = ended(command);
    assert!(merged.exit == Some(0) && merged.out.contains("8 songs"), "{}{}", merged.out, merged.err);
    let all: serde_json::Value =
        serde_json::from_slice(&std::fs::read(at.join("all.json")).unwrap()).unwrap();
    assert_eq!(all["songs"].as_array().map(Vec::len), Some(8));
    assert!((all["totals"]["seconds"].as_f64().unwrap() - 4.28).abs() < 1e-6, "{}", all["totals"]);
}

/// The most memory in MB that a run took, where the system tells.
#[cfg(target_os = "linux")]
fn peak_memory(at: &Path, arguments: &[&str]) -> f64 {
    let mut child = separate(at, arguments).stdout(Stdio::null()).spawn().unwrap();
    let mut peak = 0.0f64;
    while child.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        let kilobytes = line.trim().trim_end_matches(" kB").parse().unwrap_or(0.0);
        peak = peak.max(kilobytes / 1024.0);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(child.wait().unwrap().success());
    peak
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_length_of_a_song() {
    let work = folder();
    let at = work.path();
    song(&at.join("short.wav"), 10.0);
    song(&at.join("long.wav"), 100.0);
    let of = |song: &str| peak_memory(at, &[song, "--format", "flac24", "--normalize", "--jobs", "1"]);
    let (short, long) = (of("short.wav"), of("long.wav"));
    println!("peak memory: {short:.0} MB for 10 s, {long:.0} MB for 100 s");
    // A song of 100 s and its five files would be 200 MB.
    assert!(long < short + 20.0, "{short:.0} MB, then {long:.0} MB");
}
