//! Seeded faults of lanes.
