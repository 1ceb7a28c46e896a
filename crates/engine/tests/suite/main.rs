//! Tests of the engine as a whole, one binary so that they link once.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "test signals are computed from small indices"
)]

mod broken_networks;
mod controls;
mod golden;
mod guard;
mod memory;
mod network;
mod network_slot;
mod promises;
mod support;

use std::alloc::System;

use unbraid_engine::memory::PoolAllocator;
use unbraid_testkit::CountingAllocator;

/// The plug-in's allocator in front of one that counts, as the plug-in has it in front of the system's.
#[global_allocator]
static ALLOCATOR: PoolAllocator<CountingAllocator<System>> =
    PoolAllocator::in_front_of(CountingAllocator(System));
