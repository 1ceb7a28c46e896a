//! Difference between output and input. (The plug-in's tests read this file, too.)

/// Both channels of a signal.
pub type Stereo = [Vec<f32>; 2];

/// −120 dBFS.
pub const INAUDIBLE: f32 = 1e-6;

/// The largest difference between `output` and `input` delayed by `latency` samples; infinite if either is NaN.
pub fn error(output: &Stereo, input: &Stereo, latency: usize) -> f32 {
    let mut largest = 0.0f32;
    for (output, input) in output.iter().zip(input) {
        for (at, sample) in output.iter().enumerate() {
            let expected = at.checked_sub(latency).map_or(0.0, |at| input[at]);
            let error = (sample - expected).abs();
            largest = if error.is_nan() { f32::INFINITY } else { largest.max(error) };
        }
    }
    largest
}
