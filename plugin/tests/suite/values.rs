//! Values that hosts set outside of blocks.

use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::IAudioProcessorTrait;

use super::hosts::*;

const BLOCK: usize = 512;

/// Values that no default is, at steps of their parameters.
fn other_values() -> Vec<(&'static str, f64)> {
    let value =
        |id: &str| if id.ends_with("level") || id == "output_gain" { 0.25 } else { f64::from(id != "mode") };
    PARAMETERS.map(|id| (id, if id == "focus" { 0.75 } else { value(id) })).to_vec()
}

fn assert_values<H: Host>(host: &H, case: &str) {
    for (id, value) in other_values() {
        let now = host.value(id);
        assert!((now - value).abs() < 1e-3, "{} {case}: {id} is {now}, not {value}", H::FORMAT);
    }
}

/// Without a block, after one, and after one that automates everything.
fn values_set_without_a_block_are_kept<H: Host>() {
    let input = stereo_noise(1, 4 * BLOCK);
    for blocks in ["no block", "a block", "a block with automation"] {
        let mut host = H::active(modes()[0], 44_100.0, BLOCK);
        let mut output = Output::new(4 * BLOCK);
        let automation = PARAMETERS.map(|id| Change { at: 1, id, value: 0.0 });
        match blocks {
            "no block" => {}
            "a block" => assert!(host.block(&input, &mut output, 0..BLOCK, &[])),
            _ => assert!(host.block(&input, &mut output, 0..BLOCK, &automation)),
        }
        other_values().into_iter().for_each(|(id, value)| host.set(id, value));
        assert_values(&host, &format!("after {blocks}"));
        let mut other = H::new();
        assert!(other.load(&host.save()));
        assert_values(&other, &format!("in the state saved after {blocks}"));
        assert!(host.block(&input, &mut output, BLOCK..2 * BLOCK, &[]));
        assert_values(&host, &format!("in the block after {blocks}"));
    }
}

#[test]
fn values_set_while_no_block_comes_are_kept() {
    values_set_without_a_block_are_kept::<Clap>();
    values_set_without_a_block_are_kept::<Vst3>();
}

/// The next blocks are those of an instance that had the value before activation.
fn the_next_block_has_the_value<H: Host>() {
    let input = stereo_noise(2, 20 * BLOCK);
    let play = |before: bool| {
        let mut host = H::active(modes()[0], 44_100.0, BLOCK);
        if before {
            host.deactivate();
        }
        host.set("output_gain", 0.1);
        host.set("vocals_mute", 1.0);
        if before {
            assert!(host.activate(44_100.0, BLOCK));
        } else {
            host.reset();
        }
        drive(&mut host, &input, Blocks::Fixed(BLOCK), &[])
    };
    assert!(play(false) == play(true), "{}", H::FORMAT);
}

#[test]
fn values_set_while_no_block_comes_are_in_the_next_one() {
    the_next_block_has_the_value::<Clap>();
    the_next_block_has_the_value::<Vst3>();
}

/// The sequence of Steinberg's validator in its test "Bypass persistence", which processes an inactive plug-in.
#[test]
fn vst3_bypass_persists_as_the_validator_asks() {
    let mut host = Vst3::new();
    let (_, processor) = host.raw();
    let nothing = [vec![], vec![]];
    let set = |host: &mut Vst3, value: f64| {
        // SAFETY: the plug-in is initialised; that it is not active is the validator's way.
        unsafe { processor.setProcessing(1) };
        host.set("bypass", value);
        assert_eq!(host.value("bypass"), value, "set on the controller");
        let change = Change { at: 0, id: "bypass", value };
        assert!(host.block(&nothing, &mut Output::new(0), 0..0, &[change]), "a flush without samples");
        // SAFETY: as above.
        unsafe { processor.setProcessing(0) };
        assert_eq!(host.value("bypass"), value, "after the flush");
    };
    set(&mut host, 1.0);
    let state = host.save();
    set(&mut host, 0.0);
    assert!(host.load(&state));
    assert_eq!(host.value("bypass"), 1.0, "after the state is loaded again");
}
