//! The JACK server's rate and period, asked for before the framework starts.

use jack::{Client, ClientOptions};

/// What a JACK server runs with.
pub struct Settings {
    /// Sample rate in Hz.
    pub sample_rate: f32,
    /// Period in samples.
    pub period: u32,
}

/// The settings of the server that runs, if one does.
pub fn settings() -> Option<Settings> {
    let (client, _) = Client::new("unbraid_asks", ClientOptions::NO_START_SERVER).ok()?;
    // A few ten thousands: exact.
    #[expect(clippy::cast_precision_loss)]
    let sample_rate = client.sample_rate() as f32;
    Some(Settings { sample_rate, period: client.buffer_size() })
}
