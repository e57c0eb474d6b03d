//! Globs on texts: `*` matches any run, `?` one character; linear time.
