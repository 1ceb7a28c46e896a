//! Networks published into an engine's slot: before the first sample, while it runs, and one after another.

use unbraid_engine::engine::Engine;
use unbraid_engine::network::{Mode, NetworkPlan};
use unbraid_engine::{OTHER, STEMS};

use super::support::*;

/// Runs one block of `output` through `engine` in place, and gives back how often the system's allocator was asked.
fn process(engine: &mut Engine, output: &mut Output) -> u64 {
    let Output { main, stems } = output;
    let main = main.each_mut().map(Vec::as_mut_slice);
    let stems = stems.each_mut().map(|stem| Some(stem.each_mut().map(Vec::as_mut_slice)));
    system_requests(|| engine.process(main, stems))
}

fn output(input: &Stereo) -> Output {
    Output { main: input.clone(), stems: std::array::from_fn(|_| input.clone()) }
}

fn largest(stem: &Stereo) -> f32 {
    stem.iter().flatten().fold(0.0, |largest, sample| sample.abs().max(largest))
}

#[test]
fn promise_8_until_a_network_is_published_the_dry_signal_is_in_other() {
    for contract in contracts() {
        for blocks in [Blocks::Fixed(64), Blocks::Fixed(2048)] {
            let mut engine = Engine::new(&contract, 44_100.0, blocks.largest()).unwrap();
            assert!(engine.health().waiting_for_network);
            let input = stereo_noise(20, 20 * engine.config().hop + 3 * engine.config().fft);
            let dry = drive(&mut engine, &input, blocks, &[]);
            let latency = engine.latency();
            assert!(error(&dry.main, &input, latency) < INAUDIBLE);
            assert!(error(&dry.stems[OTHER], &input, latency) < INAUDIBLE);
            for stem in (0..STEMS).filter(|stem| *stem != OTHER) {
                assert_eq!(largest(&dry.stems[stem]), 0.0, "stem {stem}");
            }
            assert!(engine.health().waiting_for_network && !engine.health().network_failed);

            assert!(engine.network_slot().publish(Toy::sound(&contract)).is_ok());
            let wet = drive(&mut engine, &input, blocks, &[]);
            assert!(!engine.health().waiting_for_network);
            assert_eq!(engine.latency(), latency, "the latency was the network's from the start");
            // Main goes on without a step: the dry signal to its end, and then the stems, which sum to it.
            let before = [0, 1].map(|channel| [&input[channel][..], &input[channel]].concat());
            let whole = [0, 1].map(|channel| [&dry.main[channel][..], &wet.main[channel]].concat());
            assert!(error(&whole, &before, latency) < INAUDIBLE);
            assert!(largest(&wet.stems[0]) > 0.01, "the network is not audible");
        }
    }
}

#[test]
fn a_network_published_before_the_first_sample_runs_from_the_first_frame_on() {
    for contract in contracts() {
        for blocks in [Blocks::Fixed(1), Blocks::Fixed(64), Blocks::Fixed(2048)] {
            let mut engine = engine(Toy::sound(&contract), 44_100.0, blocks);
            // An impulse at the end of the first hop, alone in its frame.
            let mut input = [0, 1].map(|_| vec![0.0; engine.latency() + engine.config().hop]);
            let at = engine.config().hop - 1;
            input.iter_mut().for_each(|channel| channel[at] = 1.0);
            let output = drive(&mut engine, &input, blocks, &[]);
            assert!(!engine.health().waiting_for_network);
            for (stem, output) in output.stems.iter().enumerate() {
                assert!(largest(output) > 0.01, "stem {stem} is silent: the first frame was passed through");
            }
        }
    }
}

#[test]
fn an_engine_with_a_late_network_goes_on_like_one_with_an_early_one() {
    let contract = &contracts()[0];
    let blocks = Blocks::Fixed(64);
    let mut late = Engine::new(contract, 44_100.0, blocks.largest()).unwrap();
    drive(&mut late, &stereo_noise(21, 10_000), blocks, &[]);
    assert!(late.network_slot().publish(Toy::sound(contract)).is_ok());
    drive(&mut late, &stereo_noise(21, 10_000), blocks, &[]);
    // From a reset on there is no difference left.
    late.reset();
    let input = stereo_noise(22, 30_000);
    let mut early = engine(Toy::sound(contract), 44_100.0, blocks);
    assert!(drive(&mut late, &input, blocks, &[]) == drive(&mut early, &input, blocks, &[]));
}

#[test]
fn promise_6_taking_a_network_asks_the_system_for_nothing() {
    for mode in MODES {
        is_taken_without_a_request(mode);
    }
}

fn is_taken_without_a_request(mode: Mode) {
    for (block, count) in [(1024, 50), (64, 100)] {
        let mut engine = Engine::new(plan(mode).contract(), 44_100.0, block).unwrap();
        let slot = engine.network_slot();
        let mut output = output(&stereo_noise(23, block));
        // Late, and once more in the place of the first one.
        for _ in 0..2 {
            for _ in 0..10 {
                assert_eq!(process(&mut engine, &mut output), 0);
            }
            assert!(slot.publish(network(mode)).is_ok());
            for _ in 0..count {
                assert_eq!(process(&mut engine, &mut output), 0);
            }
            assert!(!engine.health().waiting_for_network);
        }
        // Nor is anything freed: the retired network is, with the last handle.
        drop(engine);
        assert!(system_requests(|| drop(slot)) > 0);
    }
}

#[test]
fn a_network_of_another_contract_is_handed_back() {
    let all = contracts();
    let mut engine = Engine::new(&all[0], 44_100.0, 512).unwrap();
    let refused = engine.network_slot().publish(Toy::sound(&all[1])).err().unwrap();
    assert_eq!(refused.contract(), &all[1]);
    drive(&mut engine, &stereo_noise(24, 10_000), Blocks::Fixed(512), &[]);
    assert!(engine.health().waiting_for_network);
    assert!(engine.into_network().is_none());
}

#[test]
fn a_network_that_was_published_and_never_run_is_handed_on() {
    let contract = &contracts()[0];
    let engine = engine(Toy::sound(contract), 44_100.0, Blocks::Fixed(512));
    assert_eq!(engine.into_network().unwrap().contract(), contract);
}

#[test]
fn another_network_in_the_place_of_one_that_failed_is_audible() {
    let contract = &contracts()[0];
    let blocks = Blocks::Fixed(512);
    let mut engine = engine(Toy::new(contract.clone(), Flaw::Error(2)), 44_100.0, blocks);
    let input = stereo_noise(25, 40_000);
    drive(&mut engine, &input, blocks, &[]);
    assert!(engine.health().network_failed);
    assert!(engine.network_slot().publish(Toy::sound(contract)).is_ok());
    let output = drive(&mut engine, &input, blocks, &[]);
    assert!(!engine.health().network_failed);
    assert!(largest(&output.stems[0]) > 0.01);
}

#[test]
fn a_networks_contract_is_known_before_it_can_run() {
    for mode in MODES {
        assert_eq!(&NetworkPlan::contract_of("whole.onnx", file(mode)).unwrap(), plan(mode).contract());
        assert!(NetworkPlan::contract_of("cut.onnx", &file(mode)[..1000]).is_err());
    }
}
