//! A processor from the background thread to the audio thread, and the one that it replaces back.

use nice_plug::prelude::*;
use unbraid_engine::mailbox::{Mailbox, Publisher};
use unbraid_plugin::Unbraid;
use unbraid_plugin::instance::Instance;
use unbraid_plugin::processor::Processor;

/// The audio thread's end.
pub struct Incoming {
    mailbox: Mailbox<Option<Processor>>,
    /// What goes back into the mailbox: empty, or the processor that was replaced last.
    spare: Box<Option<Processor>>,
}

/// The background thread's end.
pub struct Outgoing(Publisher<Option<Processor>>);

impl Default for Incoming {
    fn default() -> Self {
        Self { mailbox: Mailbox::new(), spare: Box::default() }
    }
}

impl Incoming {
    /// The other end.
    pub fn outgoing(&self) -> Outgoing {
        Outgoing(self.mailbox.publisher())
    }

    /// Swaps `plugin`'s processor for the one that was prepared, if there is one. For the audio thread: never waits,
    /// allocates or frees.
    pub fn exchange(&mut self, plugin: &mut Unbraid, sample_rate: f32) {
        if self.mailbox.take(&mut self.spare)
            && let Some(processor) = self.spare.take()
        {
            *self.spare = plugin.replace_processor(processor, sample_rate);
        }
    }
}

impl Outgoing {
    /// Prepares a processor for what is chosen now and publishes it; the one that was replaced before is freed. Takes
    /// up to seconds. If it fails, the old one goes on and the reason is logged.
    pub fn prepare(&self, instance: &Instance, sample_rate: f32, max_block: u32) {
        match instance.prepare(None, sample_rate, max_block) {
            Ok(processor) => self.0.publish(Box::new(Some(processor))),
            Err(reason) => nice_error!("The network stays as it is: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_processor_is_handed_over_and_the_old_one_freed_in_the_background() {
        let mut incoming = Incoming::default();
        let outgoing = incoming.outgoing();
        let mut plugin = Unbraid::default();
        let instance = plugin.instance().clone();
        incoming.exchange(&mut plugin, 44_100.0);
        assert!(plugin.processor_latency().is_none(), "nothing was published");
        outgoing.prepare(&instance, 44_100.0, 512);
        incoming.exchange(&mut plugin, 44_100.0);
        let latency = plugin.processor_latency().expect("there is a processor now");
        assert!(incoming.spare.is_none());
        outgoing.prepare(&instance, 44_100.0, 64);
        incoming.exchange(&mut plugin, 44_100.0);
        assert!(
            plugin.processor_latency().is_some_and(|sliced| sliced > latency),
            "the one for short blocks"
        );
        assert!(incoming.spare.is_some(), "the audio thread frees nothing");
        outgoing.prepare(&instance, 44_100.0, 512);
        incoming.exchange(&mut plugin, 44_100.0);
        assert_eq!(plugin.processor_latency(), Some(latency));
        assert!(
            outgoing.0.collect().is_some_and(|retired| retired.is_some()),
            "to be freed in the background"
        );
    }

    #[test]
    fn the_mode_changes_while_the_program_plays() {
        let mut incoming = Incoming::default();
        let outgoing = incoming.outgoing();
        let mut plugin = Unbraid::default();
        let instance = plugin.instance().clone();
        for (normalized, latency) in
            [(1.0, 4096), (0.0, if unbraid_plugin::networks::HAS_LIVE { 1024 } else { 4096 })]
        {
            let map = instance.params.param_map();
            let (_, mode, _) = map.iter().find(|(id, _, _)| id == "mode").expect("there is a mode");
            // SAFETY: the parameters are alive, and nobody else uses them.
            unsafe { mode._internal_set_normalized_value(normalized) };
            outgoing.prepare(&instance, 44_100.0, 512);
            incoming.exchange(&mut plugin, 44_100.0);
            assert_eq!(plugin.processor_latency(), Some(latency));
            assert_eq!(
                instance.status.latency().map(|(samples, _)| samples),
                Some(latency),
                "what the window shows"
            );
        }
    }
}
