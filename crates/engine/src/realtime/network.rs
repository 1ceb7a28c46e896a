//! One stream through a prepared network: the long-lived state and its sliced execution.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tract_onnx::prelude::multithread::{Executor, multithread_tract_scope};
use tract_onnx::prelude::*;

use super::{Fault, Separator};
use crate::memory::{Pool, PoolCounters};
use crate::prepare::{Contract, NetworkPlan};

/// A stream of frames through a [`NetworkPlan`], with its recurrent state and the memory it runs in.
pub struct Network {
    plan: Arc<NetworkPlan>,
    stream: Stream,
}

impl Network {
    pub(crate) fn new(plan: Arc<NetworkPlan>) -> Result<Self, Fault> {
        let stream = Stream::new(&plan)?;
        Ok(Self { plan, stream })
    }

    /// A stream for measuring a plan that is not shared yet.
    pub(crate) fn probe(plan: &NetworkPlan) -> Result<Stream, Fault> {
        Stream::new(plan)
    }

    /// The plan this stream belongs to.
    pub fn plan(&self) -> &Arc<NetworkPlan> {
        &self.plan
    }

    /// What the stream's memory pool was asked for so far.
    pub fn memory(&self) -> PoolCounters {
        self.stream.pool.counters()
    }

    /// The recurrent states after the last frame, in the order of the graph's inputs. Not for the audio
    /// thread: it allocates.
    pub fn states(&self) -> Vec<Vec<f32>> {
        let recurrent =
            self.plan.fed_by.iter().zip(&self.stream.inputs).filter(|(fed_by, _)| fed_by.is_some());
        recurrent
            .map(|(_, value)| value.to_plain_array_view::<f32>().map(|view| view.iter().copied().collect()))
            .map(Result::unwrap_or_default)
            .collect()
    }

    /// Runs a whole frame through tract's own `run`, for comparison with the sliced execution.
    ///
    /// # Errors
    /// [`Fault`] if tract reports an error.
    pub fn run_frame_unsliced(&mut self, mixture: &[f32], masks: &mut [f32]) -> Result<(), Fault> {
        self.stream.guarded(|stream| {
            stream.feed(&self.plan, mixture)?;
            let inputs = stream.inputs.drain(..).collect();
            let outputs = stream.state.run(inputs)?;
            stream.collect(&self.plan, outputs, Some(masks))
        })
    }
}

impl Separator for Network {
    fn contract(&self) -> &Contract {
        self.plan.contract()
    }

    fn costs(&self) -> &[f32] {
        &self.plan.costs
    }

    fn begin(&mut self, mixture: &[f32]) -> Result<(), Fault> {
        self.stream.begin(&self.plan, mixture)
    }

    fn step(&mut self, index: usize) -> Result<(), Fault> {
        self.stream.step(&self.plan, index)
    }

    fn finish(&mut self, masks: &mut [f32]) -> Result<(), Fault> {
        self.stream.finish(&self.plan, Some(masks))
    }

    fn reset(&mut self) {
        self.stream.reset(&self.plan);
    }

    fn memory_fallbacks(&self) -> u64 {
        self.stream.pool.counters().overflows
    }
}

/// The part of a [`Network`] that changes from frame to frame.
pub(crate) struct Stream {
    state: TypedSimpleState,
    /// The graph's inputs for the next frame, in its order. The mixture's place is filled when it begins.
    inputs: Vec<TValue>,
    pool: Pool,
}

impl Stream {
    fn new(plan: &NetworkPlan) -> Result<Self, Fault> {
        let state = plan.plan.spawn().map_err(|_| Fault)?;
        Ok(Self { state, inputs: plan.zeros.clone(), pool: Pool::take() })
    }

    /// Runs `work` with this stream's memory pool and without tract's global thread executor. An error or a
    /// panic inside becomes a [`Fault`]: what it says is dropped unread, since nobody may format it here.
    fn guarded<R>(&mut self, work: impl FnOnce(&mut Self) -> TractResult<R>) -> Result<R, Fault> {
        let pool = self.pool.enter();
        let result =
            catch_unwind(AssertUnwindSafe(|| multithread_tract_scope(Executor::SingleThread, || work(self))));
        let result = match result {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(_)) | Err(_) => Err(Fault),
        };
        drop(pool);
        result
    }

    pub(crate) fn begin(&mut self, plan: &NetworkPlan, mixture: &[f32]) -> Result<(), Fault> {
        self.guarded(|stream| {
            stream.feed(plan, mixture)?;
            for (at, value) in stream.inputs.drain(..).enumerate() {
                stream.state.set_input(at, value)?;
            }
            Ok(())
        })
    }

    /// Runs one node. Its inputs are taken out of the value table before values that nobody needs any more
    /// are dropped, so that an operator that works in place finds itself the only owner, as in `run`.
    pub(crate) fn step(&mut self, plan: &NetworkPlan, index: usize) -> Result<(), Fault> {
        self.guarded(|stream| {
            let node = plan.plan.order_without_consts()[index];
            let inputs = stream.state.prepare_inputs(node)?;
            for &spent in &plan.spent[index] {
                stream.state.turn_state.values[spent] = None;
            }
            stream.state.compute_one_with_inputs(node, inputs)
        })
    }

    pub(crate) fn finish(&mut self, plan: &NetworkPlan, masks: Option<&mut [f32]>) -> Result<(), Fault> {
        self.guarded(|stream| {
            let outputs = stream.state.outputs()?;
            stream.state.reset_turn()?;
            stream.collect(plan, outputs, masks)
        })
    }

    fn reset(&mut self, plan: &NetworkPlan) {
        // Clearing drops tract's values; the guard is there so that they go straight back to the pool.
        let cleared = self.guarded(|stream| {
            stream.inputs.clear();
            stream.inputs.extend(plan.zeros.iter().cloned());
            // The table is empty until the first frame.
            if !stream.state.turn_state.values.is_empty() {
                stream.state.reset_turn()?;
            }
            Ok(())
        });
        debug_assert!(cleared.is_ok(), "clearing runs no operator");
    }

    /// Puts the mixture among the inputs.
    fn feed(&mut self, plan: &NetworkPlan, mixture: &[f32]) -> TractResult<()> {
        for ((input, fed_by), zero) in self.inputs.iter_mut().zip(&plan.fed_by).zip(&plan.zeros) {
            if fed_by.is_none() {
                *input = Tensor::from_shape(zero.shape(), mixture)?.into_tvalue();
            }
        }
        Ok(())
    }

    /// Copies the shares out and keeps the states for the next frame.
    fn collect(
        &mut self,
        plan: &NetworkPlan,
        outputs: TVec<TValue>,
        masks: Option<&mut [f32]>,
    ) -> TractResult<()> {
        if let Some(masks) = masks {
            masks.copy_from_slice(outputs[plan.shares_output].try_as_plain_ram()?.as_slice::<f32>()?);
        }
        self.inputs.clear();
        for (fed_by, zero) in plan.fed_by.iter().zip(&plan.zeros) {
            self.inputs.push(fed_by.map_or_else(|| zero.clone(), |output| outputs[output].clone()));
        }
        Ok(())
    }
}
