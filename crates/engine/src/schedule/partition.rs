//! Even slices: a list of costs cut into consecutive ones.

/// Cuts `costs` into `count` consecutive slices whose largest sum is minimal, and among all such cuts into the one with
/// the least sum of squares, so that the others are even where one long stage decides about the largest. With no more
/// stages than slices there is nothing to choose, and all stay in one. Not for the audio thread.
pub fn partition(costs: &[f64], count: usize) -> Vec<&[f64]> {
    if count < 2 || count >= costs.len() {
        return vec![costs];
    }
    let bound = least_bound(costs, count) * (1.0 + 1e-9);
    // The least sum of squares of the stages before each, cut into as many slices as there were rounds, and where the last
    // of them begins.
    let mut least = vec![f64::INFINITY; costs.len() + 1];
    least[0] = 0.0;
    let mut begins = Vec::with_capacity(count);
    for _ in 0..count {
        let mut next = vec![f64::INFINITY; costs.len() + 1];
        let mut begin = vec![0; costs.len() + 1];
        for end in 1..=costs.len() {
            let mut sum = 0.0;
            for start in (0..end).rev() {
                sum += costs[start];
                if sum > bound {
                    break;
                }
                let squares = least[start] + sum * sum;
                if squares < next[end] {
                    (next[end], begin[end]) = (squares, start);
                }
            }
        }
        least = next;
        begins.push(begin);
    }
    let mut end = costs.len();
    let mut slices: Vec<&[f64]> = begins
        .iter()
        .rev()
        .map(|begin| {
            let slice = &costs[begin[end]..end];
            end = begin[end];
            slice
        })
        .collect();
    slices.reverse();
    slices
}

/// The least bound under which `costs` can be cut into at most `count` slices.
fn least_bound(costs: &[f64], count: usize) -> f64 {
    let slices = |most: f64| {
        let (mut slices, mut sum) = (1, 0.0);
        for cost in costs {
            if sum + cost > most {
                (slices, sum) = (slices + 1, 0.0);
            }
            sum += cost;
        }
        slices
    };
    let (mut low, mut high) = (costs.iter().copied().fold(0.0, f64::max), costs.iter().sum());
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        if slices(middle) <= count {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beside_a_stage_that_is_too_long_the_others_are_even() {
        let costs = [1.0, 1.0, 1.0, 1.0, 9.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];
        let sums = |count| partition(&costs, count).iter().map(|run| run.iter().sum()).collect::<Vec<f64>>();
        assert_eq!(sums(6), [2.0, 2.0, 9.0, 2.0, 2.0, 2.0]);
        assert_eq!(sums(2), [4.0 + 9.0, 6.0]);
        assert_eq!(partition(&costs, 11).len(), 1, "one stage a block leaves no choice");
        for count in 2..11 {
            let slices = partition(&costs, count);
            assert_eq!(slices.len(), count);
            assert_eq!(slices.concat(), costs, "every stage once, in order");
        }
    }
}
