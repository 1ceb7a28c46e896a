//! The latency that a host is told, before it activates the plug-in and after.

use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::{IAudioProcessorTrait, ProcessSetup};
use nice_plug::wrapper::vst3::vst3::Steinberg::kResultOk;
use unbraid_plugin::mode::Mode;

use super::hosts::vst3::numbers::{REALTIME, SINGLE};
use super::hosts::*;

fn latency_is_known_before_activation<H: Host>() {
    for &mode in modes() {
        let case = format!("{} {mode:?}", H::FORMAT);
        // A new instance, and one into which a project is loaded.
        let mut host = H::new();
        host.set("mode", mode_value(mode));
        let mut loaded = H::new();
        assert!(loaded.load(&host.save()));
        let usual = if mode == Mode::Studio { 4096 } else { 1024 };
        assert_eq!(
            (host.latency(), loaded.latency()),
            (usual, usual),
            "{case}, before the host tells its rate"
        );
        for (rate, block) in [(44_100.0, 4096), (96_000.0, 64), (22_050.0, 512)] {
            assert!(loaded.activate(rate, block));
            let active = loaded.latency();
            loaded.deactivate();
            assert_eq!(loaded.latency(), active, "{case} at {rate} Hz, deactivated again");
            // The other mode at the same rate: what an activation will have is told before it.
            let other = if mode == Mode::Studio { Mode::Live } else { Mode::Studio };
            loaded.set("mode", mode_value(other));
            let told = loaded.latency();
            assert!(loaded.activate(rate, block));
            assert_eq!(loaded.latency(), told, "{case} at {rate} Hz, in the other mode");
            assert_ne!(told, active, "{case}: the modes differ");
            loaded.deactivate();
            loaded.set("mode", mode_value(mode));
        }
    }
}

#[test]
fn the_latency_is_known_before_activation() {
    latency_is_known_before_activation::<Clap>();
    latency_is_known_before_activation::<Vst3>();
}

#[test]
fn vst3_the_latency_is_that_of_the_rate_set_up() {
    let host = Vst3::new();
    let (_, processor) = host.raw();
    let mut setup = ProcessSetup {
        processMode: REALTIME,
        symbolicSampleSize: SINGLE,
        maxSamplesPerBlock: 64,
        sampleRate: 96_000.0,
    };
    // SAFETY: the plug-in is initialised.
    assert_eq!(unsafe { processor.setupProcessing(&mut setup) }, kResultOk);
    assert_eq!(host.latency(), 8192 + 2048, "window and spreading over a hop at 96 kHz");
}
