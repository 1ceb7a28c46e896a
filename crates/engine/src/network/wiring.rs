//! Inputs and outputs of a graph, checked against the contract.

use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{ModelProto, TensorProto};
use tract_onnx::prelude::*;

use crate::network::contract::Contract;
use crate::network::load_error::LoadErrorKind;
use crate::stems::{CHANNELS, STEMS};

/// The masks' name in the contract `unbraid-mask/1`.
const MASKS: &str = "shares";

/// The mixture's name in the contract.
const MIXTURE: &str = "mixture";

/// How a graph's outputs feed its inputs from frame to frame.
pub struct Wiring {
    inputs: Vec<String>,
    /// For each input, the output that feeds it on the next frame; `None` for the mixture.
    pub fed_by: Vec<Option<usize>>,
    /// The masks' index among the outputs.
    pub masks_output: usize,
}

impl Wiring {
    /// Reads inputs and outputs off an ONNX model.
    ///
    /// # Errors
    /// The first tensor that has no place in the contract.
    pub fn of(proto: &ModelProto) -> Result<Self, LoadErrorKind> {
        let tensor = LoadErrorKind::tensor;
        let graph = proto.graph.as_ref().ok_or_else(|| LoadErrorKind::NotOnnx("it holds no graph".into()))?;
        // Refused here, because clamping operators may turn NaN into plausible masks.
        if let Some(broken) = graph.initializer.iter().find(|weights| holds_nan(weights)) {
            return Err(tensor(&broken.name, "weights that are NaN", "a file that is whole"));
        }
        let constant = |name: &str| graph.initializer.iter().any(|tensor| tensor.name == name);
        let inputs: Vec<String> =
            graph.input.iter().map(|input| input.name.clone()).filter(|name| !constant(name)).collect();
        let outputs: Vec<&str> = graph.output.iter().map(|output| output.name.as_str()).collect();
        let index = |name: &str| outputs.iter().position(|output| *output == name);
        let masks_output =
            index(MASKS).ok_or_else(|| tensor(MASKS, "no such output", "an output f32 [1, 4, 2, F]"))?;
        if !inputs.iter().any(|name| name == MIXTURE) {
            return Err(tensor(MIXTURE, "no such input", "an input f32 [1, 4, F]"));
        }
        let source = |name: &String| match index(&format!("{name}_next")) {
            _ if name == MIXTURE => Ok(None),
            Some(next) if name.starts_with("state_") => Ok(Some(next)),
            _ => {
                let needed = format!("`{MIXTURE}`, or a pair `state_k` and `state_k_next`");
                Err(tensor(name, "an input without a partner", &needed))
            }
        };
        let fed_by = inputs.iter().map(source).collect::<Result<Vec<_>, _>>()?;
        for (index, name) in outputs.iter().enumerate() {
            if index != masks_output && !fed_by.contains(&Some(index)) {
                let needed = format!("`{MASKS}`, or a pair `state_k` and `state_k_next`");
                return Err(tensor(name, "an output without a partner", &needed));
            }
        }
        Ok(Self { inputs, fed_by, masks_output })
    }

    /// Checks every shape against the contract and returns the input shapes.
    ///
    /// # Errors
    /// The first tensor of another type or shape.
    pub fn check(&self, contract: &Contract, model: &TypedModel) -> Result<Vec<Vec<usize>>, LoadErrorKind> {
        let bins = contract.bins();
        let output = |index: usize, name: &str| concrete(name, model.output_fact(index));
        let masks = output(self.masks_output, MASKS)?;
        let needed = [1, STEMS, CHANNELS, bins];
        if masks != needed {
            return Err(LoadErrorKind::tensor(MASKS, &format!("{masks:?}"), &format!("{needed:?}")));
        }
        let mut shapes = Vec::with_capacity(self.inputs.len());
        for (index, (name, fed_by)) in self.inputs.iter().zip(&self.fed_by).enumerate() {
            let shape = concrete(name, model.input_fact(index))?;
            let needed = match fed_by {
                None => vec![1, 2 * CHANNELS, bins],
                Some(next) => output(*next, &format!("{name}_next"))?,
            };
            if shape != needed {
                return Err(LoadErrorKind::tensor(name, &format!("{shape:?}"), &format!("{needed:?}")));
            }
            shapes.push(shape);
        }
        Ok(shapes)
    }
}

/// The shape of a tensor of f32 in which every dimension is a number.
fn concrete(name: &str, fact: TractResult<&TypedFact>) -> Result<Vec<usize>, LoadErrorKind> {
    let wrong = |found: &str| LoadErrorKind::tensor(name, found, "f32 with every dimension a fixed number");
    let fact = fact.map_err(|error| wrong(&one_line(&error)))?;
    match fact.shape.as_concrete() {
        Some(shape) if fact.datum_type == f32::datum_type() => Ok(shape.to_vec()),
        _ => Err(wrong(&format!("{fact:?}"))),
    }
}

fn holds_nan(weights: &TensorProto) -> bool {
    weights.data_type == DataType::Float as i32
        && (weights.float_data.iter().any(|weight| weight.is_nan())
            || weights.raw_data.as_chunks().0.iter().any(|&bytes| f32::from_le_bytes(bytes).is_nan()))
}

/// A runtime's message in one line of at most 300 characters.
pub fn one_line(error: &TractError) -> String {
    format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect()
}
