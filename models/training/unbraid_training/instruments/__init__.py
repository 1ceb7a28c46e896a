"""Notes to sound: samplers, sound fonts, kits, synthesisers, effects."""
