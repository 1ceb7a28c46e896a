//! The figures for people.

use super::quantiles::Quantiles;
use super::report::{ModeReport, Report};

/// Prints the report.
pub fn print(report: &Report) {
    let machine = &report.machine;
    println!("\nunbraid {}, {} form, {:.0} s", machine.version, report.form, report.seconds);
    let load = machine.load_average.map_or_else(String::new, |load| format!(", load average before {load}"));
    println!("{} x {}, {}{load}", machine.cores, machine.cpu, machine.system);
    let [clap, vst3] = report.bundle_bytes.map(|bytes| bytes as f64 / 1e6);
    println!("bundles: CLAP {clap:.1} MB, VST3 {vst3:.1} MB");
    for mode in &report.modes {
        print_mode(mode);
    }
}

fn print_mode(report: &ModeReport) {
    let life = &report.lifetime;
    println!("\n{}", report.mode);
    println!(
        "  activation: first {:.0} ms, repeated {:.2} ms, other blocks {:.2} ms, further instance {:.0} ms",
        life.first_activation_ms,
        life.repeated_activation_ms,
        life.other_block_activation_ms,
        life.further_activation_ms
    );
    if let (Some(first), Some(further)) = (life.first_instance_mb, life.further_instance_mb) {
        println!("  memory: first instance {first:.1} MB, each further {further:.1} MB");
    }
    let peer = &report.peer;
    println!(
        "  network: {:.0} us a frame, onnxruntime {} on one thread {:.0} us, ratio {:.2}",
        peer.ours_us, peer.onnxruntime_version, peer.onnxruntime_us, peer.ratio
    );

    let stages = &report.stages;
    println!("\n  a hop of {} samples at {} Hz, blocks of {}:", stages.hop, stages.rate, stages.block);
    for stage in &stages.stages {
        println!(
            "  {:<44}{:>8.1} us {:>6.2} %",
            stage.stage,
            stage.us_per_hop,
            stages.percent(stage.us_per_hop)
        );
    }
    println!(
        "  {:<44}{:>8.1} us {:>6.2} %",
        "together",
        stages.us_per_hop,
        stages.percent(stages.us_per_hop)
    );

    println!("\n  share of one core in percent; processor time: without other programs' interruptions");
    println!(
        "  {:>6} {:>5} {:>7} {:>6}  {:^27}  {:^27}  {:^27}  {:>5} {:>5}",
        "Hz", "block", "latency", "calls", "wall", "processor", "control loop (wall)", "slice", "alloc"
    );
    let heads = ["mean", "p99", "p99.9", "max"].map(|head| format!("{head:>6}")).join(" ");
    println!("  {:28} {heads}  {heads}  {heads}", "");
    for cell in &report.cells {
        let slice = cell.worst_slice_over_mean.map_or_else(|| "-".into(), |worst| format!("{worst:.2}"));
        let allocations = cell.system_allocations.map_or_else(|| "?".into(), |count| count.to_string());
        println!(
            "  {:>6} {:>5} {:>7} {:>6}  {}  {}  {}  {slice:>5} {allocations:>5}",
            cell.rate,
            cell.block,
            cell.latency,
            cell.callbacks,
            shown(&cell.wall_percent),
            shown(&cell.cpu_percent),
            shown(&cell.control_percent),
        );
    }
}

fn shown(quantiles: &Quantiles) -> String {
    [quantiles.mean, quantiles.p99, quantiles.p999, quantiles.max]
        .map(|value| format!("{value:>6.2}"))
        .join(" ")
}
