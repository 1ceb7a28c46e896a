//! `unbraid info`: which plug-in there is, and what a song is.

use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};
use unbraid_host::ClapHost;
use unbraid_song::{PLUGIN_RATES, ReadOptions, Reader, SONG_RATES, Tags};

use crate::numbers;
use crate::paths::shown;
use crate::plugin::check_buses;
use crate::stems::{Mode, STEMS};

/// The sample rate in Hz and the block at which latencies are told.
const RATE: f64 = 44_100.0;
const BLOCK: u32 = 512;

/// Name, version, latencies and rates of the plug-in.
///
/// # Errors
/// When it does not load.
pub fn of_plugin(clap: &Path) -> Result<Value> {
    let mut host = ClapHost::load(clap)?;
    check_buses(&host)?;
    let (name, version) = host.name_and_version();
    let plugin = json!({"name": name, "version": version, "file": clap});
    let mut modes = serde_json::Map::new();
    for mode in [Mode::Studio, Mode::Live] {
        host.set_text("mode", mode.text())?;
        host.activate(RATE, BLOCK)?;
        modes.insert(mode.text().to_lowercase(), json!({"latency_samples": host.latency()}));
        host.deactivate();
    }
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "plugin": plugin,
        "stems": STEMS,
        "modes": modes,
        "plugin_rates_hz": [PLUGIN_RATES.start(), PLUGIN_RATES.end()],
        "song_rates_hz": [SONG_RATES.start(), SONG_RATES.end()],
    }))
}

/// The same for people.
pub fn lines_of_plugin(info: &Value) -> Vec<String> {
    let text = |pointer: &str| info.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let latency = |mode: &str| info["modes"][mode]["latency_samples"].as_u64().unwrap_or(0);
    let milliseconds = |samples: u64| numbers::float(samples) * 1000.0 / RATE;
    let mut lines = vec![
        format!("unbraid {}", text("/version")),
        format!("plug-in: {} {} ({})", text("/plugin/name"), text("/plugin/version"), text("/plugin/file")),
        format!("stems:   {}", STEMS.join(", ")),
    ];
    for mode in ["studio", "live"] {
        let samples = latency(mode);
        lines.push(format!(
            "{:<9}latency {samples} samples, {:.1} ms at 44.1 kHz (made up for in the files)",
            format!("{mode}:"),
            milliseconds(samples)
        ));
    }
    lines
}

/// Format, length and tags of a song, without reading it to its end.
///
/// # Errors
/// When it is no song.
pub fn of_song(path: &Path) -> Result<Value> {
    let name = shown(path);
    let reader = Reader::open(path, &ReadOptions { name: Some(name.clone()), ..ReadOptions::default() })?;
    let info = reader.info();
    let seconds = info.frames.map(|frames| numbers::float(frames) / f64::from(info.rate));
    let cover = info.cover.as_ref().map(|cover| json!({"type": cover.mime, "bytes": cover.bytes.len()}));
    Ok(json!({
        "file": name,
        "container": info.container,
        "codec": info.codec,
        "rate_hz": info.rate,
        "channels": info.channels,
        "layout": info.layout,
        "bits": info.bits,
        "seconds": seconds,
        "tags": tags(&info.tags),
        "cover": cover,
        "warnings": reader.warnings().iter().map(ToString::to_string).collect::<Vec<_>>(),
    }))
}

/// The tags that are there.
fn tags(tags: &Tags) -> Value {
    let mut all = serde_json::Map::new();
    let texts =
        [("artist", &tags.artist), ("title", &tags.title), ("album", &tags.album), ("date", &tags.date)];
    for (name, text) in texts {
        if let Some(text) = text {
            all.insert(name.to_owned(), text.clone().into());
        }
    }
    if let Some(track) = tags.track {
        all.insert("track".to_owned(), track.into());
    }
    all.into()
}

/// The same for people.
pub fn lines_of_song(info: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let seconds = info["seconds"].as_f64().map_or("length not told".to_owned(), clock);
    let bits = info["bits"].as_u64().map_or(String::new(), |bits| format!(", {bits} bits"));
    let mut lines = vec![format!(
        "{}: {seconds}, {} {}{bits}, {} Hz, {}",
        text(&info["file"]),
        text(&info["container"]),
        text(&info["codec"]),
        info["rate_hz"],
        text(&info["layout"])
    )];
    if let Some(tags) = info["tags"].as_object().filter(|tags| !tags.is_empty()) {
        let told = tags.iter().map(|(name, value)| {
            format!("{name}: {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        });
        lines.push(format!("  {}", told.collect::<Vec<_>>().join(", ")));
    }
    if let Some(bytes) = info["cover"]["bytes"].as_u64() {
        lines.push(format!("  cover: {}, {bytes} bytes", text(&info["cover"]["type"])));
    }
    let warnings = info["warnings"].as_array().into_iter().flatten();
    lines.extend(warnings.map(|warning| format!("  warning: {}", text(warning))));
    lines
}

/// Seconds as `m:ss.t`.
fn clock(seconds: f64) -> String {
    let tenths = numbers::whole((seconds * 10.0).round());
    format!("{}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_carries() {
        assert_eq!(clock(20.0), "0:20.0");
        assert_eq!(clock(59.96), "1:00.0");
        assert_eq!(clock(294.25), "4:54.3");
    }
}
