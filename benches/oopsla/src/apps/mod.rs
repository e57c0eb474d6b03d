//! The three applications. gdrive twice: as it was published, with views that are nobody's, and repaired.

mod gdrive;
mod github;
mod tinytodo;

pub use gdrive::{GDRIVE, GDRIVE_REPAIRED};
pub use github::GITHUB;
pub use tinytodo::TINYTODO;

use crate::model::App;

pub const ALL: [&App; 4] = [&GDRIVE, &GDRIVE_REPAIRED, &GITHUB, &TINYTODO];
