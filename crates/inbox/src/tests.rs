mod delivery;
mod pages;
mod site;
mod templates;
