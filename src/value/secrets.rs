//! The secret scanner: token families from vendors' published formats.
