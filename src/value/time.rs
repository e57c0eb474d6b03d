//! Timestamps, durations, zones and civil time.
