//! Calls of the plug-in to its host, and the flags that they leave.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use clack_extensions::audio_ports::{AudioPortRescanFlags, HostAudioPorts, HostAudioPortsImpl};
use clack_extensions::latency::{HostLatency, HostLatencyImpl};
use clack_extensions::log::{HostLog, HostLogImpl, LogSeverity};
use clack_extensions::params::{
    HostParams, HostParamsImplMainThread, HostParamsImplShared, ParamClearFlags, ParamRescanFlags,
};
use clack_extensions::state::{HostState, HostStateImpl};
use clack_host::prelude::*;
use clack_host::utils::ClapId;

/// The host's side of the conversation; see the trait implementations for what is answered.
pub struct Handlers;

/// Messages of any of the plug-in's threads.
#[derive(Default)]
pub struct Messages {
    /// The plug-in wants to be deactivated and activated again (a mode change).
    pub restart_requested: AtomicBool,
    /// The plug-in wants its main-thread callback called.
    pub callback_requested: AtomicBool,
    /// How often the plug-in announced a new latency.
    pub latency_changes: AtomicU32,
    /// Warnings and errors that the plug-in logged.
    pub warnings: Mutex<Vec<String>>,
}

impl SharedHandler<'_> for Messages {
    fn request_restart(&self) {
        self.restart_requested.store(true, Ordering::SeqCst);
    }

    // This host never puts a plug-in to sleep, so there is nothing to wake.
    fn request_process(&self) {}

    fn request_callback(&self) {
        self.callback_requested.store(true, Ordering::SeqCst);
    }
}

impl HostLogImpl for Messages {
    fn log(&self, severity: LogSeverity, message: &str) {
        let harmless = matches!(severity, LogSeverity::Debug | LogSeverity::Info);
        if !harmless && let Ok(mut warnings) = self.warnings.lock() {
            warnings.push(message.to_owned());
        }
    }
}

impl HostParamsImplShared for Messages {
    // Changes made by the plug-in itself are read back by value, so there is nothing to schedule.
    fn request_flush(&self) {}
}

/// Calls on the main thread.
pub struct MainThread<'a> {
    /// The part that all threads see.
    pub shared: &'a Messages,
}

impl<'a> MainThreadHandler<'a> for MainThread<'a> {}

impl HostLatencyImpl for MainThread<'_> {
    fn changed(&self) {
        self.shared.latency_changes.fetch_add(1, Ordering::SeqCst);
    }
}

impl HostParamsImplMainThread for MainThread<'_> {
    // Parameters are asked for when they are needed; nothing is cached that a rescan could renew.
    fn rescan(&self, _flags: ParamRescanFlags) {}
    fn clear(&self, _param_id: ClapId, _flags: ParamClearFlags) {}
}

impl HostAudioPortsImpl for MainThread<'_> {
    fn is_rescan_flag_supported(&self, _flag: AudioPortRescanFlags) -> bool {
        false
    }
    fn rescan(&self, _flags: AudioPortRescanFlags) {}
}

impl HostStateImpl for MainThread<'_> {
    fn mark_dirty(&self) {}
}

impl HostHandlers for Handlers {
    type Shared<'a> = Messages;
    type MainThread<'a> = MainThread<'a>;
    type AudioProcessor<'a> = ();

    fn declare_extensions(builder: &mut HostExtensions<'_, Self>, _shared: &Self::Shared<'_>) {
        builder
            .register::<HostLog>()
            .register::<HostLatency>()
            .register::<HostParams>()
            .register::<HostAudioPorts>()
            .register::<HostState>();
    }
}
