"""How the IVR server reaches the dialogue."""
