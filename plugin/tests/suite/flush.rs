//! Flush-to-zero: numbers too small for full precision cost a hundred times what others do, and decaying reverb tails
//! are full of them.

use unbraid_engine::STEMS;
use unbraid_engine::engine::Engine;
use unbraid_plugin::mode::Mode;
use unbraid_plugin::networks;

use super::hosts::{Blocks, Clap, Host, Vst3, drive, modes};

/// The smallest number of full precision. Whatever the engine multiplies it by, the product is below; but sums of
/// such products, which a transform makes, would be above again and audible.
const SMALLEST: f32 = f32::MIN_POSITIVE;

const BLOCK: usize = 256;
const LENGTH: usize = 80 * BLOCK;

/// The loudest output when all of the input is as small as can be.
fn loudest<H: Host>(mode: Mode) -> f32 {
    let mut host = H::active(mode, 44_100.0, BLOCK);
    let input = [const { [SMALLEST; LENGTH] }; 2].map(Vec::from);
    drive(&mut host, &input, Blocks::Fixed(BLOCK), &[])
        .every_sample()
        .fold(0.0, |max, one| max.max(one.abs()))
}

#[test]
fn small_intermediates_are_flushed_to_zero_in_the_callback_and_nowhere_else() {
    for &mode in modes() {
        assert_eq!(loudest::<Clap>(mode), 0.0, "CLAP, {mode:?}");
        assert_eq!(loudest::<Vst3>(mode), 0.0, "VST3, {mode:?}");
    }

    // The planted fault: the same engine on the same thread, outside the plug-in's callback.
    let network = networks::built_in(Mode::Studio).unwrap().instance().unwrap();
    let mut engine = Engine::new(network.plan().contract(), 44_100.0, BLOCK).unwrap();
    assert!(engine.network_slot().publish(Box::new(network)).is_ok());
    let mut peak = 0.0f32;
    for _ in 0..LENGTH / BLOCK {
        let [mut left, mut right] = [[SMALLEST; BLOCK]; 2];
        engine.process([&mut left, &mut right], [const { None }; STEMS]);
        peak = left.into_iter().fold(peak, f32::max);
    }
    assert!(peak > 0.5 * SMALLEST, "without flush-to-zero the input comes out: {peak:e}");
}
