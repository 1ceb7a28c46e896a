//! Tests of the engine as a whole, one binary so that they link once.

mod broken_networks;
mod golden;
mod guard;
mod measure;
mod memory;
mod network;
mod network_slot;
mod promises;
mod support;

use std::alloc::System;

use unbraid_engine::memory::PoolAllocator;

/// The plug-in's allocator in front of one that counts, as the plug-in has it in front of the system's.
#[global_allocator]
static ALLOCATOR: PoolAllocator<guard::Counting<System>> =
    PoolAllocator::in_front_of(guard::Counting(System));
