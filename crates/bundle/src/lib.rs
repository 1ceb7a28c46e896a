//! The library that hosts load: what [`unbraid_plugin`] exports, and its allocator.

use std::ffi::c_void;

use unbraid_engine::memory::PoolAllocator;
use unbraid_formats::clap::{self, clap_plugin_entry};
use unbraid_formats::vst3;
use unbraid_plugin::Unbraid;

/// Serves inference from pools, the system's memory otherwise.
#[global_allocator]
static ALLOCATOR: PoolAllocator = PoolAllocator::system();

/// The CLAP entry point.
#[unsafe(no_mangle)]
#[used]
pub static clap_entry: clap_plugin_entry = clap::entry::<Unbraid>();

/// The VST3 factory.
#[unsafe(no_mangle)]
pub extern "system" fn GetPluginFactory() -> *mut c_void {
    vst3::factory::<Unbraid>()
}

/// Functions that VST3 hosts call after they load the library and before they unload it, under each system's names.
macro_rules! module_functions {
    ($abi:literal, $entry:ident($($argument:ident: $type:ty)?), $exit:ident) => {
        /// Called by VST3 hosts after loading.
        #[unsafe(no_mangle)]
        pub extern $abi fn $entry($($argument: $type)?) -> bool {
            vst3::module_entry::<Unbraid>();
            true
        }

        /// Called by VST3 hosts before unloading.
        #[unsafe(no_mangle)]
        pub extern $abi fn $exit() -> bool {
            true
        }
    };
}

#[cfg(all(target_family = "unix", not(target_os = "macos")))]
module_functions!("C", ModuleEntry(_library: *mut c_void), ModuleExit);
#[cfg(target_os = "macos")]
module_functions!("C", bundleEntry(_bundle: *mut c_void), bundleExit);
#[cfg(target_os = "windows")]
module_functions!("system", InitDll(), ExitDll);
