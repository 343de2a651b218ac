//! What goes wrong between and around SDK and server: lost answers, restarts, wrong answers, no answers, and
//! neighbours.

mod clocks;
mod lost_answers;
mod neighbours;
mod restarts;
mod wrong_answers;
