//! Talking to a server: transport, login, session.
