//! The factory that creates the one class of the library.

use std::ffi::c_void;
use std::marker::PhantomData;

use nice_plug::wrapper::vst3::PluginInfo;
use nice_plug::wrapper::vst3::vst3::Steinberg::{
    FIDString, FUnknown, IPluginFactory, IPluginFactory2, IPluginFactory2Trait, IPluginFactory3,
    IPluginFactory3Trait, IPluginFactoryTrait, PClassInfo, PClassInfo2, PClassInfoW, PFactoryInfo, TUID,
    int32, kInvalidArgument, kResultOk, tresult,
};
use nice_plug::wrapper::vst3::vst3::{Class, ComWrapper};

use super::plugin::Plugin;
use crate::instance::HostedPlugin;

/// Creates instances of `P`.
pub struct Factory<P> {
    info: PluginInfo,
    plugin: PhantomData<fn() -> P>,
}

impl<P: HostedPlugin> Factory<P> {
    /// The factory of `P`.
    pub fn new() -> Self {
        Self { info: PluginInfo::for_plugin::<P>(), plugin: PhantomData }
    }
}

impl<P: HostedPlugin> Class for Factory<P> {
    type Interfaces = (IPluginFactory, IPluginFactory2, IPluginFactory3);
}

impl<P: HostedPlugin> IPluginFactoryTrait for Factory<P> {
    unsafe fn getFactoryInfo(&self, info: *mut PFactoryInfo) -> tresult {
        fill(info, 0, || self.info.create_factory_info())
    }

    unsafe fn countClasses(&self) -> int32 {
        1
    }

    unsafe fn getClassInfo(&self, index: int32, info: *mut PClassInfo) -> tresult {
        fill(info, index, || self.info.create_class_info())
    }

    unsafe fn createInstance(
        &self,
        class: FIDString,
        interface: FIDString,
        object: *mut *mut c_void,
    ) -> tresult {
        if class.is_null() || interface.is_null() || object.is_null() {
            return kInvalidArgument;
        }
        // SAFETY: a class id is sixteen bytes.
        if unsafe { &*class.cast::<[u8; 16]>() } != self.info.cid {
            return kInvalidArgument;
        }
        let Some(plugin) = Plugin::<P>::create() else { return kInvalidArgument };
        let plugin = ComWrapper::new(plugin);
        let Some(unknown) = plugin.as_com_ref::<FUnknown>() else { return kInvalidArgument };
        let unknown = unknown.as_ptr();
        // SAFETY: the object is alive, and the host's arguments are passed on to its own query.
        unsafe { ((*(*unknown).vtbl).queryInterface)(unknown, interface.cast::<TUID>(), object) }
    }
}

impl<P: HostedPlugin> IPluginFactory2Trait for Factory<P> {
    unsafe fn getClassInfo2(&self, index: int32, info: *mut PClassInfo2) -> tresult {
        fill(info, index, || self.info.create_class_info_2())
    }
}

impl<P: HostedPlugin> IPluginFactory3Trait for Factory<P> {
    unsafe fn getClassInfoUnicode(&self, index: int32, info: *mut PClassInfoW) -> tresult {
        fill(info, index, || self.info.create_class_info_unicode())
    }

    unsafe fn setHostContext(&self, _context: *mut FUnknown) -> tresult {
        kResultOk
    }
}

/// Writes the answer about class or factory number `index`, of which there is one.
fn fill<T>(info: *mut T, index: int32, create: impl FnOnce() -> T) -> tresult {
    if info.is_null() || index != 0 {
        return kInvalidArgument;
    }
    // SAFETY: a host passes memory for one `T`, which need not be initialised.
    unsafe { info.write(create()) };
    kResultOk
}
