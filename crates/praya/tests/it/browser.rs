//! The pages in a real Chromium: the walk with and without JavaScript, and every page looked at by axe.

mod chromium;
mod pages;
mod passkey;
mod signing;
mod walk;
