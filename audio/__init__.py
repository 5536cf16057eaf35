"""Samples: frames, mu-law, resampling, voice activity, playback, WAV files. No words."""
