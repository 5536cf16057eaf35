"""The line's voice: Piper in a process of its own, and a cache of what it has said."""
