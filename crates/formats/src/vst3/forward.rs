//! Interfaces of the framework's class that are forwarded as they are, or nearly.

use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::ChannelContext::IInfoListenerTrait;
use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::{
    BusDirection, CString, CtrlNumber, IAttributeList, IMidiMappingTrait, INoteExpressionControllerTrait,
    IProcessContextRequirementsTrait, IUnitInfoTrait, MediaType, NoteExpressionTypeID,
    NoteExpressionTypeInfo, NoteExpressionValue, ParamID, ProgramListID, ProgramListInfo, String128, TChar,
    UnitID, UnitInfo,
};
use nice_plug::wrapper::vst3::vst3::Steinberg::{IBStream, int16, int32, tresult, uint32};

use super::plugin::Plugin;
use crate::effect::HostedPlugin;

/// Implements an interface by forwarding methods to the framework's class. Methods in the second block stand as they are.
macro_rules! forward {
    ($interface:ident { $(fn $method:ident($($argument:ident: $type:ty),* $(,)?) -> $result:ty;)* } $({ $($own:tt)* })?) => {
        impl<P: HostedPlugin> $interface for Plugin<P> {
            $(unsafe fn $method(&self, $($argument: $type),*) -> $result {
                // SAFETY: the host's arguments are forwarded as they are.
                unsafe { $interface::$method(&self.framework, $($argument),*) }
            })*
            $($($own)*)?
        }
    };
}
pub(super) use forward;

forward!(IMidiMappingTrait {
    fn getMidiControllerAssignment(bus: int32, channel: int16, number: CtrlNumber, id: *mut ParamID) -> tresult;
});
forward!(INoteExpressionControllerTrait {
    fn getNoteExpressionCount(bus: int32, channel: int16) -> int32;
    fn getNoteExpressionInfo(bus: int32, channel: int16, index: int32, info: *mut NoteExpressionTypeInfo) -> tresult;
    fn getNoteExpressionStringByValue(bus: int32, channel: int16, id: NoteExpressionTypeID, value: NoteExpressionValue, string: *mut String128) -> tresult;
    fn getNoteExpressionValueByString(bus: int32, channel: int16, id: NoteExpressionTypeID, string: *const TChar, value: *mut NoteExpressionValue) -> tresult;
});
forward!(IProcessContextRequirementsTrait {
    fn getProcessContextRequirements() -> uint32;
});
forward!(IUnitInfoTrait {
    fn getUnitCount() -> int32;
    fn getUnitInfo(index: int32, info: *mut UnitInfo) -> tresult;
    fn getProgramListCount() -> int32;
    fn getProgramListInfo(index: int32, info: *mut ProgramListInfo) -> tresult;
    fn getProgramName(list: ProgramListID, index: int32, name: *mut String128) -> tresult;
    fn getProgramInfo(list: ProgramListID, index: int32, id: CString, value: *mut String128) -> tresult;
    fn hasProgramPitchNames(list: ProgramListID, index: int32) -> tresult;
    fn getProgramPitchName(list: ProgramListID, index: int32, pitch: int16, name: *mut String128) -> tresult;
    fn getSelectedUnit() -> UnitID;
    fn selectUnit(id: UnitID) -> tresult;
    fn getUnitByBus(media: MediaType, dir: BusDirection, bus: int32, channel: int32, id: *mut UnitID) -> tresult;
    fn setUnitProgramData(list: int32, index: int32, data: *mut IBStream) -> tresult;
});
forward!(IInfoListenerTrait {
    fn setChannelContextInfos(list: *mut IAttributeList) -> tresult;
});
