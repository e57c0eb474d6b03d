//! Numbers from text and back: decimals, ratios, percent, sizes.
