//! The state of one stream through a graph, run node by node on the audio thread.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tract_onnx::prelude::multithread::{Executor, multithread_tract_scope};
use tract_onnx::prelude::*;

use crate::fault::Fault;
use crate::masks::Masks;
use crate::memory::{Pool, PoolCounters};
use crate::network::graph::Graph;

/// What changes from frame to frame, and the memory it lives in.
pub struct Stream {
    frames: Frames,
    /// After the frames, whose values are freed into it.
    pool: Pool,
}

/// The graph's values.
struct Frames {
    state: TypedSimpleState,
    /// The graph's inputs for the next frame, in its order. The mixture is put in when the frame begins.
    inputs: Vec<TValue>,
}

impl Stream {
    /// A stream at its beginning. Not for the audio thread.
    pub fn new(graph: &Graph) -> Result<Self, Fault> {
        let state = graph.spawn().map_err(|_| Fault)?;
        let inputs = graph.inputs().map(|(_, zero)| zero.clone()).collect();
        Ok(Self { frames: Frames { state, inputs }, pool: Pool::take() })
    }

    /// Runs `work` with this stream's memory pool and without tract's global thread executor. An error or a panic inside
    /// becomes a [`Fault`], its message dropped unread: formatting it would allocate.
    fn contained(&mut self, work: impl FnOnce(&mut Frames) -> TractResult<()>) -> Result<(), Fault> {
        let Self { frames, pool } = self;
        let outcome = pool.run(|| {
            catch_unwind(AssertUnwindSafe(|| {
                multithread_tract_scope(Executor::SingleThread, || work(frames)).map_err(|_| Fault)
            }))
        });
        outcome.unwrap_or(Err(Fault))
    }

    pub fn begin(&mut self, graph: &Graph, mixture: &[f32]) -> Result<(), Fault> {
        self.contained(|frames| {
            frames.feed(graph, mixture)?;
            for (index, value) in frames.inputs.drain(..).enumerate() {
                frames.state.set_input(index, value)?;
            }
            Ok(())
        })
    }

    /// Runs one node. Its inputs are taken out of the value table before values that no later step reads are
    /// dropped, so that an operator that works in place finds itself the only owner, as in tract's own `run`.
    pub fn step(&mut self, graph: &Graph, step: usize) -> Result<(), Fault> {
        self.contained(|frames| {
            let node = graph.node(step);
            let inputs = frames.state.prepare_inputs(node)?;
            for &spent in graph.last_reads(step) {
                frames.state.turn_state.values[spent] = None;
            }
            frames.state.compute_one_with_inputs(node, inputs)
        })
    }

    /// Ends a frame and writes its masks, if asked for.
    pub fn finish(&mut self, graph: &Graph, masks: Option<&mut Masks>) -> Result<(), Fault> {
        self.contained(|frames| {
            let outputs = frames.state.outputs()?;
            frames.state.reset_turn()?;
            frames.collect(graph, &outputs, masks)
        })
    }

    /// Runs a whole frame through tract's own `run`, to compare with.
    #[cfg(test)]
    pub fn run_unsliced(&mut self, graph: &Graph, mixture: &[f32], masks: &mut Masks) -> Result<(), Fault> {
        self.contained(|frames| {
            frames.feed(graph, mixture)?;
            let outputs = frames.state.run(frames.inputs.drain(..).collect())?;
            frames.collect(graph, &outputs, Some(masks))
        })
    }

    pub fn reset(&mut self, graph: &Graph) {
        // Inside the pool, because clearing drops tract's values, which go straight back to it.
        let cleared = self.contained(|frames| {
            frames.inputs.clear();
            frames.inputs.extend(graph.inputs().map(|(_, zero)| zero.clone()));
            // The table is empty until the first frame.
            if !frames.state.turn_state.values.is_empty() {
                frames.state.reset_turn()?;
            }
            Ok(())
        });
        debug_assert!(cleared.is_ok(), "clearing runs no operator");
    }

    /// The recurrent states after the last frame, in the order of the graph's inputs. Not for the audio thread.
    pub fn states(&self, graph: &Graph) -> Vec<Vec<f32>> {
        let recurrent = graph.inputs().zip(&self.frames.inputs).filter(|((fed_by, _), _)| fed_by.is_some());
        recurrent
            .map(|(_, value)| value.to_plain_array_view::<f32>().map(|view| view.iter().copied().collect()))
            .map(Result::unwrap_or_default)
            .collect()
    }

    /// What the stream's memory pool was asked for so far.
    pub fn memory(&self) -> PoolCounters {
        self.pool.counters()
    }
}

impl Frames {
    /// Puts the mixture among the inputs.
    fn feed(&mut self, graph: &Graph, mixture: &[f32]) -> TractResult<()> {
        for (input, (fed_by, zero)) in self.inputs.iter_mut().zip(graph.inputs()) {
            if fed_by.is_none() {
                *input = Tensor::from_shape(zero.shape(), mixture)?.into_tvalue();
            }
        }
        Ok(())
    }

    /// Copies the masks out and keeps the states for the next frame.
    fn collect(&mut self, graph: &Graph, outputs: &[TValue], masks: Option<&mut Masks>) -> TractResult<()> {
        if let Some(masks) = masks {
            let output = outputs[graph.masks_output()].try_as_plain_ram()?;
            masks.as_mut_slice().copy_from_slice(output.as_slice::<f32>()?);
        }
        self.inputs.clear();
        for (fed_by, zero) in graph.inputs() {
            self.inputs.push(fed_by.map_or_else(|| zero.clone(), |output| outputs[output].clone()));
        }
        Ok(())
    }
}
