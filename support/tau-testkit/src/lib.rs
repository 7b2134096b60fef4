//! Test support of tau: scripted models, fakes and check helpers
