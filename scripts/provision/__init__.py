"""The set-up: steps with results that are kept, run side by side; standard library only."""
