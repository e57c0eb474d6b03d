//! `aasc`.
fn main() {}
