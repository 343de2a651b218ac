//! What goes wrong between and around SDK and server: lost answers, restarts, wrong answers, no answers, one
//! session twice, and neighbours.

mod clocks;
mod lost_answers;
mod neighbours;
mod restarts;
mod sessions;
mod wrong_answers;
