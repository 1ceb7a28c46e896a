//! The pools behind the global allocator.

use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc;
use std::thread;

use unbraid_engine::CHANNELS;
use unbraid_engine::masks::Masks;
use unbraid_engine::memory::{POOL_BYTES, Pool};
use unbraid_engine::network::{Mode, Separator};

use super::support::{MODES, Random, network, noise, plan, system_requests};

fn block(bytes: usize) -> Vec<u8> {
    black_box(vec![7; bytes])
}

/// A pool in which nothing lives. Another test may have parked one whose last block it frees at any moment, which a
/// count of blocks must not see.
fn untouched_pool() -> Pool {
    let mut others = Vec::new();
    loop {
        let mut pool = Pool::take();
        pool.run(|| ()); // takes back what was returned
        if pool.counters().in_use == 0 {
            return pool;
        }
        others.push(pool);
    }
}

#[test]
fn an_entered_pool_serves_this_thread_and_nobody_else() {
    let mut pool = Pool::take();
    let requests = system_requests(|| pool.run(|| drop(block(1000))));
    assert_eq!(requests, 0);
    assert_eq!(pool.counters().served, 1);
    drop(block(1000));
    assert_eq!(pool.counters().served, 1, "outside, the pool is not asked");
    pool.run(|| {
        let elsewhere = thread::spawn(|| system_requests(|| drop(block(1000))));
        assert!(elsewhere.join().unwrap() > 0, "another thread was served from this thread's pool");
    });
}

#[test]
fn a_panic_leaves_the_pool() {
    let mut pool = Pool::take();
    // Without the panic hook, whose backtrace would fill the pool.
    let panics = || pool.run(|| resume_unwind(Box::new(())));
    assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
    assert!(system_requests(|| drop(block(1000))) > 0, "this thread is still served from the pool");
    assert_eq!(system_requests(|| pool.run(|| drop(block(1000)))), 0);
}

#[test]
fn memory_freed_outside_or_elsewhere_finds_its_way_home() {
    let mut pool = untouched_pool();
    // A short queue, so that the other thread keeps up.
    let (send, receive) = mpsc::sync_channel::<Vec<u8>>(8);
    let freer = thread::spawn(move || receive.into_iter().for_each(drop));
    for round in 0..1000 {
        let (kept, sent) = pool.run(|| (block(100 + round), block(5000)));
        send.send(sent).unwrap();
        drop(kept); // outside the pool, on this thread
    }
    drop(send);
    freer.join().unwrap();
    pool.run(|| ()); // takes back what was returned
    assert_eq!(pool.counters().in_use, 0);
    assert_eq!(pool.counters().overflows, 0, "5 MB went through a pool of 4 MiB without filling it");
}

#[test]
fn a_full_pool_falls_back_to_the_system_and_counts_it() {
    let mut pool = Pool::take();
    let mut blocks = Vec::with_capacity(64);
    while pool.counters().overflows == 0 {
        blocks.push(pool.run(|| block(POOL_BYTES / 16)));
        assert!(blocks.len() <= 16, "more was served than there is");
    }
    assert!(blocks.len() > 8, "the pool was full after {} blocks", blocks.len());
    assert!(blocks.iter().flatten().all(|&byte| byte == 7));
    drop(blocks);
    pool.run(|| drop(block(POOL_BYTES / 16)));
    assert_eq!(pool.counters().overflows, 1, "after the frees there is room again");
}

#[test]
fn memory_moves_between_pool_and_system_without_harm() {
    let mut pool = Pool::take();
    let mut vector: Vec<u32> = pool.run(|| (0..100).collect());
    vector.extend(100..10_000); // grows outside
    pool.run(|| vector.extend(10_000..50_000)); // grows inside again
    pool.run(|| vector.shrink_to_fit());
    assert!(vector.iter().copied().eq(0..50_000));
    let zeros = pool.run(|| vec![0u64; 1000]);
    assert!(zeros.iter().all(|&zero| zero == 0));
}

#[test]
fn a_parked_pool_keeps_what_still_lives_in_it() {
    let kept = Pool::take().run(|| block(3000)); // the pool is dropped and parked here
    let mut next: Vec<Pool> = (0..4).map(|_| Pool::take()).collect();
    for pool in &mut next {
        pool.run(|| drop(black_box(vec![9u8; 100_000])));
    }
    assert!(kept.iter().all(|&byte| byte == 7));
}

#[test]
fn streams_that_come_go_and_wander_between_threads_agree_with_one_that_stays() {
    // One contract's frames fit the other's network.
    let bins = plan(Mode::Studio).contract().bins();
    assert_eq!(plan(Mode::Live).contract().bins(), bins);
    let frames: Vec<Vec<f32>> = (0..60).map(|frame| noise(frame, 2 * CHANNELS * bins)).collect();
    let run = |network: &mut dyn Separator, frames: &[Vec<f32>]| -> Masks {
        let mut masks = Masks::new(bins);
        frames.iter().for_each(|frame| network.run_frame(frame, &mut masks).unwrap());
        masks
    };
    let expected = MODES.map(|mode| run(&mut *network(mode), &frames));
    thread::scope(|scope| {
        for seed in 0..3 {
            let (frames, expected, run) = (&frames, &expected, &run);
            scope.spawn(move || {
                let mut random = Random::new(seed);
                for life in 0..4 {
                    let mode = (life + seed as usize) % 2;
                    let mut network = network(MODES[mode]);
                    let mut at = 0;
                    let mut masks = Masks::new(bins);
                    while at < frames.len() {
                        let end = frames.len().min(at + 1 + random.below(30));
                        // Each segment on a thread of its own, as when a host moves its audio.
                        (network, masks) = scope
                            .spawn(move || {
                                let masks = run(&mut *network, &frames[at..end]);
                                (network, masks)
                            })
                            .join()
                            .unwrap();
                        at = end;
                    }
                    assert!(masks == expected[mode]);
                    assert_eq!(network.memory().overflows, 0);
                }
            });
        }
    });
}

#[test]
fn inference_in_the_steady_state_holds_no_more_memory_than_before() {
    MODES.into_iter().for_each(holds_no_more_memory);
}

fn holds_no_more_memory(mode: Mode) {
    let mut network = network(mode);
    let bins = network.contract().bins();
    let mut masks = Masks::new(bins);
    let mixture = noise(1, 2 * CHANNELS * bins);
    network.run_frame(&mixture, &mut masks).unwrap();
    let mut settled = network.memory().in_use;
    for frame in 0..200 {
        network.run_frame(&mixture, &mut masks).unwrap();
        let in_use = network.memory().in_use;
        // Less, where another test that had this pool before frees its last block now.
        assert!(in_use <= settled, "{mode:?}, frame {frame}: {in_use} bytes, and {settled} before");
        settled = in_use;
    }
    let peak = network.memory().peak;
    assert!(peak < POOL_BYTES / 2, "{peak} bytes of the pool were needed");
}
