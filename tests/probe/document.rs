//! `docs/probe.md`: the table of questions and three reports, written by the binary, and held to it.
