//! The figures, as a table or as JSON.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use unbraid_engine::FrameConfig;
use unbraid_engine::network::NetworkPlan;

use crate::RATE;
use crate::measure::{Run, slices};

pub struct Report {
    pub config: FrameConfig,
    pub block: usize,
    pub optimise: Duration,
    pub warm_up: Duration,
    pub set_up: Duration,
    pub alone_us: f64,
    pub run: Run,
    pub plan: Arc<NetworkPlan>,
}

impl Report {
    fn us_per_hop(&self, time: Duration) -> f64 {
        1e6 * time.as_secs_f64() / self.run.hops
    }

    fn total_us(&self) -> f64 {
        self.run.callbacks.iter().sum::<f64>() / self.run.hops
    }

    /// Microseconds per hop of each stage.
    fn stages(&self) -> [(&'static str, f64); 7] {
        let times = &self.run.times;
        [
            ("window and transform the input", self.us_per_hop(times.analyse)),
            ("hand over to the network", self.us_per_hop(times.begin)),
            ("network", self.us_per_hop(times.infer.iter().sum())),
            ("check and focus the masks", self.us_per_hop(times.mask)),
            ("separate the spectra", self.us_per_hop(times.separate)),
            ("transform back, overlap-add", self.us_per_hop(times.synthesise)),
            ("rings and mixing", self.total_us() - self.us_per_hop(times.total())),
        ]
    }

    /// Count of each operator and its microseconds per hop, the slowest first.
    fn operators(&self) -> Vec<(String, usize, f64)> {
        let mut operators = BTreeMap::<String, (usize, f64)>::new();
        for (name, &time) in self.plan.operators().into_iter().zip(&self.run.times.infer) {
            let entry = operators.entry(name).or_default();
            entry.0 += 1;
            entry.1 += self.us_per_hop(time);
        }
        let mut operators: Vec<_> =
            operators.into_iter().map(|(name, (count, us))| (name, count, us)).collect();
        operators.sort_by(|one, other| other.2.total_cmp(&one.2));
        operators
    }

    pub fn json(&self) -> Value {
        let stage = |(name, us): (&str, f64)| json!({ "stage": name, "us_per_hop": us });
        let operator = |(name, count, us): (String, usize, f64)| json!({ "operator": name, "count": count, "us_per_hop": us });
        json!({
            "hop": self.config.hop,
            "rate": RATE,
            "block": self.block,
            "optimise_ms": milliseconds(self.optimise),
            "warm_up_ms": milliseconds(self.warm_up),
            "set_up_ms": milliseconds(self.set_up),
            "network_alone_us": self.alone_us,
            "us_per_hop": self.total_us(),
            "stages": self.stages().map(stage),
            "operators": self.operators().into_iter().map(operator).collect::<Vec<_>>(),
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hop = self.config.hop;
        let load = |us: f64| format!("{us:8.1} us {:6.2} % of a core", us * RATE / hop as f64 / 1e4);
        writeln!(
            f,
            "read and optimise {:.1} ms, warm an instance up {:.1} ms, set an engine up {:.1} ms",
            milliseconds(self.optimise),
            milliseconds(self.warm_up),
            milliseconds(self.set_up)
        )?;
        writeln!(f, "a hop of {hop} samples at {RATE} Hz, blocks of {}:", self.block)?;
        for (name, us) in self.stages() {
            writeln!(f, "  {name:<44}{}", load(us))?;
        }
        writeln!(f, "  {:<44}{}", "together", load(self.total_us()))?;
        if self.config.slicing > 0 && hop.is_multiple_of(self.block) {
            let slices = slices(&self.run.callbacks, hop / self.block);
            let mean = slices.iter().sum::<f64>() / slices.len() as f64;
            let largest = slices.iter().copied().fold(0.0, f64::max);
            writeln!(f, "  worst slice over mean {:.2}; slices in us {slices:.0?}", largest / mean)?;
        }
        let (steps, alone) = (self.plan.costs().len(), self.alone_us);
        writeln!(f, "the network by operator ({steps} steps; alone and hot {alone:.1} us):")?;
        for (name, count, us) in self.operators() {
            writeln!(f, "  {count:>3} x {name:<38}{}", load(us))?;
        }
        Ok(())
    }
}

fn milliseconds(duration: Duration) -> f64 {
    1e3 * duration.as_secs_f64()
}
