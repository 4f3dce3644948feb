//! Captures: what goes in comes out, goes on as if nothing had happened, and nothing else ever comes out.

mod bench;
mod layout;
mod threads;
mod values;
