//! Captures: what goes in comes out, goes on as if nothing had happened, and nothing else ever comes out.

mod bench;
mod code;
mod errors;
mod hostile;
mod layout;
mod threads;
mod tokens;
mod values;
