//! Stems that nobody hears are not made, and nobody hears that.

use unbraid_engine::STEMS;
use unbraid_engine::prepare::Mode;
use unbraid_engine::realtime::{Controls, Engine, Separator, Tap};

use super::support::*;

/// What an engine gave out, and in which blocks `[stem]` the host listened to the stems' outputs.
struct Heard {
    output: Output,
    listened: Vec<(usize, [bool; STEMS])>,
    left_out: u64,
}

/// Plays noise in blocks of random size, with controls and resets at random, to a host that listens to stems' outputs
/// now and then, or to `all` of them throughout. The same `seed` gives the same input, blocks, controls and resets.
fn play(mut engine: Engine, seed: u32, largest: usize, all: bool) -> Heard {
    const LENGTH: usize = 80_000;
    let mut random = Random::new(seed);
    // Loud, soft, no numbers, and nothing at all.
    let mut input = stereo_noise(seed, LENGTH);
    input.iter_mut().for_each(|channel| {
        channel[20_000..21_000].fill(f32::NAN);
        channel[30_000..36_000].fill(0.0);
        channel[40_000..41_000].iter_mut().for_each(|sample| *sample *= 1e15);
    });
    let mut output =
        Output { main: input, stems: std::array::from_fn(|_| std::array::from_fn(|_| vec![0.0; LENGTH])) };
    let mut listened = Vec::new();
    let mut controls = Controls::default();
    let mut listening = [false; STEMS];
    let mut at = 0;
    while at < LENGTH {
        // Everything is rolled in each case, so that both hosts do the same.
        let once_in = |random: &mut Random, times: usize| random.below(times) == 0;
        for (stem, listening) in listening.iter_mut().enumerate() {
            controls.mute[stem] ^= once_in(&mut random, 6);
            controls.solo[stem] ^= once_in(&mut random, 12);
            *listening ^= once_in(&mut random, 12);
            if once_in(&mut random, 10) {
                controls.level[stem] = if once_in(&mut random, 3) { 0.0 } else { random.next() * 2.0 };
            }
        }
        controls.bypass ^= once_in(&mut random, 20);
        if once_in(&mut random, 10) {
            controls.focus = random.next();
            controls.tap = if random.next() < 0.5 { Tap::PreLevel } else { Tap::PostLevel };
        }
        if once_in(&mut random, 60) {
            engine.reset();
        }
        // As many small blocks as large ones.
        let size = (largest as f32 * random.next().powi(3)) as usize;
        let end = LENGTH.min(at + size);
        let there = if all { [true; STEMS] } else { listening };
        engine.set_controls(&controls);
        let mut stems = output.stems.each_mut().map(Some);
        stems.iter_mut().zip(there).filter(|(_, there)| !there).for_each(|(stem, _)| *stem = None);
        engine.process(
            output.main.each_mut().map(|channel| &mut channel[at..end]),
            stems.map(|stem| stem.map(|stem| stem.each_mut().map(|channel| &mut channel[at..end]))),
        );
        listened.push((at, there));
        at = end;
    }
    Heard { output, listened, left_out: engine.left_out() }
}

/// Plays to both kinds of host; returns how many transforms were left out for the one that does not listen.
fn sounds_the_same(separator: impl Fn() -> Box<dyn Separator>, rate: f64, seed: u32, case: &str) -> u64 {
    const LARGEST: usize = 9000;
    let engine = || Engine::new(separator(), rate, 8192).unwrap();
    let reference = play(engine(), seed, LARGEST, true);
    assert_eq!(reference.left_out, 0, "{case}: a stem that is listened to was left out");
    let heard = play(engine(), seed, LARGEST, false);
    let bits = |samples: &[f32]| samples.iter().map(|sample| sample.to_bits()).collect::<Vec<_>>();
    for (one, other) in heard.output.main.iter().zip(&reference.output.main) {
        let differs = bits(one).iter().zip(bits(other)).position(|(one, other)| *one != other);
        assert_eq!(differs, None, "{case}: the main output differs");
    }
    let ends = heard.listened.iter().skip(1).map(|(at, _)| *at).chain([heard.output.main[0].len()]);
    for ((start, there), end) in heard.listened.iter().copied().zip(ends) {
        for stem in (0..STEMS).filter(|&stem| there[stem]) {
            let both = heard.output.stems[stem].iter().zip(&reference.output.stems[stem]);
            for (one, other) in both {
                assert!(bits(&one[start..end]) == bits(&other[start..end]), "{case}: stem {stem} at {start}");
            }
        }
    }
    heard.left_out
}

#[test]
fn leaving_stems_out_is_not_heard() {
    for (at, contract) in (0..).zip(contracts()) {
        for (rate, flaw) in
            [(22_050.0, Flaw::None), (44_100.0, Flaw::Error(40)), (96_000.0, Flaw::NotANumber(20))]
        {
            let case = format!("{}/{} {:?} at {rate} Hz", contract.fft, contract.hop, contract.window);
            let toy = || -> Box<dyn Separator> { Toy::new(contract.clone(), flaw) };
            assert!(sounds_the_same(toy, rate, at, &case) > 0, "{case}: nothing was left out");
        }
    }
}

#[test]
fn leaving_stems_out_is_not_heard_with_the_networks_that_ship() {
    for mode in MODES {
        for seed in [50, 51] {
            let left_out = sounds_the_same(|| network(mode), 44_100.0, seed, &format!("{mode}, seed {seed}"));
            assert!(left_out > 100, "{mode}: only {left_out} transforms were left out");
        }
    }
}

/// Half a second of noise under `controls` in blocks of `block`, to a host that has the main output alone. Returns the
/// transforms that were left out, and the frames.
fn unheard(mode: Mode, controls: &Controls, block: usize) -> (u64, u64) {
    let mut engine = Engine::new(Toy::sound(plan(mode).contract()), 44_100.0, block).unwrap();
    engine.set_controls(controls);
    let mut main = stereo_noise(3, 22_016);
    for start in (0..22_016).step_by(block) {
        let block = main.each_mut().map(|channel| &mut channel[start..start + block]);
        engine.process(block, [const { None }; STEMS]);
    }
    (engine.left_out(), (22_016 / engine.sizes().hop) as u64)
}

#[test]
fn what_is_left_out_is_what_nobody_hears() {
    let muted = |mute: [bool; STEMS]| Controls { mute, ..Default::default() };
    for mode in MODES {
        let left_out = |controls: &Controls, stems: u64| {
            let (left_out, frames) = unheard(mode, controls, 512);
            assert_eq!(left_out, 2 * stems * frames, "{mode}: {controls:?}");
        };
        left_out(&Controls::default(), 0);
        left_out(&muted([true, false, false, false]), 1);
        left_out(&muted([true, true, false, true]), 3);
        left_out(&Controls { solo: [true, false, false, false], ..Default::default() }, 3);
        left_out(&Controls { level: [0.0, 1.0, 1.0, 1.0], ..Default::default() }, 1);
        left_out(&Controls { bypass: true, ..Default::default() }, 4);
        // Where callbacks are planned with all stems, all are made.
        assert_eq!(unheard(mode, &muted([true; STEMS]), 64).0, 0, "{mode}");
    }
}
