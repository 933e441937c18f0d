//! One test binary: the built `praya` over HTTP, and the rules of the house.

mod browser;
mod demo;
mod faults;
mod walk;
