//! Unbraid, the plug-in.
