//! An optimised graph with what a stream needs to run it node by node.

use std::collections::HashMap;
use std::sync::Arc;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::konst::Const;

use crate::network::wiring::Wiring;

/// A graph of the contract, ready to run: immutable, shared by all streams through it.
pub struct Graph {
    plan: Arc<TypedSimplePlan>,
    /// For each node in execution order, the nodes whose values it is the last to read.
    last_reads: Vec<Vec<usize>>,
    /// The masks' index among the graph's outputs.
    masks_output: usize,
    /// For each graph input, the output that feeds it on the next frame; `None` for the mixture.
    fed_by: Vec<Option<usize>>,
    /// A zero tensor for each graph input, kept so that a reset allocates nothing.
    zeros: Vec<TValue>,
}

impl Graph {
    /// Plans the execution of `model`, whose inputs have these shapes. Not for the audio thread.
    pub fn new(model: TypedModel, wiring: Wiring, input_shapes: &[Vec<usize>]) -> TractResult<Self> {
        let zeros = input_shapes
            .iter()
            .map(|shape| Ok(Tensor::zero::<f32>(shape)?.into_tvalue()))
            .collect::<TractResult<Vec<_>>>()?;
        let plan = TypedSimplePlan::new(model)?;
        let last_reads = last_reads(&plan);
        Ok(Self { plan, last_reads, masks_output: wiring.masks_output, fed_by: wiring.fed_by, zeros })
    }

    /// Number of nodes that a frame runs.
    pub fn steps(&self) -> usize {
        self.plan.order_without_consts().len()
    }

    /// The node of a step.
    pub fn node(&self, step: usize) -> usize {
        self.plan.order_without_consts()[step]
    }

    /// The nodes whose values no later step reads.
    pub fn last_reads(&self, step: usize) -> &[usize] {
        &self.last_reads[step]
    }

    /// The masks' index among the outputs.
    pub fn masks_output(&self) -> usize {
        self.masks_output
    }

    /// For each input, in the graph's order: the output that feeds it on the next frame (`None` for the mixture), and a
    /// zero tensor of its shape.
    pub fn inputs(&self) -> impl Iterator<Item = (Option<usize>, &TValue)> {
        self.fed_by.iter().copied().zip(&self.zeros)
    }

    /// A new execution state. Not for the audio thread.
    pub fn spawn(&self) -> TractResult<TypedSimpleState> {
        self.plan.spawn()
    }

    /// The operators' names, in execution order.
    pub fn operators(&self) -> Vec<String> {
        let order = self.plan.order_without_consts();
        order.iter().map(|&node| self.plan.model().node(node).op().name().into_owned()).collect()
    }
}

/// For each node in execution order, the nodes whose values it is the last to read. Constants stay, and so
/// do the graph's outputs until they are collected.
fn last_reads(plan: &TypedSimplePlan) -> Vec<Vec<usize>> {
    let model = plan.model();
    let order = plan.order_without_consts();
    let mut last = HashMap::new();
    for (step, &node) in order.iter().enumerate() {
        for input in &model.node(node).inputs {
            last.insert(input.node, step);
        }
    }
    let mut reads = vec![Vec::new(); order.len()];
    for (node, step) in last {
        let is_output = model.outputs.iter().any(|outlet| outlet.node == node);
        if !is_output && !model.node(node).op_is::<Const>() {
            reads[step].push(node);
        }
    }
    reads
}
