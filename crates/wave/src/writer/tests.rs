//! What was written is read back.

use std::io::Read;
use std::path::Path;

use super::*;

const FLOAT: Head<'static> = Head { samples: Samples::Float, rate: 48_000, expected: None, chunks: b"" };

/// As if so many bytes of silence had been written, in a hole of the file.
fn skip(wave: &mut WaveWriter<File>, bytes: u64) {
    wave.data_bytes += bytes;
    wave.file.set_len(wave.size_at + 4 + wave.data_bytes).unwrap();
}

fn head(path: &Path) -> Vec<u8> {
    let mut head = vec![0; 100];
    File::open(path).unwrap().read_exact(&mut head).unwrap();
    head
}

fn samples(path: &Path) -> Vec<f32> {
    hound::WavReader::open(path).unwrap().samples::<f32>().map(Result::unwrap).collect()
}

fn bytes(samples: &[f32]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

#[test]
fn a_file_over_four_gigabytes_is_rf64_and_a_known_short_one_is_the_plainest() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.wav");
    for samples in [Samples::Bits16, Samples::Float] {
        let file = File::create(&path).unwrap();
        let mut wave = WaveWriter::begin(file, &Head { samples, ..FLOAT }).unwrap();
        // Hours are not written here: a hole in the file stands for them.
        let bytes = 6_350_400_000u64;
        skip(&mut wave, bytes);
        wave.finish().unwrap();
        let head = head(&path);
        assert_eq!(&head[..16], b"RF64\xff\xff\xff\xffWAVEds64");
        let number = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().unwrap());
        assert_eq!(number(20), path.metadata().unwrap().len() - 8);
        assert_eq!((number(28), number(36)), (bytes, bytes / samples.frame()));
    }
    let file = File::create(&path).unwrap();
    let head = Head { samples: Samples::Bits16, expected: Some(10), ..FLOAT };
    let mut wave = WaveWriter::begin(file, &head).unwrap();
    wave.write(&[0; 40]).unwrap();
    wave.finish().unwrap();
    assert_eq!(path.metadata().unwrap().len(), 44 + 40);
}

#[test]
fn a_file_that_settled_is_whole_whatever_comes_after() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("take.wav");
    let mut wave = WaveWriter::begin(File::create(&path).unwrap(), &FLOAT).unwrap();
    assert_eq!(samples(&path), []);
    wave.write(&bytes(&[0.25, -0.25])).unwrap();
    wave.settle().unwrap();
    wave.write(&bytes(&[0.5, -0.5])).unwrap();
    assert_eq!(samples(&path), [0.25, -0.25], "what the head counts");
    wave.settle().unwrap();
    assert_eq!(samples(&path), [0.25, -0.25, 0.5, -0.5]);
    wave.cut(1).unwrap();
    assert_eq!((samples(&path), wave.frames()), (vec![0.25, -0.25], 1));
    wave.write(&bytes(&[1.5, -1.5])).unwrap();
    wave.finish().unwrap();
    assert_eq!(samples(&path), [0.25, -0.25, 1.5, -1.5]);
}

#[test]
fn chunks_before_the_samples_are_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stamped.wav");
    let made = time::OffsetDateTime::UNIX_EPOCH;
    let stamp = crate::Stamp { description: "", originator: "", made, reference: 7 }.chunk();
    let head = Head { chunks: &stamp, ..FLOAT };
    let mut wave = WaveWriter::begin(File::create(&path).unwrap(), &head).unwrap();
    wave.write(&bytes(&[0.25, -0.25])).unwrap();
    wave.finish().unwrap();
    assert_eq!(samples(&path), [0.25, -0.25]);
}
