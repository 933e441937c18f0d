//! One test binary: the built `praya` over HTTP, and the rules of the house.

mod architecture;
mod browser;
mod demo;
mod faults;
mod routes;
mod walk;
