//! Our engine, the limits of native code, and plain controls.

mod controls;
mod ours;
mod reading;
mod shapes;

fn main() {
    let mut arms = controls::arms();
    arms.extend(ours::arms());
    kit::serve(&arms);
}
