//! Extensions that attach: who may, what they are asked, and what becomes of that when they break off.

mod environment;
mod hello;
mod many;
mod reattach;
mod support;
mod tools;
