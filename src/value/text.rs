//! Text for people: escaping, cutting, masking.
