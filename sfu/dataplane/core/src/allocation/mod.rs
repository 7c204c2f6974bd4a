//! Who gets how much: a transport's estimate divided over its consumers, and which layers of a producer anybody wants.
//!
//! Everything here but [`run`] is pure: rates, priorities and the time go in, layers come out. [`rungs`] says what
//! steps a consumer can take, [`share`] divides once, [`standing`] keeps a consumer from going up and down, [`plan`]
//! puts the two together. [`tariff`] is what layers cost, [`size`] what a picture on the page can use, [`interest`]
//! what to ask of the producer. [`run`] brings it to the tables.

pub mod demand;
pub mod interest;
pub mod plan;
pub mod run;
pub mod rungs;
pub mod share;
pub mod size;
pub mod standing;
pub mod tariff;

pub use demand::Demand;
pub use plan::{Budget, Planner, Row};
pub use rungs::Rungs;
pub use size::Size;
pub use standing::Standing;

/// What a consumer counts unless it says otherwise; 1 to 255.
pub const USUAL_PRIORITY: u8 = 100;
/// What a shared screen counts on top: more than who speaks, less than what somebody pins.
pub const SCREEN_BONUS: u8 = 50;
