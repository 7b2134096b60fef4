//! The scripted server, seen through raw TCP.

mod server;
