"""Speech recognition with Vosk: the model, its front end, and the recogniser."""
