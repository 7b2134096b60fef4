//! What `tau serve` is made of.

mod factory;
mod limits;
mod log;
mod operator;
mod tls;
mod token;

pub(crate) use factory::ConfiguredFactory;
pub(crate) use limits::{Limits, defaults};
pub(crate) use log::ServerLog;
pub(crate) use operator::interface_options;
pub(crate) use tls::{read_pem, tls};
pub(crate) use token::{read_or_make, usual_token_file};
