//! The CLAP entry point under a minimal host.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr;

use clap_sys::audio_buffer::clap_audio_buffer;
use clap_sys::events::{clap_event_transport, clap_input_events};
use clap_sys::ext::params::{CLAP_EXT_PARAMS, clap_param_info, clap_plugin_params};
use clap_sys::ext::remote_controls::{
    CLAP_EXT_REMOTE_CONTROLS, clap_plugin_remote_controls, clap_remote_controls_page,
};
use clap_sys::ext::tail::{CLAP_EXT_TAIL, clap_plugin_tail};
use clap_sys::factory::plugin_factory::{CLAP_PLUGIN_FACTORY_ID, clap_plugin_factory};
use clap_sys::process::{CLAP_PROCESS_ERROR, clap_process};

use super::cases::*;
use super::hosts::clap::Instance;
use super::hosts::library::clap_entry;
use super::hosts::unsigned;

fn buffer(bus: &Bus) -> clap_audio_buffer {
    clap_audio_buffer {
        data32: bus.pointers,
        data64: ptr::null_mut(),
        channel_count: unsigned(bus.count),
        latency: 0,
        constant_mask: 0,
    }
}

/// Processes one block with the buses of `case`.
pub fn process(instance: &Instance, memory: &mut Memory, case: Case, samples: usize) {
    process_with(instance, memory, case, samples, ptr::null(), ptr::null());
}

/// The same with the host's list of events and its transport.
pub fn process_with(
    instance: &Instance,
    memory: &mut Memory,
    case: Case,
    samples: usize,
    events: *const clap_input_events,
    transport: *const clap_event_transport,
) {
    let input = buffer(&memory.input());
    let declared = memory.outputs(case);
    // Behind the declared buses lies what must not be read.
    let outputs: [Bus; BUSES + 1] = std::array::from_fn(|bus| declared[bus].unwrap_or_else(Bus::poison));
    let mut outputs = outputs.each_ref().map(buffer);
    let call = clap_process {
        steady_time: -1,
        frames_count: unsigned(samples),
        transport,
        audio_inputs: &input,
        audio_outputs: outputs.as_mut_ptr(),
        audio_inputs_count: 1,
        audio_outputs_count: unsigned(case.declared()),
        in_events: events,
        out_events: ptr::null(),
    };
    // SAFETY: the plug-in is active, and the call is as it says.
    let status = unsafe { (*instance.plugin).process.unwrap()(instance.plugin, &call) };
    assert_ne!(status, CLAP_PROCESS_ERROR);
}

#[test]
fn clap_main_is_right_whatever_buses_the_host_hands_over() {
    for case in CASES {
        let instance = Instance::new();
        instance.activate(44_100.0, unsigned(BLOCK));
        check(case, instance.latency(), |memory, samples| process(&instance, memory, case, samples));
    }
}

#[test]
fn clap_ports_have_their_names() {
    let instance = Instance::new();
    instance.activate(44_100.0, 64);
    let stereo = |name: &str| (name.to_owned(), 2);
    assert_eq!(instance.ports(true), [stereo("Main")]);
    assert_eq!(instance.ports(false), ["Main", "Vocals", "Drums", "Bass", "Other"].map(stereo));
}

#[test]
fn clap_the_tail_is_the_latency() {
    let instance = Instance::new();
    let tail: &clap_plugin_tail = instance.extension(CLAP_EXT_TAIL);
    // SAFETY: the plug-in is alive.
    let samples = || unsafe { tail.get.unwrap()(instance.plugin) as usize };
    assert_eq!(samples(), 0);
    instance.activate(44_100.0, 64);
    assert_eq!(samples(), instance.latency());
}

fn text(characters: &[c_char]) -> String {
    // SAFETY: the plug-in ends its texts with a zero.
    unsafe { std::ffi::CStr::from_ptr(characters.as_ptr()) }.to_str().unwrap().to_owned()
}

#[test]
fn hardware_controllers_are_offered_pages_of_what_each_stem_has() {
    let instance = Instance::new();
    instance.activate(44_100.0, 64);
    let params: &clap_plugin_params = instance.extension(CLAP_EXT_PARAMS);
    let remote: &clap_plugin_remote_controls = instance.extension(CLAP_EXT_REMOTE_CONTROLS);
    // SAFETY: the plug-in is alive and fills in what it is asked for.
    let (known, pages) = unsafe {
        let known: Vec<clap_param_info> = (0..params.count.unwrap()(instance.plugin))
            .map(|index| {
                let mut info = MaybeUninit::zeroed();
                assert!(params.get_info.unwrap()(instance.plugin, index, info.as_mut_ptr()));
                info.assume_init()
            })
            .collect();
        let pages: Vec<clap_remote_controls_page> = (0..remote.count.unwrap()(instance.plugin))
            .map(|index| {
                let mut page = MaybeUninit::zeroed();
                assert!(remote.get.unwrap()(instance.plugin, index, page.as_mut_ptr()));
                page.assume_init()
            })
            .collect();
        (known, pages)
    };
    let name = |id: u32| {
        let info = known.iter().find(|info| info.id == id).expect("a page names parameters there are");
        text(&info.name)
    };
    let pages: Vec<(String, Vec<String>)> =
        pages.iter().map(|page| (text(&page.page_name), page.param_ids.map(name).to_vec())).collect();
    let names = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let stems = ["Vocals", "Drums", "Bass", "Other"];
    let each = |control: &str| stems.map(|stem| format!("{stem} {control}")).to_vec();
    assert_eq!(pages.len(), 3);
    assert_eq!(
        pages[0],
        ("Levels".to_owned(), [each("Level"), names(&["Focus", "Output Gain", "Mode", "Bypass"])].concat())
    );
    assert_eq!(pages[1], ("Mutes and solos".to_owned(), [each("Mute"), each("Solo")].concat()));
    let others = names(&["Focus", "Stem Tap", "Output Gain", "Bypass"]);
    assert_eq!(pages[2], ("Sensitivity".to_owned(), [each("Sensitivity"), others].concat()));
}

#[test]
fn clap_the_factory_refuses_unknown_ids() {
    // SAFETY: the calls follow the order that CLAP prescribes.
    unsafe {
        assert!(clap_entry().get_factory.unwrap()(c"some.other.factory".as_ptr()).is_null());
        let factory = clap_entry().get_factory.unwrap()(CLAP_PLUGIN_FACTORY_ID.as_ptr());
        let factory = factory.cast::<clap_plugin_factory>();
        assert!((*factory).get_plugin_descriptor.unwrap()(factory, 1).is_null());
        assert!((*factory).create_plugin.unwrap()(factory, ptr::null(), ptr::null()).is_null());
    }
}
