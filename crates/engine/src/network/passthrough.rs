//! The stand-in for a network that is not there yet.

use crate::fault::Fault;
use crate::masks::Masks;
use crate::network::contract::Contract;
use crate::network::separator::Separator;
use crate::stems::OTHER;

/// All of the signal in the stem Other, so that the main output is the dry signal.
pub struct Passthrough(pub Contract);

impl Separator for Passthrough {
    fn contract(&self) -> &Contract {
        &self.0
    }

    fn costs(&self) -> &[f32] {
        &[]
    }

    fn begin(&mut self, _mixture: &[f32]) -> Result<(), Fault> {
        Ok(())
    }

    fn step(&mut self, _index: usize) -> Result<(), Fault> {
        Ok(())
    }

    fn finish(&mut self, masks: &mut Masks) -> Result<(), Fault> {
        masks.give_all_to(OTHER);
        Ok(())
    }

    fn reset(&mut self) {}
}
