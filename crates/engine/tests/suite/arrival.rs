//! Before the network is there, and when it comes.

use unbraid_engine::prepare::{Mode, NetworkPlan};
use unbraid_engine::realtime::Engine;
use unbraid_engine::{OTHER, STEMS};

use super::guard::system_requests;
use super::support::*;

/// Runs `input` through `engine` in place, stems and all, and gives back how often the system's allocator was asked.
fn process(engine: &mut Engine, output: &mut Output) -> u64 {
    let Output { main, stems } = output;
    let main = main.each_mut().map(Vec::as_mut_slice);
    let stems = stems.each_mut().map(|stem| Some(stem.each_mut().map(Vec::as_mut_slice)));
    system_requests(|| engine.process(main, stems))
}

fn output(input: &Stereo) -> Output {
    Output { main: input.clone(), stems: std::array::from_fn(|_| input.clone()) }
}

#[test]
fn promise_8_until_the_network_comes_the_dry_signal_is_heard_in_other() {
    for contract in contracts() {
        for blocks in [Blocks::Fixed(64), Blocks::Fixed(2048)] {
            let (mut engine, door) = Engine::awaiting(&contract, 44_100.0, blocks.largest()).unwrap();
            assert!(engine.health().waiting_for_network);
            let input = stereo_noise(20, 20 * engine.sizes().hop + 3 * engine.sizes().fft);
            let dry = drive(&mut engine, &input, blocks, &[]);
            let latency = engine.latency();
            assert!(error(&dry.main, &input, latency) < INAUDIBLE);
            assert!(error(&dry.stems[OTHER], &input, latency) < INAUDIBLE);
            for stem in (0..STEMS).filter(|stem| *stem != OTHER) {
                assert!(dry.stems[stem].iter().flatten().all(|&sample| sample == 0.0), "stem {stem}");
            }
            assert!(engine.health().waiting_for_network && !engine.health().network_failed);

            assert!(door.deliver(Toy::sound(&contract)).is_ok());
            let heard = drive(&mut engine, &input, blocks, &[]);
            assert!(!engine.health().waiting_for_network);
            assert_eq!(engine.latency(), latency, "the latency was the network's from the start");
            // Main goes on without a step: what was dry is heard to its end, and then the stems sum to it.
            let before = [0, 1].map(|channel| [&input[channel][..], &input[channel]].concat());
            let whole = [0, 1].map(|channel| [&dry.main[channel][..], &heard.main[channel]].concat());
            assert!(error(&whole, &before, latency) < INAUDIBLE);
            let vocals = heard.stems[0].iter().flatten().fold(0.0f32, |max, sample| max.max(sample.abs()));
            assert!(vocals > 0.01, "the network is not heard");
        }
    }
}

#[test]
fn an_engine_whose_network_came_late_goes_on_like_one_that_had_it() {
    let contract = &contracts()[0];
    let blocks = Blocks::Fixed(64);
    let (mut late, door) = Engine::awaiting(contract, 44_100.0, blocks.largest()).unwrap();
    drive(&mut late, &stereo_noise(21, 10_000), blocks, &[]);
    assert!(door.deliver(Toy::sound(contract)).is_ok());
    drive(&mut late, &stereo_noise(21, 10_000), blocks, &[]);
    // From a reset on there is no difference left.
    late.reset();
    let input = stereo_noise(22, 30_000);
    let mut early = engine(Toy::sound(contract), 44_100.0, blocks);
    assert!(drive(&mut late, &input, blocks, &[]) == drive(&mut early, &input, blocks, &[]));
}

#[test]
fn promise_6_the_arrival_asks_the_system_for_nothing() {
    for mode in MODES {
        arrives_without_a_request(mode);
    }
}

fn arrives_without_a_request(mode: Mode) {
    let blocks = Blocks::Fixed(1024);
    let contract = plan(mode).contract().clone();
    let (mut engine, door) = Engine::awaiting(&contract, 44_100.0, blocks.largest()).unwrap();
    let mut output = output(&stereo_noise(23, blocks.largest()));
    for _ in 0..10 {
        assert_eq!(process(&mut engine, &mut output), 0);
    }
    assert!(door.deliver(network(mode)).is_ok());
    for _ in 0..50 {
        assert_eq!(process(&mut engine, &mut output), 0);
    }
    assert!(!engine.health().waiting_for_network);
    // Nor does it free: what was taken out of use is freed by whoever drops the door last, here this thread.
    drop(engine);
    assert!(system_requests(|| drop(door)) > 0);
}

#[test]
fn a_network_of_another_contract_is_handed_back() {
    let all = contracts();
    let (engine, door) = Engine::awaiting(&all[0], 44_100.0, 512).unwrap();
    let refused = door.deliver(Toy::sound(&all[1])).unwrap_err();
    assert_eq!(refused.contract(), &all[1]);
    assert!(engine.health().waiting_for_network);
}

#[test]
fn a_networks_contract_is_known_before_it_can_run() {
    for mode in MODES {
        assert_eq!(&NetworkPlan::contract_of("whole.onnx", file(mode)).unwrap(), plan(mode).contract());
        assert!(NetworkPlan::contract_of("cut.onnx", &file(mode)[..1000]).is_err());
    }
}
