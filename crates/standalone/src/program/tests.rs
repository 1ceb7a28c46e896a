use std::collections::VecDeque;
use std::time::{Duration, Instant};
use std::{slice, thread};

use nice_plug::context::process::SendEventError;
use nice_plug::midi::{Channel, Key, VoiceID};
use unbraid_plugin::player::{Player, Practice};
use unbraid_testkit::system_requests;

use super::*;

/// The framework's side of a program: what it is activated and processes with.
struct Framework {
    transport: Transport,
    events: VecDeque<PluginNoteEvent<Program>>,
}

impl ActivateContext<Program> for Framework {
    fn plugin_api(&self) -> PluginApi {
        PluginApi::Standalone
    }
    fn execute(&self, _task: Task) {}
    fn set_latency_samples(&self, _samples: u32) {}
    fn set_current_voice_capacity(&self, _capacity: u32) {}
}

impl ProcessContext<Program> for Framework {
    fn plugin_api(&self) -> PluginApi {
        PluginApi::Standalone
    }
    fn execute_background(&self, _task: Task) {}
    fn execute_gui(&self, _task: Task) {}
    fn transport(&self) -> &Transport {
        &self.transport
    }
    fn next_event(&mut self) -> Option<PluginNoteEvent<Program>> {
        self.events.pop_front()
    }
    fn try_send_event(
        &mut self,
        event: PluginNoteEvent<Program>,
    ) -> Result<(), (PluginNoteEvent<Program>, SendEventError)> {
        Err((event, SendEventError::HostBufferFull))
    }
    fn set_latency_samples(&self, _samples: u32) {}
    fn request_restart(&self) {}
    fn set_current_voice_capacity(&self, _capacity: u32) {}
}

const BLOCK: usize = 512;

/// Requests to the system's allocator while `program` processes one block.
fn requests_in_a_block(program: &mut Program, framework: &mut Framework) -> u64 {
    let [mut left, mut right] = [[0.1; BLOCK], [0.1; BLOCK]];
    let mut buffer = Buffer::default();
    // SAFETY: the channels are as long as said and live longer than the buffer.
    unsafe {
        buffer.set_slices(BLOCK, |slices| {
            slices.push(slice::from_raw_parts_mut(left.as_mut_ptr(), BLOCK));
            slices.push(slice::from_raw_parts_mut(right.as_mut_ptr(), BLOCK));
        });
    }
    let mut aux = AuxiliaryBuffers { inputs: &mut [], outputs: &mut [] };
    let mut status = ProcessStatus::Normal;
    let requests = system_requests(|| status = program.process(&mut buffer, &mut aux, framework));
    assert!(!matches!(status, ProcessStatus::Error(_)));
    requests
}

#[test]
fn the_audio_thread_asks_for_no_memory_whatever_is_played_and_moved() {
    assert_eq!(system_requests(|| drop(std::hint::black_box(vec![0u8; 100]))), 2, "the counter counts");
    let mut program = Program::new(None);
    let mut framework = Framework { transport: Transport::new(44_100.0), events: VecDeque::new() };
    let block = u32::try_from(BLOCK).unwrap();
    let buffers = BufferConfig {
        sample_rate: 44_100.0,
        min_buffer_size: None,
        max_buffer_size: block,
        process_mode: ProcessMode::Realtime,
    };
    assert!(program.activate(&Program::AUDIO_IO_LAYOUTS[1], &buffers, &mut framework));
    let panel = program.panel.clone();
    let folder = tempfile::tempdir().unwrap();
    let recorder = program.plugin.instance().recorder.clone();
    panel.open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clips/francium.flac"));
    let start = Instant::now();
    // Until the network is there and the song plays.
    while panel.playback().position < 0.1 || program.plugin.instance().status.waiting_for_network() {
        requests_in_a_block(&mut program, &mut framework);
        thread::sleep(Duration::from_millis(5));
        assert!(start.elapsed() < Duration::from_secs(60), "it never played");
    }
    let mut requests = 0;
    for at in 0..400u32 {
        match at {
            // Songs are recorded from play to stop; a jump is another take.
            20 => recorder.arm(folder.path()).unwrap(),
            50 => panel.seek(10.0),
            100 => panel.practise(Practice { tempo: 80, semitones: 1, ..Practice::default() }),
            150 => panel.practise(Practice { start: Some(1.0), end: Some(2.0), ..Practice::default() }),
            200 => panel.play(false),
            220 => panel.practise(Practice { count_in: 2, bpm: 300, ..Practice::default() }),
            240 => panel.play(true),
            300 => panel.learn(true),
            350 => panel.open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clips/francium.flac")),
            _ => (),
        }
        framework.events.push_back(NoteEvent::NoteOn {
            timing: 0,
            voice_id: VoiceID::Wildcard,
            channel: Channel::Number(9),
            key: Key::Number(36),
            velocity: 0.5,
        });
        requests += requests_in_a_block(&mut program, &mut framework);
        thread::sleep(Duration::from_millis(2));
    }
    assert_eq!(requests, 0);
    recorder.disarm();
    drop((program, panel, recorder));
    let takes = std::fs::read_dir(folder.path()).unwrap().count();
    assert!(takes >= 4 * 3, "{takes} files");
}

#[test]
fn every_port_has_a_name_of_its_own() {
    for layout in Program::AUDIO_IO_LAYOUTS {
        let mut names = vec![layout.main_input_name(), layout.main_output_name()];
        names.extend((0..layout.aux_output_ports.len()).filter_map(|bus| layout.aux_output_name(bus)));
        assert_eq!(names.len(), 2 + layout.aux_output_ports.len());
        let distinct: std::collections::HashSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len(), "{names:?}");
    }
}
