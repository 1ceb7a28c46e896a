//! A network file made into a plan that runs in even slices.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::{Arc, Once};
use std::time::Instant;

use tract_onnx::Onnx;
use tract_onnx::pb::ModelProto;
use tract_onnx::prelude::*;

use crate::fault::Fault;
use crate::network::contract::Contract;
use crate::network::graph::Graph;
use crate::network::load_error::{LoadError, LoadErrorKind};
use crate::network::stream::Stream;
use crate::network::wiring::{Wiring, one_line};
use crate::stems::CHANNELS;

/// A checked, optimised network: the weights and the order of execution, shared by all instances that run it. Each
/// [`crate::network::Network`] made from it holds one stream's state.
pub struct NetworkPlan {
    contract: Contract,
    graph: Graph,
    /// For each step, its cold run time in seconds.
    costs: Vec<f32>,
}

/// Frames over which node times are measured; the median of each node's times is kept.
const TIMED_FRAMES: usize = 9;

/// Frames before those, which pay for lazy initialisation.
const SETTLING_FRAMES: usize = 3;

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
        Self::read(bytes).map(Arc::new).map_err(|kind| kind.of(file))
    }

    fn read(bytes: &[u8]) -> Result<Self, LoadErrorKind> {
        settle_switches();
        let failed = |error: TractError| LoadErrorKind::Graph(one_line(&error));
        let onnx = tract_onnx::onnx();
        let (proto, contract) = parse(&onnx, bytes)?;
        let wiring = Wiring::of(&proto)?;
        let model =
            onnx.model_for_proto_model(&proto).and_then(|model| model.into_optimized()).map_err(failed)?;
        let shapes = wiring.check(&contract, &model)?;
        let graph = Graph::new(model, wiring, &shapes).map_err(failed)?;
        let costs = measure(&graph, contract.bins())
            .map_err(|_| LoadErrorKind::Graph("a node failed on noise".into()))?;
        Ok(Self { contract, graph, costs })
    }

    /// The contract of the network in `bytes`, without preparing it: takes a few milliseconds.
    ///
    /// # Errors
    /// [`LoadError`] with one line that says which key is wrong, what was found and what is needed.
    pub fn contract_of(file: &str, bytes: &[u8]) -> Result<Contract, LoadError> {
        parse(&tract_onnx::onnx(), bytes).map(|(_, contract)| contract).map_err(|kind| kind.of(file))
    }

    /// What the network says about itself. Any thread.
    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    /// Cold run time of each step in seconds, in execution order. Any thread.
    pub fn costs(&self) -> &[f32] {
        &self.costs
    }

    /// The names of the optimised graph's operators, in execution order, for checks on what really runs. Not for the
    /// audio thread.
    pub fn operators(&self) -> Vec<String> {
        self.graph.operators()
    }

    pub(super) fn graph(&self) -> &Graph {
        &self.graph
    }
}

/// Median time of each node over a few frames, with all memory but the running frame's evicted.
fn measure(graph: &Graph, bins: usize) -> Result<Vec<f32>, Fault> {
    let mut stream = Stream::new(graph)?;
    let mut mixture = vec![0.0; 2 * CHANNELS * bins];
    let mut evictor = vec![0u8; EVICTION_BYTES];
    let mut times = vec![Vec::with_capacity(TIMED_FRAMES); graph.steps()];
    for frame in 0..SETTLING_FRAMES + TIMED_FRAMES {
        noise(frame, &mut mixture);
        evictor.iter_mut().step_by(64).for_each(|byte| *byte = byte.wrapping_add(1));
        black_box(&mut evictor);
        stream.begin(graph, &mixture)?;
        for (step, times) in times.iter_mut().enumerate() {
            let start = Instant::now();
            stream.step(graph, step)?;
            if frame >= SETTLING_FRAMES {
                times.push(start.elapsed().as_secs_f32());
            }
        }
        stream.finish(graph, None)?;
    }
    let median = |mut times: Vec<f32>| {
        times.sort_by(f32::total_cmp);
        times[times.len() / 2].max(1e-9)
    };
    Ok(times.into_iter().map(median).collect())
}

/// tract's pooling operators read this switch once a frame, from the process's environment and under its lock. A value set
/// in tract itself, here the default, is found before that.
fn settle_switches() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // A tract without this switch does not ask for it either.
        let _ =
            tract_onnx::tract_core::internal::tract_data::knobs::set_str("TRACT_AVGPOOL_SEPARABLE", "false");
    });
}

/// Reads the file, and the metadata in it.
fn parse(onnx: &Onnx, bytes: &[u8]) -> Result<(ModelProto, Contract), LoadErrorKind> {
    let proto =
        onnx.proto_model_for_read(&mut &*bytes).map_err(|error| LoadErrorKind::NotOnnx(one_line(&error)))?;
    let props: HashMap<String, String> =
        proto.metadata_props.iter().map(|prop| (prop.key.clone(), prop.value.clone())).collect();
    let contract = Contract::from_metadata(&props)?;
    Ok((proto, contract))
}

/// A cheap deterministic spectrum from −1 to 1, so that measuring and warming up take the paths that audio takes.
pub(super) fn noise(frame: usize, mixture: &mut [f32]) {
    let mut state = crate::cast::saturating_u32(frame).wrapping_mul(2_654_435_761).wrapping_add(1);
    for value in mixture {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // 23 bits above the sign of an `i32`: the upper ones, which are the random ones.
        *value = crate::cast::exact_f32((state >> 8).cast_signed()) / 8_388_608.0 - 1.0;
    }
}
