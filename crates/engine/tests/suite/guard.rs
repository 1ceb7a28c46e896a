//! The allocation guard, shown to count.

use unbraid_testkit::system_requests;

#[test]
fn the_guard_sees_a_planted_allocation() {
    let requests = system_requests(|| drop(std::hint::black_box(Vec::<u8>::with_capacity(64))));
    assert_eq!(requests, 2, "one request and one free");
    assert_eq!(system_requests(|| ()), 0);
}
