//! The separation engine of Unbraid.
