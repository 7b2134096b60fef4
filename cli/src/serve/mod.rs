//! What `tau serve` is made of.

mod factory;
mod operator;
mod token;

pub(crate) use factory::ConfiguredFactory;
pub(crate) use operator::CliOperator;
pub(crate) use token::read_or_make;
