//! Prints what is known of songs, and what was odd about them: `cargo run --release -p unbraid-song --example info FILES`.

use std::io::Write;
use std::path::Path;

use unbraid_song::{ReadOptions, Reader, SongError};

fn read(path: &Path, out: &mut dyn Write) -> Result<(), SongError> {
    let mut reader = Reader::open(path, &ReadOptions::default())?;
    let info = reader.info().clone();
    let (mut left, mut right, mut total, mut peak) = (vec![0.0; 4096], vec![0.0; 4096], 0u64, 0.0f32);
    loop {
        let count = reader.read([&mut left, &mut right])?;
        if count == 0 {
            break;
        }
        total += count as u64;
        peak = left[..count].iter().chain(&right[..count]).fold(peak, |peak, sample| peak.max(sample.abs()));
    }
    let told = reader.frames().map_or("unknown".to_owned(), |frames| frames.to_string());
    let _ = writeln!(
        out,
        "{}: {} {}, {} Hz, {}, {:?} bits; {total} samples at {} Hz (told: {told}), peak {peak:.3}",
        path.display(),
        info.container,
        info.codec,
        info.rate,
        info.layout,
        info.bits,
        reader.rate()
    );
    let _ = writeln!(out, "  {:?} {:?}", info.tags, info.cover);
    for warning in reader.warnings() {
        let _ = writeln!(out, "  {warning}");
    }
    Ok(())
}

fn main() {
    let mut out = std::io::stdout().lock();
    for path in std::env::args_os().skip(1) {
        if let Err(error) = read(Path::new(&path), &mut out) {
            let _ = writeln!(out, "{error}");
        }
    }
}
