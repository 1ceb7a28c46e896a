//! The plug-in as a library for hosts: the entry points of [`unbraid`](../../../plugin), and nothing else.

// For its exported `clap_entry`, `GetPluginFactory` and their kin.
extern crate unbraid as _;
