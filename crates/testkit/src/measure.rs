//! Differences between signals.

/// Both channels of a signal.
pub type Stereo = [Vec<f32>; 2];

/// −120 dBFS as an amplitude.
pub const INAUDIBLE: f32 = 1e-6;

/// The largest difference between `output` and `input` delayed by `latency` samples; infinite if a sample is NaN.
///
/// # Panics
/// If the signals have different numbers of channels, or the input ends before the delayed output.
#[must_use]
pub fn delayed_error<C: AsRef<[f32]>>(output: &[C], input: &[C], latency: usize) -> f32 {
    assert_eq!(output.len(), input.len(), "as many channels");
    let mut largest = 0.0f32;
    for (output, input) in output.iter().zip(input) {
        for (at, sample) in output.as_ref().iter().enumerate() {
            let expected = at.checked_sub(latency).map_or(0.0, |at| input.as_ref()[at]);
            let error = (sample - expected).abs();
            largest = if error.is_nan() { f32::INFINITY } else { largest.max(error) };
        }
    }
    largest
}

/// Energy of a signal: the sum of its samples' squares over all channels.
#[must_use]
pub fn energy<C: AsRef<[f32]>>(signal: &[C]) -> f64 {
    signal.iter().flat_map(AsRef::as_ref).map(|&sample| f64::from(sample) * f64::from(sample)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_no_error_and_a_wrong_sample_or_nan_is() {
        let input = [vec![1.0, 2.0, 3.0]];
        assert_eq!(delayed_error(&[vec![0.0, 1.0, 2.0]], &input, 1), 0.0);
        assert_eq!(delayed_error(&[vec![0.5, 1.0, 2.0]], &input, 1), 0.5);
        assert_eq!(delayed_error(&[vec![0.0, f32::NAN, 2.0]], &input, 1), f32::INFINITY);
    }

    #[test]
    fn energy_is_the_sum_of_squares() {
        assert_eq!(energy(&[vec![1.0, -2.0], vec![3.0]]), 14.0);
    }
}
