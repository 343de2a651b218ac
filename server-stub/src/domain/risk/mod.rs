//! How risky a sign-in looks.

pub mod similarity;
