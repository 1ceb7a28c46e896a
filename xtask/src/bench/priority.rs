//! The audio thread's priority: hosts ask the system for one, and so does the paced bench.

/// Runs this thread before all ordinary ones, as DAWs' audio threads run; `above` puts it before other threads of
/// the kind. Returns whether the system allows it.
pub fn real_time(above: bool) -> bool {
    sys::real_time(above)
}

/// Keeps this thread on one core. Returns whether the system allows it.
pub fn stay_on(core: usize) -> bool {
    sys::stay_on(core)
}

#[cfg(target_os = "linux")]
mod sys {
    pub fn real_time(above: bool) -> bool {
        let parameters = libc::sched_param { sched_priority: if above { 61 } else { 60 } };
        // SAFETY: the call reads the parameters and nothing else.
        unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &parameters) == 0 }
    }

    pub fn stay_on(core: usize) -> bool {
        // SAFETY: the set is plain old data and is read within the call.
        unsafe {
            let mut set: libc::cpu_set_t = std::mem::zeroed();
            libc::CPU_SET(core, &mut set);
            libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set) == 0
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod sys {
    pub fn real_time(_above: bool) -> bool {
        false
    }

    pub fn stay_on(_core: usize) -> bool {
        false
    }
}
