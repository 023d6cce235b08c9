"""Run a recorded run again from its record alone, and say whether the same came out."""
