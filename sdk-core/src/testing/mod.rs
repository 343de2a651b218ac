//! Fakes of every port, for tests.
