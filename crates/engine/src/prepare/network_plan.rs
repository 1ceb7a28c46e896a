//! Turns a network file into a plan that the audio thread can run in even slices.

use std::collections::HashMap;
use std::fmt::Display;
use std::hint::black_box;
use std::sync::{Arc, Once};
use std::time::Instant;

use tract_onnx::Onnx;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{ModelProto, TensorProto};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::konst::Const;

use super::{Contract, LoadError};
use crate::realtime::{Fault, Network, Separator};
use crate::{CHANNELS, STEMS};

/// A checked, optimised network, shared by all instances that run it: it holds the weights, each
/// [`Network`] made from it holds one stream's state.
pub struct NetworkPlan {
    contract: Contract,
    pub(crate) plan: Arc<TypedSimplePlan>,
    /// For each node in execution order, the nodes whose values nobody reads after it.
    pub(crate) spent: Vec<Vec<usize>>,
    /// For each node in execution order, its cold run time in seconds.
    pub(crate) costs: Vec<f32>,
    /// Where the shares are among the graph's outputs.
    pub(crate) shares_output: usize,
    /// For each graph input: the output that feeds it on the next frame, or `None` for the mixture.
    pub(crate) fed_by: Vec<Option<usize>>,
    /// A zero tensor for each graph input, kept so that a reset allocates nothing.
    pub(crate) zeros: Vec<TValue>,
}

/// Frames a new instance runs before it is handed over. tract's first runs take 1–15 ms each (lazy
/// initialisation, cold memory); the measured cost is flat well before this.
const WARM_UP_FRAMES: usize = 50;

/// Frames over which node times are measured; the median of each node's times is kept.
const TIMED_FRAMES: usize = 9;

/// More than the second-level cache of current CPUs, so that weights are cold at every timed frame, as they
/// are in a host that runs other plug-ins in between.
const EVICTION_BYTES: usize = 8 << 20;

impl NetworkPlan {
    /// Reads, checks and optimises the network in `bytes` (an ONNX file); `file` is its label in messages.
    ///
    /// Takes tens to hundreds of milliseconds; never call it on the audio thread.
    ///
    /// # Errors
    /// [`LoadError`] with one line that says which key or tensor is wrong, what was found and what is needed.
    pub fn from_bytes(file: &str, bytes: &[u8]) -> Result<Arc<Self>, LoadError> {
        settle_switches();
        let onnx = tract_onnx::onnx();
        let (proto, contract) = parse(&onnx, file, bytes)?;
        let wiring = Wiring::of(file, &proto)?;

        let graph_error =
            |error: TractError| LoadError::Graph { file: file.into(), reason: one_line(&error) };
        let model = onnx
            .model_for_proto_model(&proto)
            .and_then(|model| model.into_optimized())
            .map_err(graph_error)?;
        let shapes = wiring.check(file, &contract, &model)?;
        let zeros = shapes
            .iter()
            .map(|shape| Ok(Tensor::zero::<f32>(shape)?.into_tvalue()))
            .collect::<TractResult<Vec<_>>>()
            .map_err(graph_error)?;
        let plan = TypedSimplePlan::new(model).map_err(graph_error)?;
        let spent = last_readers(&plan);
        let steps = plan.order_without_consts().len();
        let mut ready = Self {
            contract,
            plan,
            spent,
            costs: vec![1.0; steps],
            shares_output: wiring.shares_output,
            fed_by: wiring.fed_by,
            zeros,
        };
        ready.costs = ready
            .measure()
            .map_err(|_| LoadError::Graph { file: file.into(), reason: "a node failed on silence".into() })?;
        Ok(Arc::new(ready))
    }

    /// What the network in `bytes` says about itself, long before it can run: takes a few milliseconds.
    ///
    /// # Errors
    /// [`LoadError`] with one line that says which key is wrong, what was found and what is needed.
    pub fn contract_of(file: &str, bytes: &[u8]) -> Result<Contract, LoadError> {
        parse(&tract_onnx::onnx(), file, bytes).map(|(_, contract)| contract)
    }

    /// What the network says about itself.
    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    /// The names of the optimised graph's operators, in execution order, for checks on what really runs.
    pub fn operators(&self) -> Vec<String> {
        let order = self.plan.order_without_consts();
        order.iter().map(|&node| self.plan.model().node(node).op().name().into_owned()).collect()
    }

    /// Makes a new stream, warmed up and reset: its first frame on the audio thread costs what any other does.
    ///
    /// # Errors
    /// [`Fault`] if the network fails while it warms up.
    pub fn instance(self: &Arc<Self>) -> Result<Network, Fault> {
        let mut network = Network::new(Arc::clone(self))?;
        let mut mixture = vec![0.0; 2 * CHANNELS * self.contract.bins()];
        let mut masks = vec![0.0; STEMS * CHANNELS * self.contract.bins()];
        for frame in 0..WARM_UP_FRAMES {
            noise(frame, &mut mixture);
            network.run_frame(&mixture, &mut masks)?;
        }
        network.reset();
        Ok(network)
    }

    /// Median time of each node over a few frames, with all memory but the running frame's evicted.
    fn measure(&self) -> Result<Vec<f32>, Fault> {
        let mut probe = Network::probe(self)?;
        let mut mixture = vec![0.0; 2 * CHANNELS * self.contract.bins()];
        let mut evictor = vec![0u8; EVICTION_BYTES];
        let mut times = vec![Vec::with_capacity(TIMED_FRAMES); self.costs.len()];
        for frame in 0..TIMED_FRAMES + 3 {
            noise(frame, &mut mixture);
            evictor.iter_mut().step_by(64).for_each(|byte| *byte = byte.wrapping_add(1));
            black_box(&mut evictor);
            probe.begin(self, &mixture)?;
            for (node, times) in times.iter_mut().enumerate() {
                let start = Instant::now();
                probe.step(self, node)?;
                // The first frames pay for lazy initialisation and say nothing about later ones.
                if frame >= 3 {
                    times.push(start.elapsed().as_secs_f32());
                }
            }
            probe.finish(self, None)?;
        }
        Ok(times
            .into_iter()
            .map(|mut times| {
                times.sort_by(f32::total_cmp);
                times[times.len() / 2].max(1e-9)
            })
            .collect())
    }
}

/// tract's pooling asks for this switch at every frame, and looks for it in the process's environment under a lock that
/// whoever changes the environment holds. A value of its own, at the default, is found before that.
fn settle_switches() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Whether tract knows the switch does not matter: if not, nothing asks for it.
        let _ =
            tract_onnx::tract_core::internal::tract_data::knobs::set_str("TRACT_AVGPOOL_SEPARABLE", "false");
    });
}

/// Reads the file, and the metadata in it.
fn parse(onnx: &Onnx, file: &str, bytes: &[u8]) -> Result<(ModelProto, Contract), LoadError> {
    let proto = onnx
        .proto_model_for_read(&mut &*bytes)
        .map_err(|error| LoadError::NotOnnx { file: file.into(), reason: one_line(&error) })?;
    let props: HashMap<String, String> =
        proto.metadata_props.iter().map(|prop| (prop.key.clone(), prop.value.clone())).collect();
    let contract = Contract::from_metadata(file, &props)?;
    Ok((proto, contract))
}

/// A cheap deterministic spectrum, so that warm-up touches the same paths as audio.
fn noise(seed: usize, mixture: &mut [f32]) {
    let mut state = seed as u32 * 2_654_435_761 + 1;
    for value in mixture {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *value = (state >> 8) as f32 / 8_388_608.0 - 1.0;
    }
}

fn one_line(error: &impl Display) -> String {
    format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect()
}

/// Which graph inputs and outputs belong together.
struct Wiring {
    inputs: Vec<String>,
    fed_by: Vec<Option<usize>>,
    shares_output: usize,
}

/// Whether one of the weights is no number.
fn holds_nan(weights: &TensorProto) -> bool {
    weights.data_type == DataType::Float as i32
        && (weights.float_data.iter().any(|weight| weight.is_nan())
            || weights.raw_data.as_chunks().0.iter().any(|&bytes| f32::from_le_bytes(bytes).is_nan()))
}

impl Wiring {
    fn of(file: &str, proto: &ModelProto) -> Result<Self, LoadError> {
        let tensor = |tensor: &str, found: &str, needed: &str| LoadError::Tensor {
            file: file.into(),
            tensor: tensor.into(),
            found: found.into(),
            needed: needed.into(),
        };
        let graph = proto
            .graph
            .as_ref()
            .ok_or_else(|| LoadError::NotOnnx { file: file.into(), reason: "it holds no graph".into() })?;
        // Not left to the listener: clamping operators may turn it into shares that look like some.
        if let Some(broken) = graph.initializer.iter().find(|weights| holds_nan(weights)) {
            return Err(tensor(&broken.name, "weights that are no numbers", "a file that is whole"));
        }
        let constant = |name: &str| graph.initializer.iter().any(|tensor| tensor.name == name);
        let inputs: Vec<String> =
            graph.input.iter().map(|input| input.name.clone()).filter(|name| !constant(name)).collect();
        let outputs: Vec<&str> = graph.output.iter().map(|output| output.name.as_str()).collect();
        let shares_output = outputs
            .iter()
            .position(|name| *name == "shares")
            .ok_or_else(|| tensor("shares", "no such output", "an output f32 [1, 4, 2, F]"))?;
        if !inputs.iter().any(|name| name == "mixture") {
            return Err(tensor("mixture", "no such input", "an input f32 [1, 4, F]"));
        }
        let fed_by = inputs
            .iter()
            .map(|name| match name.as_str() {
                "mixture" => Ok(None),
                state => {
                    let next = format!("{state}_next");
                    match outputs.iter().position(|output| *output == next) {
                        Some(at) if state.starts_with("state_") => Ok(Some(at)),
                        _ => Err(tensor(
                            state,
                            "an input without a partner",
                            "`mixture`, or a pair `state_k` and `state_k_next`",
                        )),
                    }
                }
            })
            .collect::<Result<Vec<_>, _>>()?;
        for (at, name) in outputs.iter().enumerate() {
            if at != shares_output && !fed_by.contains(&Some(at)) {
                return Err(tensor(
                    name,
                    "an output without a partner",
                    "`shares`, or a pair `state_k` and `state_k_next`",
                ));
            }
        }
        Ok(Self { inputs, fed_by, shares_output })
    }

    /// Checks every shape against the contract and returns the input shapes.
    fn check(
        &self,
        file: &str,
        contract: &Contract,
        model: &TypedModel,
    ) -> Result<Vec<Vec<usize>>, LoadError> {
        let wrong = |tensor: &str, found: String, needed: String| LoadError::Tensor {
            file: file.into(),
            tensor: tensor.into(),
            found,
            needed,
        };
        let concrete = |name: &str, fact: TractResult<&TypedFact>| {
            let needed = || "f32 with every dimension a fixed number".to_owned();
            let fact = fact.map_err(|error| wrong(name, one_line(&error), needed()))?;
            match fact.shape.as_concrete() {
                Some(shape) if fact.datum_type == f32::datum_type() => Ok(shape.to_vec()),
                _ => Err(wrong(name, format!("{fact:?}"), needed())),
            }
        };
        let bins = contract.bins();
        let output = |at: usize, name: &str| concrete(name, model.output_fact(at));
        let masks = output(self.shares_output, "shares")?;
        if masks != [1, STEMS, CHANNELS, bins] {
            return Err(wrong("shares", format!("{masks:?}"), format!("[1, {STEMS}, {CHANNELS}, {bins}]")));
        }
        let mut shapes = Vec::with_capacity(self.inputs.len());
        for (at, name) in self.inputs.iter().enumerate() {
            let shape = concrete(name, model.input_fact(at))?;
            let needed = match self.fed_by[at] {
                None => vec![1, 2 * CHANNELS, bins],
                Some(next) => output(next, &format!("{name}_next"))?,
            };
            if shape != needed {
                return Err(wrong(name, format!("{shape:?}"), format!("{needed:?}")));
            }
            shapes.push(shape);
        }
        Ok(shapes)
    }
}

/// For each node in execution order, the nodes whose values it is the last to read. Constants stay, and so
/// do the graph's outputs until they are collected.
fn last_readers(plan: &TypedSimplePlan) -> Vec<Vec<usize>> {
    let model = plan.model();
    let order = plan.order_without_consts();
    let mut last = HashMap::new();
    for (step, &node) in order.iter().enumerate() {
        for input in &model.node(node).inputs {
            last.insert(input.node, step);
        }
    }
    let mut spent = vec![Vec::new(); order.len()];
    for (node, step) in last {
        let is_output = model.outputs.iter().any(|outlet| outlet.node == node);
        if !is_output && !model.node(node).op_is::<Const>() {
            spent[step].push(node);
        }
    }
    spent
}
