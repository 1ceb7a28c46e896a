//! Network files that are well-formed and useless: weights that are NaN, infinite or senseless.

use std::ops::Range;

use unbraid_engine::network::{Mode, NetworkPlan};

use super::support::*;

/// Places of ONNX's messages (onnx.proto): the graph in the model, the initialisers in the graph, and in a tensor its
/// type and its values.
const GRAPH: u64 = 7;
const INITIALIZER: u64 = 5;
const DATA_TYPE: u64 = 2;
const RAW_DATA: u64 = 9;
/// `TensorProto.DataType.FLOAT`.
const FLOAT: u64 = 1;

fn varint(bytes: &[u8], at: &mut usize) -> u64 {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let byte = bytes[*at];
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return value;
        }
    }
    unreachable!("a varint ends")
}

/// The fields of the message in `within`: number, value of a varint, and place of what has a length.
fn fields(bytes: &[u8], within: Range<usize>) -> Vec<(u64, u64, Range<usize>)> {
    let mut found = Vec::new();
    let mut at = within.start;
    while at < within.end {
        let key = varint(bytes, &mut at);
        let start = at;
        match key & 7 {
            0 => found.push((key >> 3, varint(bytes, &mut at), start..start)),
            1 => at += 8,
            2 => {
                let length = varint(bytes, &mut at) as usize;
                found.push((key >> 3, 0, at..at + length));
                at += length;
            }
            5 => at += 4,
            kind => panic!("protobuf knows no wire type {kind}"),
        }
    }
    found
}

/// The network that ships, with `value` in every weight of every large tensor.
fn with_weights_of(mode: Mode, value: f32) -> Vec<u8> {
    let whole = file(mode);
    let mut bytes = whole.to_vec();
    let graph = fields(whole, 0..whole.len()).into_iter().find(|field| field.0 == GRAPH).unwrap().2;
    let mut changed = 0;
    for (_, _, tensor) in fields(whole, graph).into_iter().filter(|field| field.0 == INITIALIZER) {
        let parts = fields(whole, tensor);
        let is_float = parts.iter().any(|part| part.0 == DATA_TYPE && part.1 == FLOAT);
        let Some((_, _, raw)) = parts.into_iter().find(|part| part.0 == RAW_DATA) else { continue };
        if is_float && raw.len() >= 1024 {
            bytes[raw].chunks_exact_mut(4).for_each(|weight| weight.copy_from_slice(&value.to_le_bytes()));
            changed += 1;
        }
    }
    assert!(changed > 3, "only {changed} tensors were found in the network's file");
    bytes
}

#[test]
fn weights_that_are_nan_are_refused_by_name() {
    let error =
        NetworkPlan::from_bytes("mine.onnx", &with_weights_of(Mode::Studio, f32::NAN)).map(drop).unwrap_err();
    let message = error.to_string();
    assert!(message.starts_with("mine.onnx: ") && message.contains("NaN"), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
}

#[test]
fn promise_8_the_sound_stays_with_weights_that_make_no_sense() {
    const WEIGHTS: [f32; 4] = [0.0, f32::INFINITY, f32::MAX, f32::MIN_POSITIVE];
    for (mode, weight) in MODES.into_iter().flat_map(|mode| WEIGHTS.map(|weight| (mode, weight))) {
        let plan = NetworkPlan::from_bytes("mine.onnx", &with_weights_of(mode, weight)).unwrap();
        for blocks in [Blocks::Fixed(64), Blocks::Fixed(1024)] {
            let mut engine = engine(Box::new(plan.instance().unwrap()), 44_100.0, blocks);
            let input = stereo_noise(1, 30_000);
            let output = drive(&mut engine, &input, blocks, &[]);
            let case = format!("{mode}, weights of {weight:e}, {blocks:?}");
            assert!(error(&output.main, &input, engine.latency()) < INAUDIBLE, "{case}: main");
            assert!(error(&output.sum(), &input, engine.latency()) < INAUDIBLE, "{case}: the stems' sum");
        }
    }
}
