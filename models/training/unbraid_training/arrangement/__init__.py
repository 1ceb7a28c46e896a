"""Songs as notes: generated and read from MIDI, then played by `instruments`."""
