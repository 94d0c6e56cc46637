"""The reference implementations that the course teaches: one topic, one file, the standard library only."""
