//! VST3's buses: the framework's, with the channels of our own layout.

use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::{
    BusDirection, BusDirections_, BusInfo, IComponentTrait, MediaType, MediaTypes_, SpeakerArr,
    SpeakerArrangement,
};
use nice_plug::wrapper::vst3::vst3::Steinberg::{
    TBool, int32, kInvalidArgument, kResultFalse, kResultOk, tresult,
};

use super::plugin::Plugin;
use crate::instance::HostedPlugin;
use crate::layout::{Layout, OUTPUT_BUSES};

#[allow(clippy::unnecessary_cast, clippy::cast_possible_wrap, reason = "the type differs between systems")]
const INPUT: BusDirection = BusDirections_::kInput as BusDirection;
#[allow(clippy::unnecessary_cast, clippy::cast_possible_wrap, reason = "the type differs between systems")]
const OUTPUT: BusDirection = BusDirections_::kOutput as BusDirection;
#[allow(clippy::unnecessary_cast, clippy::cast_possible_wrap, reason = "the type differs between systems")]
const AUDIO: MediaType = MediaTypes_::kAudio as MediaType;

/// Channels of an arrangement, whichever its speakers are.
fn channels(arrangement: SpeakerArrangement) -> usize {
    arrangement.count_ones() as usize
}

/// Channels of each of a host's `count` buses, or `None` if it hands over more than there can be.
///
/// # Safety
/// `arrangements` points to `count` arrangements.
unsafe fn read(
    arrangements: *const SpeakerArrangement,
    count: int32,
) -> Option<([usize; OUTPUT_BUSES], usize)> {
    let count = usize::try_from(count).ok().filter(|&count| count <= OUTPUT_BUSES)?;
    let mut buses = [0; OUTPUT_BUSES];
    for (index, bus) in buses.iter_mut().enumerate().take(count) {
        // SAFETY: within the host's array.
        *bus = channels(unsafe { *arrangements.add(index) });
    }
    Some((buses, count))
}

impl<P: HostedPlugin> Plugin<P> {
    fn bus_channels(&self, direction: BusDirection, index: int32) -> Option<usize> {
        let index = usize::try_from(index).ok()?;
        matches!(direction, INPUT | OUTPUT).then(|| self.layout().channels(direction == INPUT, index))?
    }

    /// Takes the layout that a host asks for, if the plug-in agrees and is not active.
    ///
    /// # Safety
    /// The arrays are null or as long as they say.
    pub(super) unsafe fn set_arrangements(
        &self,
        inputs: *const SpeakerArrangement,
        num_ins: int32,
        outputs: *const SpeakerArrangement,
        num_outs: int32,
    ) -> tresult {
        if (inputs.is_null() && num_ins > 0) || (outputs.is_null() && num_outs > 0) {
            return kInvalidArgument;
        }
        // SAFETY: the caller's promise.
        let buses = unsafe { read(inputs, num_ins).zip(read(outputs, num_outs)) };
        let layout = buses.and_then(|((inputs, ins), (outputs, outs))| {
            Layout::from_buses(&inputs[..ins], &outputs[..outs])
        });
        if layout.is_some_and(|layout| self.set_layout(layout)) { kResultOk } else { kResultFalse }
    }

    /// # Safety
    /// `arrangement` is null or memory for one.
    pub(super) unsafe fn arrangement(
        &self,
        direction: BusDirection,
        index: int32,
        arrangement: *mut SpeakerArrangement,
    ) -> tresult {
        let Some(channels) = self.bus_channels(direction, index).filter(|_| !arrangement.is_null()) else {
            return kInvalidArgument;
        };
        let answer = match channels {
            0 => SpeakerArr::kEmpty,
            1 => SpeakerArr::kMono,
            _ => SpeakerArr::kStereo,
        };
        // SAFETY: the caller's promise.
        unsafe { arrangement.write(answer) };
        kResultOk
    }

    pub(super) fn bus_count(&self, media: MediaType, direction: BusDirection) -> int32 {
        let buses = match (media, direction) {
            (AUDIO, INPUT) => 1,
            (AUDIO, OUTPUT) => self.layout().output_buses(),
            _ => 0,
        };
        int32::try_from(buses).unwrap_or(0)
    }

    /// The framework's answer, with our number of channels.
    ///
    /// # Safety
    /// `info` is null or memory for one.
    pub(super) unsafe fn bus_info(
        &self,
        media: MediaType,
        direction: BusDirection,
        index: int32,
        info: *mut BusInfo,
    ) -> tresult {
        let channels = self.bus_channels(direction, index).filter(|_| media == AUDIO);
        let Some(channels) = channels.and_then(|channels| int32::try_from(channels).ok()) else {
            return kInvalidArgument;
        };
        // SAFETY: the caller's promise; the framework's layout stays its first, which has all buses.
        unsafe {
            let answer = self.framework.getBusInfo(media, direction, index, info);
            if answer == kResultOk {
                (*info).channelCount = channels;
            }
            answer
        }
    }

    /// Accepts that a bus is switched on or off: what the host then hands over is looked at in each block.
    pub(super) fn activate_bus(
        &self,
        media: MediaType,
        direction: BusDirection,
        index: int32,
        _state: TBool,
    ) -> tresult {
        let known = media == AUDIO && self.bus_channels(direction, index).is_some();
        if known { kResultOk } else { kInvalidArgument }
    }
}
