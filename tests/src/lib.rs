//! Tests of the bundled plug-in inside real hosts.
