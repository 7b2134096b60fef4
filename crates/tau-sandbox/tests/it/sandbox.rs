//! A sandbox does what it is for: commands run, and are told apart.
