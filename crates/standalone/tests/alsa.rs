//! The program with ALSA: a device that writes to a pipe, which the test reads.
#![cfg(target_os = "linux")]

#[path = "support.rs"]
#[allow(dead_code)]
mod support;

use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;

use support::{Folder, Running, TIMEOUT, program};
use unbraid_testkit::stereo_noise;

const RATE: u32 = 48_000;
const LENGTH: usize = 96_000;
/// Where the song's only loud sample is.
const IMPULSE: usize = 40_000;
/// Where the player begins to fade it out, as it repeats it.
const END: usize = LENGTH - 96;

/// Reads frames until the song was played from its loud sample to its fade.
fn listen(device: impl Read) -> Vec<[f32; 2]> {
    let mut device = BufReader::new(device);
    let mut song = Vec::new();
    while song.len() < END - IMPULSE {
        let mut frame = [0; 8];
        device.read_exact(&mut frame).unwrap();
        let frame = [0, 4].map(|at| f32::from_le_bytes(frame[at..at + 4].try_into().unwrap()));
        if !song.is_empty() || frame[0] > 0.9 {
            song.push(frame);
        }
    }
    song
}

#[test]
fn a_song_reaches_the_device_sample_by_sample_and_an_interrupt_ends_the_program() {
    let home = Folder::new("alsa");
    let path = |name: &str| home.0.join(name);
    let (pipe, settings, said) = (path("device"), path("asound.conf"), path("stderr"));
    assert!(Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success()));
    let device = format!(
        "pcm.!default {{ type file file {:?} format raw slave.pcm {{ type null }} }}\nctl.!default {{ type null }}\n",
        pipe
    );
    fs::write(&settings, device).unwrap();
    let mut song =
        stereo_noise(1, LENGTH).map(|channel| channel.iter().map(|sample| 0.5 * sample).collect::<Vec<_>>());
    song[0][IMPULSE] = 1.0;
    let format = hound::WavSpec {
        channels: 2,
        sample_rate: RATE,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut file = hound::WavWriter::create(path("song.wav"), format).unwrap();
    for (left, right) in song[0].iter().zip(&song[1]) {
        file.write_sample(*left).unwrap();
        file.write_sample(*right).unwrap();
    }
    file.finalize().unwrap();

    let mut command = program(&home);
    command.args(["--backend", "alsa", "--sample-rate", &RATE.to_string(), "--song"]).arg(path("song.wav"));
    command.env("ALSA_CONFIG_PATH", &settings).stdout(Stdio::null()).stderr(File::create(&said).unwrap());
    let mut running = Running(command.spawn().unwrap());
    let said = || fs::read_to_string(&said).unwrap();
    let (done, heard) = mpsc::channel();
    // It goes on reading, so that the program never waits for it. Opening waits for the program.
    let reader = thread::spawn(move || {
        let mut device = File::open(pipe).unwrap();
        done.send(listen(&mut device)).unwrap();
        std::io::copy(&mut device, &mut std::io::sink()).unwrap();
    });
    let heard = heard.recv_timeout(TIMEOUT).unwrap_or_else(|_| panic!("no song was played: {}", said()));
    for (at, frame) in heard.iter().enumerate() {
        for channel in 0..2 {
            let (sample, expected) = (frame[channel], song[channel][IMPULSE + at]);
            assert!((sample - expected).abs() < 1e-6, "sample {at}: {sample}, not {expected}");
        }
    }

    running.signal("INT");
    assert_eq!(running.end().code(), Some(0), "{}", said());
    reader.join().unwrap();
}
