//! Opens and closes the window again and again while audio plays, in each mode, and says what that did to the sound, to
//! the memory and to the time a picture takes. Needs a display: `cargo xtask window` brings one.
//!
//! `cargo run --release --package unbraid-plugin --example windows -- [TIMES]`

#[path = "shared/host.rs"]
mod host;

use std::hash::{DefaultHasher, Hasher};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
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
use unbraid_plugin::Unbraid;
use unbraid_plugin::instance::Instance;
use unbraid_plugin::mode::Mode;
use unbraid_plugin::networks;
use unbraid_plugin::player::{Playback, Player};
use unbraid_plugin::processor::MainBus;

const RATE: f32 = 44_100.0;
const BLOCK: usize = 512;
/// How long each window stays open.
const OPEN: Duration = Duration::from_millis(120);
/// How long the window is watched whose pictures are timed; and of a short run.
const WATCHED: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(3)];
/// By how many bytes more than for an empty window the process may grow for each of ours. The layers below keep some
/// of each window on their own, more of the first ones; whether any of ours is left is counted exactly, by its handles.
const GROWTH: i64 = 1_500_000;

/// With fewer windows than this, what the first ones leave behind says nothing about the others, and memory is not judged.
const ENOUGH: usize = 100;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let times: usize = std::env::args().nth(1).map_or(Ok(200), |times| times.parse())?;
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

/// Opens and closes `times` windows of a plug-in in this mode while it plays. `empty` is by how many bytes a window with
/// nothing in it makes the process grow.
fn judge(mode: Mode, times: usize, empty: i64) -> Result<(), Box<dyn std::error::Error>> {
    let frames = Arc::new(Frames::default());
    let mut plugin = Unbraid::with_player(frames.clone());
    let instance = plugin.instance().clone();
    choose(&instance, mode);
    let editor = plugin
        .editor(AsyncExecutor::new(Arc::new(|_| {}), Arc::new(|_| {})))
        .ok_or("the plug-in has no window")?;

    let stop = Arc::new(AtomicBool::new(false));
    let audio = thread::spawn({
        let (instance, stop) = (instance.clone(), stop.clone());
        move || play(&instance, |_| stop.load(Ordering::Relaxed))
    });

    windows(&editor, times.min(20))?;
    let handles = settled(&instance, usize::MAX);
    let ours = windows(&editor, times)?;
    let left = settled(&instance, handles).saturating_sub(handles);

    let window = host::open(&editor, None)?;
    thread::sleep(Duration::from_secs(1));
    frames.0.lock().map_err(|_| "a picture panicked")?.clear();
    let busy = processor_seconds();
    let watched = WATCHED[usize::from(times < ENOUGH)];
    thread::sleep(watched);
    let drawing = processor_seconds() - busy;
    let shown = std::mem::take(&mut *frames.0.lock().map_err(|_| "a picture panicked")?);
    drop(window);
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
    let kilobytes = |bytes: i64| bytes as f64 / 1e3;
    println!("windows that were not dropped when they closed: {left}");
    if times >= ENOUGH {
        println!("memory kept a window: {:.0} kB, an empty one {:.0} kB", kilobytes(ours), kilobytes(empty));
    }
    let mut between: Vec<f64> =
        shown.windows(2).map(|pair| 1e3 * (pair[1] - pair[0]).as_secs_f64()).collect();
    between.sort_by(f64::total_cmp);
    let at = |part: f64| between.get((part * between.len() as f64) as usize).copied().unwrap_or(f64::NAN);
    println!(
        "pictures: {:.1} a second; from one to the next {:.1} ms, p95 {:.1} ms",
        shown.len() as f64 / watched.as_secs_f64(),
        at(0.5),
        at(0.95)
    );
    println!(
        "processor time for a picture with everything in it, software OpenGL and audio: {:.1} ms",
        1e3 * drawing / shown.len().max(1) as f64
    );
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

/// How many handles on the parameters there are, once there are no more than `enough` and the number has stood still for
/// half a second; or after half a minute. baseview asks a window's thread to show itself before it waits for its end,
/// and does not wait if the thread has ended its work meanwhile: what such a thread holds is dropped a moment after its
/// window, on a busy machine a long one.
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

/// Opens and closes `times` windows. Gives back by how many bytes the process grew for each.
fn windows<E: Editor>(editor: &E, times: usize) -> Result<i64, Box<dyn std::error::Error>> {
    let before = memory();
    for _ in 0..times {
        let window = host::open(editor, None)?;
        thread::sleep(OPEN);
        drop(window);
    }
    Ok((memory() - before) / times.max(1) as i64)
}

/// Opens windows with nothing in them: what the layers below cost on their own.
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
    ) -> Result<SpawnedEditor<Self::Handle>, Box<dyn std::error::Error>> {
        let state = EguiEditorState::from_size(Size::from(LogicalSize { width: 1000.0, height: 640.0 }), 1.0);
        create_egui_editor(state, RepaintNotifier::default(), EguiNiceSettings::new(), Nothing)
            .ok_or("no editor")?
            .spawn(parent, wait_for_parent, fallback_scale_factor, gui_context, host)
    }

    fn size(&self) -> NativeSize<u32> {
        NativeSize { width: 1000, height: 640 }
    }
}

/// Draws nothing, as often as a window that moves.
struct Nothing;

impl NiceEguiApp for Nothing {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut Frame) {
        ui.ctx().request_repaint_after(Duration::from_millis(16));
    }
}

/// Plays noise in real time until `done` says so after a number of blocks; gives back a hash of the output and the number
/// of blocks.
fn play(instance: &Instance, done: impl Fn(usize) -> bool) -> (u64, usize) {
    let mut processor = instance.prepare(None, RATE, BLOCK as u32).expect("the built-in network runs");
    let paced = instance.player.is_some();
    let mut hash = DefaultHasher::new();
    let mut noise = 1u32;
    let [mut left, mut right] = [[0.0f32; BLOCK]; 2];
    let start = Instant::now();
    let mut block = 0;
    while !done(block) {
        for sample in left.iter_mut().chain(&mut right) {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *sample = noise as f32 / u32::MAX as f32 - 0.5;
        }
        let began = Instant::now();
        processor.process(MainBus::Stereo([&mut left, &mut right]), Default::default());
        processor.report(began, BLOCK);
        left.iter().chain(&right).for_each(|sample| hash.write_u32(sample.to_bits()));
        block += 1;
        if paced {
            let due = start + Duration::from_secs_f64(seconds(block));
            thread::sleep(due.saturating_duration_since(Instant::now()));
        }
    }
    (hash.finish(), block)
}

fn seconds(blocks: usize) -> f64 {
    (blocks * BLOCK) as f64 / f64::from(RATE)
}

/// Resident memory of this process in bytes, by the kernel's count, without what was freed but kept for later: every
/// window has a thread of its own, and the C library keeps what threads leave behind.
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

/// Processor time of all threads so far in seconds.
fn processor_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Fields 14 and 15, in hundredths of a second; the second field is a name in brackets.
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: f64 = fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks / 100.0
}

/// A player that is asked once a picture, and so knows when pictures are drawn.
#[derive(Default)]
struct Frames(Mutex<Vec<Instant>>);

impl Player for Frames {
    fn playback(&self) -> Playback {
        if let Ok(mut frames) = self.0.lock() {
            frames.push(Instant::now());
        }
        Playback::default()
    }
    fn open(&self, _path: &Path) {}
    fn play(&self, _playing: bool) {}
    fn set_looping(&self, _looping: bool) {}
    fn seek(&self, _position: f64) {}
    fn take_error(&self) -> Option<String> {
        None
    }
}
