//! Loading and running networks.

use unbraid_engine::CHANNELS;
use unbraid_engine::masks::Masks;
use unbraid_engine::network::{LoadErrorKind, Mode, Network, NetworkPlan, Separator};

use super::support::{MODES, file, network, noise, plan};

/// Runs frames of noise, and gives back their masks.
fn run(network: &mut Network, frames: u64) -> Vec<Masks> {
    let bins = network.contract().bins();
    let frame = |frame| {
        let mut masks = Masks::new(bins);
        network.run_frame(&noise(frame, 2 * CHANNELS * bins), &mut masks).unwrap();
        masks
    };
    (0..frames).map(frame).collect()
}

/// tract reads a recurrent layer's initial state only on the first call if its sequence length is above 1, and
/// a one-shot test passes all the same.
#[test]
fn the_same_inputs_and_states_give_the_same_outputs_again() {
    MODES.into_iter().for_each(gives_the_same_again);
}

fn gives_the_same_again(mode: Mode) {
    let mut network = network(mode);
    let first = run(&mut network, 20);
    network.reset();
    assert!(run(&mut network, 20) == first);
    // And from the middle of a frame.
    network.begin(&noise(99, 2 * CHANNELS * network.contract().bins())).unwrap();
    network.step(0).unwrap();
    network.reset();
    assert!(run(&mut network, 20) == first);
}

#[test]
fn the_state_is_kept_for_later_frames() {
    for mode in MODES {
        let mut network = network(mode);
        let fresh = run(&mut network, 1);
        let later = run(&mut network, 1);
        assert!(fresh != later, "{mode}: the network forgets everything from frame to frame");
    }
}

/// tract's operators for a network that `unbraid_training.export` wrote; the last three where it lacks its direct kernel for
/// convolutions. Anything else has not been measured here, and may take a lock, allocate anew each time, or be slow.
const KNOWN_OPERATORS: [&str; 29] = [
    "Add",
    "Concat",
    "DirectSpatialConv",
    "Exp",
    "Gather",
    "IntoShape",
    "Ln",
    "MoveAxis",
    "Mul",
    "OptAddUnicast",
    "OptBinChain",
    "OptMatMul",
    "OptMatMulPack",
    "OptMulByScalar",
    "OptMulUnicast",
    "OptSubUnicast",
    "Recip",
    "Reduce<Sum>",
    "RmsNorm",
    "Sigmoid",
    "Silu",
    "Slice",
    "Source",
    "Square",
    "Sub",
    "OptSubByScalar",
    "Im2col",
    "LazyIm2col",
    "Pad",
];

fn unknown(operators: &[String]) -> Vec<&String> {
    let known = |operator: &&String| {
        let name = operator.split('(').next().unwrap_or_default();
        !KNOWN_OPERATORS.contains(&name)
    };
    operators.iter().filter(known).collect()
}

#[test]
fn the_networks_that_ship_run_only_known_operators() {
    assert_eq!(unknown(&["OptBinChain(Add+Add)".into(), "Cast".into(), "DequantizeLinear".into()]).len(), 2);
    for mode in MODES {
        let operators = plan(mode).operators();
        assert!(!operators.is_empty());
        let found = unknown(&operators);
        assert!(found.is_empty(), "{mode}: {found:?} runs on every frame");
    }
}

/// Products that tract computes once each: a slice moved up through one would make it two.
#[test]
fn no_product_of_the_networks_that_ship_is_computed_in_parts() {
    for mode in MODES {
        let products = plan(mode).operators().iter().filter(|name| *name == "OptMatMul").count();
        // Per block: three of the time cell's input, its output, two each of mixer, MLP and the lowest bands' own; and around
        // the blocks: the bands' input, their output in two, the front's link, the detail's output.
        assert_eq!((products - 5) % 10, 0, "{mode}: {products} products");
    }
}

#[test]
fn a_file_that_is_no_network_is_refused_in_one_line() {
    for (bytes, expected) in [
        (&b"RIFF....WAVEfmt "[..], "need a complete .onnx file"),
        (&file(Mode::Studio)[..file(Mode::Studio).len() / 2], "need a complete .onnx file"),
        (&[][..], "`contract`: found nothing"),
    ] {
        let error = NetworkPlan::from_bytes("mine.onnx", bytes).map(drop).unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with("mine.onnx: ") && message.contains(expected), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
}

#[test]
fn a_network_whose_metadata_contradict_its_graph_is_refused_by_name() {
    // Same length, so the file stays well-formed: the graph has 2049 bins, the metadata now promise 4097.
    let lie = |from: &[u8], to: &[u8]| {
        let mut bytes = file(Mode::Studio).to_vec();
        let at =
            bytes.windows(from.len()).rposition(|window| window == from).expect("the file holds the text");
        bytes[at..at + from.len()].copy_from_slice(to);
        NetworkPlan::from_bytes("mine.onnx", &bytes).map(drop).unwrap_err()
    };
    let error = lie(b"\n\x03fft\x12\x044096", b"\n\x03fft\x12\x048192");
    assert!(matches!(&error.kind, LoadErrorKind::Tensor { found, .. } if found.contains("2049")), "{error}");
    let error = lie(b"unbraid-mask/1", b"unbraid-mask/9");
    assert!(matches!(error.kind, LoadErrorKind::Key { key: "contract", .. }), "{error}");
}

/// `cargo xtask test` runs all suites a second time with the kernels of a machine without AVX-512.
#[cfg(target_arch = "x86_64")]
#[test]
fn a_cap_on_the_kernels_is_obeyed() {
    use tract_onnx::tract_core::tract_linalg::isa::{Isa, native};

    let capped = std::env::var("TRACT_CPU_ISA").is_ok_and(|cap| cap.contains("-avx512f"));
    let there = std::arch::is_x86_feature_detected!("avx512f");
    assert_eq!(native().has(Isa::X86_64Avx512f), there && !capped);
}
