//! Opens and closes the window many times while audio plays and is recorded, in each mode: the sound must not change, no
//! memory may be left behind, and the recording goes on. Prints frames a second and their cost. Needs a display: `cargo xtask window` brings one.
//!
//! `cargo run --release --package unbraid-window-tests --bin windows -- [TIMES]`

use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nice_plug::context::gui::{AsyncExecutor, GuiContext};
use nice_plug::editor::dpi::{LogicalSize, NativeSize, Size};
use nice_plug::editor::{HostMethods, ParentWindowHandle, SpawnedEditor};
use nice_plug::prelude::{Editor, Param, Params, Plugin};
use nice_plug_egui::{
    EguiEditorHandle, EguiEditorState, EguiNiceSettings, Frame, NiceEguiApp, RepaintNotifier,
    create_egui_editor,
};
use unbraid_formats::Transport;
use unbraid_plugin::Unbraid;
use unbraid_plugin::instance::Instance;
use unbraid_plugin::mode::Mode;
use unbraid_plugin::networks;
use unbraid_plugin::processor::MainBus;
use unbraid_window_tests::{RecordingPlayer, Result, open};

const RATE: f32 = 44_100.0;
const BLOCK: u16 = 512;
/// Time that each window stays open.
const OPEN: Duration = Duration::from_millis(120);
/// Time that frames are measured; and in a short run.
const WATCHED: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(3)];
/// Bytes by which the process may grow for each window beyond those for an empty one. The layers below keep some memory of
/// each window, more of the first ones; windows of ours that are left are counted exactly, by their handles.
const GROWTH: i64 = 1_500_000;

/// Fewest windows after which memory is judged.
const ENOUGH: u32 = 100;

fn main() -> Result<()> {
    let times: u32 = std::env::args().nth(1).map_or(Ok(200), |times| times.parse())?;
    let empty = if times < ENOUGH {
        0
    } else {
        // The first windows fill caches of the graphics driver.
        windows(&Empty, 20)?;
        windows(&Empty, times)?
    };
    for mode in [Mode::Studio, Mode::Live] {
        if mode == Mode::Studio || networks::HAS_LIVE {
            judge(mode, times, empty).map_err(|reason| format!("{mode:?}: {reason}"))?;
        }
    }
    Ok(())
}

/// Opens and closes `times` windows of a plug-in in this mode while it plays. `empty`: growth of the process in bytes for a
/// window with nothing in it.
fn judge(mode: Mode, times: u32, empty: i64) -> Result<()> {
    let player = Arc::new(RecordingPlayer::default());
    let mut plugin = Unbraid::with_player(player.clone());
    let instance = plugin.instance().clone();
    choose(&instance, mode);
    let editor = plugin
        .editor(AsyncExecutor::new(Arc::new(|_| {}), Arc::new(|_| {})))
        .ok_or("the plug-in has no window")?;

    let folder = tempfile::tempdir()?;
    instance.recorder.arm(folder.path())?;

    let stop = Arc::new(AtomicBool::new(false));
    let audio = thread::spawn({
        let (instance, stop) = (instance.clone(), stop.clone());
        move || play(&instance, |_| stop.load(Ordering::Relaxed))
    });

    windows(&editor, times.min(20))?;
    let handles = settled(&instance, usize::MAX);
    let ours = windows(&editor, times)?;
    let left = settled(&instance, handles).saturating_sub(handles);

    let window = open(&editor, None)?;
    thread::sleep(Duration::from_secs(1));
    player.frames.lock().map_err(|_| "a picture panicked")?.clear();
    let busy = processor_seconds();
    let watched = WATCHED[usize::from(times < ENOUGH)];
    thread::sleep(watched);
    let drawing = processor_seconds() - busy;
    let shown = std::mem::take(&mut *player.frames.lock().map_err(|_| "a picture panicked")?);
    drop(window);
    let recording = instance.recorder.recording();
    stop.store(true, Ordering::Relaxed);
    let (with_windows, blocks) = audio.join().map_err(|_| "the audio thread panicked")?;
    let missed = instance.status.missed_deadlines();
    let unseen = Instance::default();
    choose(&unseen, mode);
    let (without, _) = play(&unseen, |block| block == blocks);

    println!("{mode:?}: {times} windows opened and closed while {:.0} s of audio played", seconds(blocks));
    println!(
        "output with windows and without: {}",
        if with_windows == without { "identical" } else { "DIFFERENT" }
    );
    println!("callbacks of {BLOCK} samples that missed their deadline: {missed} of {blocks}");
    println!("windows that were not dropped when they closed: {left}");
    if times >= ENOUGH {
        println!("memory kept a window: {} kB, an empty one {} kB", ours / 1000, empty / 1000);
    }
    let mut between: Vec<f64> =
        shown.windows(2).map(|pair| 1e3 * (pair[1] - pair[0]).as_secs_f64()).collect();
    between.sort_by(f64::total_cmp);
    let percentile = |part: usize| between.get(between.len() * part / 100).copied().unwrap_or(f64::NAN);
    let count = f64::from(u32::try_from(shown.len())?);
    println!(
        "frames: {:.1} a second; from one to the next {:.1} ms, p95 {:.1} ms",
        count / watched.as_secs_f64(),
        percentile(50),
        percentile(95)
    );
    println!(
        "CPU time of a frame with everything in it, software OpenGL and audio: {:.1} ms",
        1e3 * drawing / count.max(1.0)
    );
    println!("recorded: {:.0} s, {} samples dropped", recording.seconds, recording.dropped);
    if !recording.running || recording.seconds < 0.9 * seconds(blocks) {
        return Err("the recording did not survive the windows".into());
    }
    if shown.is_empty() {
        return Err("the window drew nothing".into());
    }
    if with_windows != without {
        return Err("windows changed the sound".into());
    }
    if left > 0 || (times >= ENOUGH && ours > empty + GROWTH) {
        return Err("our windows leave memory behind".into());
    }
    Ok(())
}

/// Count of handles on the parameters, once it is at most `enough` and constant for half a second, or after half a minute.
/// baseview does not wait for a window's thread that has ended its work: its handles are dropped after the window, on a
/// busy machine much later.
fn settled(instance: &Instance, enough: usize) -> usize {
    const STILL: usize = 10;
    let mut last = Vec::new();
    for _ in 0..600 {
        let handles = Arc::strong_count(&instance.params);
        last.retain(|&seen| seen == handles);
        last.push(handles);
        if last.len() > STILL && handles <= enough {
            break;
        }
        thread::sleep(Duration::from_millis(50));
    }
    Arc::strong_count(&instance.params)
}

/// Chooses the mode, as a host would before it activates.
fn choose(instance: &Instance, mode: Mode) {
    for (id, param, _) in instance.params.param_map() {
        if id == "mode" {
            // SAFETY: the parameters are alive, and nobody else uses them yet.
            unsafe { param._internal_set_normalized_value(instance.params.mode.preview_normalized(mode)) };
        }
    }
    assert_eq!(instance.params.mode.value(), mode);
}

/// Opens and closes `times` windows. Returns the growth of the process in bytes for each.
fn windows<E: Editor>(editor: &E, times: u32) -> Result<i64> {
    let before = memory();
    for _ in 0..times {
        let window = open(editor, None)?;
        thread::sleep(OPEN);
        drop(window);
    }
    Ok((memory() - before) / i64::from(times.max(1)))
}

/// Opens windows with nothing in them, for the cost of the layers below.
struct Empty;

impl Editor for Empty {
    type Handle = EguiEditorHandle;

    fn spawn(
        &self,
        parent: Option<ParentWindowHandle>,
        wait_for_parent: bool,
        fallback_scale_factor: Option<f64>,
        gui_context: GuiContext,
        host: Option<HostMethods>,
    ) -> Result<SpawnedEditor<Self::Handle>> {
        let state = EguiEditorState::from_size(Size::from(LogicalSize { width: 1000.0, height: 640.0 }), 1.0);
        create_egui_editor(state, RepaintNotifier::default(), EguiNiceSettings::new(), Nothing)
            .ok_or("no editor")?
            .spawn(parent, wait_for_parent, fallback_scale_factor, gui_context, host)
    }

    fn size(&self) -> NativeSize<u32> {
        NativeSize { width: 1000, height: 640 }
    }
}

/// Draws nothing, as often as a window with moving parts.
struct Nothing;

impl NiceEguiApp for Nothing {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut Frame) {
        ui.ctx().request_repaint_after(Duration::from_millis(16));
    }
}

/// Plays noise until `done`, which gets the number of blocks, in real time if there is a player. Returns a hash of the
/// output and the number of blocks.
fn play(instance: &Instance, done: impl Fn(u32) -> bool) -> (u64, u32) {
    let mut processor = instance.prepare(None, RATE, BLOCK.into()).expect("the built-in network runs");
    let realtime = instance.player.is_some();
    let mut hash = DefaultHasher::new();
    let mut noise = 1u32;
    let [mut left, mut right] = [[0.0f32; BLOCK as usize]; 2];
    let start = Instant::now();
    let mut block = 0;
    while !done(block) {
        for sample in left.iter_mut().chain(&mut right) {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // The generator's upper bits.
            let [_, _, low, high] = noise.to_le_bytes();
            *sample = f32::from(u16::from_le_bytes([low, high])) / f32::from(u16::MAX) - 0.5;
        }
        let began = Instant::now();
        processor.begin(Transport::default(), BLOCK.into());
        processor.process(MainBus::Stereo([&mut left, &mut right]), Default::default());
        processor.report(began, BLOCK.into());
        left.iter().chain(&right).for_each(|sample| hash.write_u32(sample.to_bits()));
        block += 1;
        if realtime {
            let due = start + Duration::from_secs_f64(seconds(block));
            thread::sleep(due.saturating_duration_since(Instant::now()));
        }
    }
    (hash.finish(), block)
}

fn seconds(blocks: u32) -> f64 {
    f64::from(blocks) * f64::from(BLOCK) / f64::from(RATE)
}

/// Resident memory of this process in bytes, without what the C library keeps for later.
fn memory() -> i64 {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: may be called at any time, by any thread.
    unsafe {
        libc::malloc_trim(0);
    }
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split(' ').nth(1)?.parse::<i64>().ok());
    4096 * pages.unwrap_or(0)
}

/// CPU time of all threads so far in seconds.
fn processor_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Fields 14 and 15, in hundredths of a second; the second field is a name in brackets.
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: f64 = fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks / 100.0
}
