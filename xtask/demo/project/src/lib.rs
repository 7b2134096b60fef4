//! Prices of a shopping basket, in whole cents.

mod basket;
mod tax;

pub use basket::Basket;
