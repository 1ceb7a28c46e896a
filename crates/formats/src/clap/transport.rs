//! The transport event of a CLAP call.

use clap_sys::events::{
    CLAP_TRANSPORT_HAS_SECONDS_TIMELINE, CLAP_TRANSPORT_IS_PLAYING, clap_event_transport,
};
use clap_sys::fixedpoint::CLAP_SECTIME_FACTOR;

use crate::transport::{Position, Transport};

/// What a host's event says; nothing for a host that has no transport.
///
/// # Safety
/// `event` is null or a transport event that is alive.
pub unsafe fn transport(event: *const clap_event_transport) -> Transport {
    // SAFETY: the caller's promise.
    let Some(event) = (unsafe { event.as_ref() }) else { return Transport::default() };
    let has = |flag| event.flags & flag != 0;
    #[expect(clippy::cast_precision_loss, reason = "exact for the first 24 days")]
    let seconds = event.song_pos_seconds as f64 / CLAP_SECTIME_FACTOR as f64;
    Transport {
        playing: Some(has(CLAP_TRANSPORT_IS_PLAYING)),
        position: has(CLAP_TRANSPORT_HAS_SECONDS_TIMELINE).then_some(Position::Seconds(seconds)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_without_a_transport_tells_nothing() {
        // SAFETY: the type is plain old data, for which zeros are a value.
        let mut event: clap_event_transport = unsafe { std::mem::zeroed() };
        // SAFETY: null, or the event above.
        let read = |event: Option<&clap_event_transport>| unsafe {
            transport(event.map_or(std::ptr::null(), std::ptr::from_ref))
        };
        assert_eq!(read(None), Transport::default());
        assert_eq!(read(Some(&event)), Transport { playing: Some(false), position: None });
        event.flags = CLAP_TRANSPORT_IS_PLAYING | CLAP_TRANSPORT_HAS_SECONDS_TIMELINE;
        event.song_pos_seconds = 3 * CLAP_SECTIME_FACTOR / 2;
        let told = Transport { playing: Some(true), position: Some(Position::Seconds(1.5)) };
        assert_eq!(read(Some(&event)), told);
    }
}
