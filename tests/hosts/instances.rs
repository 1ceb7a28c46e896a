//! Several instances in one process: each sounds as it does alone.

use std::time::Duration;

use unbraid_host::ClapHost;
use unbraid_tests::{Audio, MODES, Random, announced, clip, loaded_host_in, play};

/// Mode, sample rate in Hz and block of each instance.
const SETTINGS: [(&str, u32, u32); 8] = [
    ("Studio", 44_100, 512),
    ("Live", 44_100, 64),
    ("Studio", 96_000, 480),
    ("Live", 48_000, 512),
    ("Studio", 22_050, 64),
    ("Live", 192_000, 2027),
    ("Studio", 48_000, 17),
    ("Live", 88_200, 1024),
];

/// Lives of each instance while the others live theirs.
const LIVES: usize = 3;

fn born((mode, rate, block): (&str, u32, u32)) -> ClapHost {
    let mut host = loaded_host_in(mode);
    host.set_text("vocals_level", "-6 dB").unwrap();
    host.activate(f64::from(rate), block).unwrap();
    host
}

fn life(setting: (&str, u32, u32), song: &Audio) -> Vec<Audio> {
    let mut host = born(setting);
    play(&mut host, song, setting.2 as usize).ports
}

#[test]
fn eight_instances_that_come_and_go_sound_as_each_does_alone() {
    let song = clip(0.6);
    let alone: Vec<_> = SETTINGS.into_iter().map(|setting| life(setting, &song)).collect();
    std::thread::scope(|scope| {
        for (index, (setting, alone)) in SETTINGS.into_iter().zip(&alone).enumerate() {
            let song = &song;
            scope.spawn(move || {
                let mut random = Random::new(index as u64);
                for round in 0..LIVES {
                    std::thread::sleep(Duration::from_millis(random.below(80) as u64));
                    if random.once_in(2) {
                        // One that is made, activated and dropped again without a sound.
                        drop(born(SETTINGS[random.below(SETTINGS.len())]));
                    }
                    assert!(&life(setting, song) == alone, "{setting:?} differs in round {round}");
                }
            });
        }
    });
}

#[test]
fn instances_in_turns_on_one_thread_do_not_hear_each_other() {
    let song = clip(0.3);
    let slices =
        |from: usize, to: usize| -> Vec<&[f32]> { song.iter().map(|channel| &channel[from..to]).collect() };
    let block = 256;
    let alone = MODES.map(|mode| {
        let mut host = born((mode, 44_100, announced(block)));
        let mut running = host.start().unwrap();
        (0..song[0].len() / block)
            .map(|at| running.block(&slices(at * block, (at + 1) * block), &[]).unwrap().to_vec())
            .collect::<Vec<_>>()
    });
    let mut hosts: Vec<_> = (0..4).map(|at| born((MODES[at % 2], 44_100, announced(block)))).collect();
    let mut running: Vec<_> = hosts.iter_mut().map(|host| host.start().unwrap()).collect();
    let [studio, live] = &alone;
    for (at, alone) in studio.iter().zip(live).enumerate() {
        for (index, running) in running.iter_mut().enumerate() {
            let heard = running.block(&slices(at * block, (at + 1) * block), &[]).unwrap();
            let alone = if index % 2 == 0 { alone.0 } else { alone.1 };
            assert!(heard == &alone[..], "{} in block {at}", MODES[index % 2]);
        }
    }
}
