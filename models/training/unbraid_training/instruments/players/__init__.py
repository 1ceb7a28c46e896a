"""Players of parts: they choose instrument, amplifier and place in the stereo picture, and render."""
