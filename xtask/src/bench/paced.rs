//! Real time: two instances, each on a core, beside a process that loads the machine, and on each core a control loop
//! that owes nothing to the plug-in. A deadline that the plug-in misses counts as the machine's doing only where the
//! control on the same core missed one at the same time, or where the plug-in's thread was woken so late that the
//! control in its place would have missed it.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Serialize;
use unbraid_host::{ClapHost, Error};

use super::cells::{RATE, song};
use super::control::Control;
use super::machine::Machine;
use super::priority;
use super::quantiles::{Quantiles, median};
use super::report::write_json;
use unbraid_separate::Mode;

const BLOCKS: [usize; 2] = [64, 128];
const INSTANCES: usize = 2;
/// Callbacks before the clocks count.
const WARM_UP: usize = 2000;

/// All figures of a paced run.
#[derive(Serialize)]
struct Report {
    machine: Machine,
    minutes: u32,
    /// Whether control loops stood in the plug-in's place.
    without_plugin: bool,
    /// Whether audio threads ran before all ordinary threads, as in a DAW.
    real_time_priority: bool,
    /// Whether each instance and its control stayed on one core.
    pinned: bool,
    runs: Vec<Run>,
}

/// One block size.
#[derive(Serialize)]
struct Run {
    /// The mode of each instance.
    modes: Vec<&'static str>,
    block: usize,
    /// Periods of the time of each instance.
    periods: usize,
    plugin: Vec<Deadlines>,
    control: Vec<Deadlines>,
    /// The plug-in's misses where its thread was woken too late even for the control's work.
    misses_woken_too_late: usize,
    /// The plug-in's misses that the control neither suffered at that time nor would have in its place.
    misses_of_the_plugin_alone: usize,
}

/// How one thread kept its deadlines: the next period's begin is when it must have finished.
#[derive(Serialize)]
struct Deadlines {
    misses: usize,
    /// From the period's begin to the end of the work, in percent of the period.
    finished_percent: Quantiles,
    /// From the begin of the work to its end, in percent of the period.
    worked_percent: Quantiles,
}

/// One period: when it began, how much later work began, and how much later it ended.
#[derive(Clone, Copy)]
struct Period {
    due: Instant,
    begun: Duration,
    ended: Duration,
}

/// Runs all block sizes, `minutes` each, the instances in `modes` by turns.
///
/// With `without_plugin` another control loop, as long as the plug-in's work, stands in its place: how many deadlines
/// count as missed by the plug-in alone where there is none to miss them.
pub fn main(
    clap: &Path,
    modes: &[Mode],
    minutes: u32,
    without_plugin: bool,
    json: Option<&Path>,
) -> Result<()> {
    let mut report = Report {
        machine: Machine::here(),
        minutes,
        without_plugin,
        real_time_priority: thread::spawn(|| priority::real_time(false)).join().is_ok_and(|allowed| allowed),
        pinned: thread::spawn(|| (0..INSTANCES).all(priority::stay_on)).join().is_ok_and(|allowed| allowed),
        runs: Vec::new(),
    };
    if !report.real_time_priority {
        eprintln!(
            "no real-time priority here: the audio threads share the cores on equal terms with all others"
        );
    }
    for block in BLOCKS {
        let run = run(clap, modes, block, Duration::from_secs(60 * u64::from(minutes)), without_plugin)?;
        print(&run);
        report.runs.push(run);
    }
    if let Some(file) = json {
        write_json(file, &report)?;
    }
    Ok(())
}

/// Processes that keep every core busy until they are dropped.
struct Load(Vec<Child>);

impl Load {
    fn start() -> Result<Self> {
        let busy = |_| {
            // This program's own control loop, over and over, at an ordinary priority.
            Command::new(std::env::current_exe()?)
                .args(["bench", "--busy"])
                .stdin(Stdio::null())
                .spawn()
                .context("cannot start a loading process")
        };
        Ok(Self((0..INSTANCES).map(busy).collect::<Result<_>>()?))
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // It may have ended by itself; then there is nothing left to end.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Moves memory about for as long as the process lives: what loads a machine is not arithmetic alone.
pub fn busy() -> ! {
    let mut memory = vec![1u8; 64 << 20];
    let control = Control::lasting(Duration::from_millis(2));
    loop {
        let half = memory.len() / 2;
        memory.copy_within(..half, half);
        std::hint::black_box(&mut memory);
        control.run();
    }
}

fn run(clap: &Path, modes: &[Mode], block: usize, length: Duration, without_plugin: bool) -> Result<Run> {
    let modes: Vec<_> = modes.iter().copied().cycle().take(INSTANCES).collect();
    let names: Vec<_> = modes.iter().map(|mode| mode.text()).collect();
    eprintln!("{}: {} s in blocks of {block}", names.join(" and "), length.as_secs());
    let period = Duration::from_secs_f64(block as f64 / RATE);
    let periods = (length.as_secs_f64() / period.as_secs_f64()) as usize;
    let _load = Load::start()?;
    let ready = Barrier::new(INSTANCES);
    let over = AtomicBool::new(false);
    let results: Vec<_> = thread::scope(|scope| {
        let core = |core: usize| {
            let (ready, over) = (&ready, &over);
            let mode = modes[core];
            scope
                .spawn(move || on_core(clap, mode, block, core, period, periods, without_plugin, ready, over))
        };
        let cores: Vec<_> = (0..INSTANCES).map(core).collect();
        cores.into_iter().map(|core| core.join().expect("an audio thread panicked")).collect()
    });
    let results = results.into_iter().collect::<Result<Vec<_>>>()?;
    let each = || results.iter().map(|(plugin, control)| (&plugin[..], &control[..]));
    let late = |(plugin, control)| woken_too_late(plugin, median_work(control), period).count();
    let alone = |(plugin, control)| misses_alone(plugin, control, period);
    Ok(Run {
        modes: names,
        block,
        periods,
        plugin: results.iter().map(|(plugin, _)| deadlines(plugin, period)).collect(),
        control: results.iter().map(|(_, control)| deadlines(control, period)).collect(),
        misses_woken_too_late: each().map(late).sum(),
        misses_of_the_plugin_alone: each().map(alone).sum(),
    })
}

/// One instance and its control on one core.
#[expect(clippy::too_many_arguments, reason = "one run, handed to its threads once")]
fn on_core(
    clap: &Path,
    mode: Mode,
    block: usize,
    core: usize,
    period: Duration,
    periods: usize,
    without_plugin: bool,
    ready: &Barrier,
    over: &AtomicBool,
) -> Result<(Vec<Period>, Vec<Period>)> {
    let prepared = (|| {
        let mut host = ClapHost::load(clap)?;
        host.set_text("mode", mode.text())?;
        host.activate(RATE, block as u32)?;
        Ok::<_, Error>(host)
    })();
    // All get here, so that no thread waits for one that failed.
    ready.wait();
    let mut host = prepared?;
    let buses = host.output_ports().len();
    let song = song();
    host.clocked(&song, block, buses, |call| {
        let mut cpu = Duration::ZERO;
        for _ in 0..WARM_UP {
            cpu += call()?.cpu;
        }
        let control = Control::lasting(cpu / WARM_UP as u32);
        priority::stay_on(core);
        thread::scope(|scope| {
            let controls = scope.spawn(move || {
                priority::stay_on(core);
                // Before the plug-in, whose long callback would else be the control's delay.
                priority::real_time(true);
                let stop = || over.load(Ordering::Relaxed);
                let step = || Ok(control.run().0);
                // Half a period apart from the plug-in's, so that the two do not begin at the same moment.
                paced(Instant::now() + period / 2, period, periods, stop, step)
            });
            priority::real_time(false);
            let step = || if without_plugin { Ok(control.run().0) } else { Ok(call()?.start) };
            let plugin = paced(Instant::now(), period, periods, || false, step);
            over.store(true, Ordering::Relaxed);
            let controls = controls.join().expect("a control thread panicked")?;
            Ok((plugin?, controls))
        })
    })
    .map_err(Into::into)
}

/// Calls `step`, which says when it began, once a period.
fn paced(
    start: Instant,
    period: Duration,
    periods: usize,
    stop: impl Fn() -> bool,
    mut step: impl FnMut() -> Result<Instant, Error>,
) -> Result<Vec<Period>, Error> {
    let mut found = Vec::with_capacity(periods);
    let mut due = start;
    while found.len() < periods && !stop() {
        let now = Instant::now();
        if due > now {
            thread::sleep(due - now);
        }
        let begun = step()?;
        let ended = due.elapsed();
        found.push(Period { due, begun: begun - due, ended });
        due += period;
        // A missed deadline is one miss: what comes after starts afresh, as a driver does after a dropout.
        while ended > period && due + period < Instant::now() {
            due += period;
        }
    }
    Ok(found)
}

fn deadlines(periods: &[Period], period: Duration) -> Deadlines {
    let percent = |time: Duration| 100.0 * time.as_secs_f64() / period.as_secs_f64();
    Deadlines {
        misses: periods.iter().filter(|one| one.ended > period).count(),
        finished_percent: Quantiles::of(periods.iter().map(|one| percent(one.ended)).collect()),
        worked_percent: Quantiles::of(periods.iter().map(|one| percent(one.ended - one.begun)).collect()),
    }
}

/// What the control's work takes where nothing disturbs it.
fn median_work(control: &[Period]) -> Duration {
    let works = control.iter().map(|one| (one.ended - one.begun).as_secs_f64()).collect();
    Duration::from_secs_f64(median(works))
}

fn missed(one: &Period, period: Duration) -> bool {
    one.ended > period
}

/// Misses where work of the control's length, begun when the plug-in's was, would have missed as well.
fn woken_too_late(plugin: &[Period], work: Duration, period: Duration) -> impl Iterator<Item = &Period> {
    plugin.iter().filter(move |one| missed(one, period) && one.begun + work > period)
}

/// Misses that the control neither suffered at the same time, give or take a period, nor would have in the plug-in's
/// place.
fn misses_alone(plugin: &[Period], control: &[Period], period: Duration) -> usize {
    let span = |one: &Period| (one.due, one.due + one.ended);
    let controls: Vec<_> = control.iter().filter(|one| missed(one, period)).map(span).collect();
    let shared = |(from, to): (Instant, Instant)| {
        controls.iter().any(|&(start, end)| start <= to + period && from <= end + period)
    };
    let work = median_work(control);
    let in_time = |one: &&Period| one.begun + work <= period;
    plugin.iter().filter(|one| missed(one, period)).filter(in_time).filter(|one| !shared(span(one))).count()
}

fn print(run: &Run) {
    println!("blocks of {} at {RATE} Hz, {} periods an instance:", run.block, run.periods);
    for (core, ((plugin, control), mode)) in run.plugin.iter().zip(&run.control).zip(&run.modes).enumerate() {
        for (name, who) in [(*mode, plugin), ("control", control)] {
            let Quantiles { median, p99, p999, max, .. } = who.finished_percent;
            println!(
                "  core {core} {name}: {} missed; done after (% of the period): median {median:.1}, p99 {p99:.1}, \
                 p99.9 {p999:.1}, max {max:.1}; worked at most {:.1}",
                who.misses, who.worked_percent.max
            );
        }
    }
    println!(
        "  of the plug-in's misses, {} were woken too late; missed by the plug-in alone: {}",
        run.misses_woken_too_late, run.misses_of_the_plugin_alone
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn periods(start: Instant, period: Duration, late: &[usize]) -> Vec<Period> {
        (0..20)
            .map(|at| {
                let ended = if late.contains(&at) { period * 3 / 2 } else { period / 10 };
                Period { due: start + period * at as u32, begun: Duration::ZERO, ended }
            })
            .collect()
    }

    #[test]
    fn a_miss_is_the_machines_only_where_the_control_missed_too() {
        let period = Duration::from_millis(1);
        let start = Instant::now();
        let plugin = periods(start, period, &[3, 12]);
        assert_eq!(deadlines(&plugin, period).misses, 2);
        assert_eq!(misses_alone(&plugin, &periods(start, period, &[]), period), 2);
        assert_eq!(misses_alone(&plugin, &periods(start, period, &[3]), period), 1);
        assert_eq!(misses_alone(&plugin, &periods(start, period, &[4, 11]), period), 0);
    }

    #[test]
    fn a_miss_is_the_machines_where_the_thread_was_woken_too_late_for_anything() {
        let period = Duration::from_millis(1);
        let start = Instant::now();
        let mut plugin = periods(start, period, &[3, 12]);
        let control = periods(start, period, &[]);
        plugin[3].begun = period * 19 / 20;
        assert_eq!(woken_too_late(&plugin, median_work(&control), period).count(), 1);
        assert_eq!(misses_alone(&plugin, &control, period), 1);
    }
}
