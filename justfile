# Conveniences for people who work on the project; nothing here is needed to build or to use it.

# Lists the recipes.
default:
    @just --list

# What a change must pass.
ci: fmt lint test docs rules

# The code's formatting.
fmt:
    cargo fmt --all --check

# Lints, all of them fatal.
lint:
    cargo clippy --workspace --all-targets --locked -- -D warnings

# Tests, with nextest where it is installed, and the examples in the documentation.
test:
    if command -v cargo-nextest >/dev/null; then cargo nextest run --workspace && cargo test --workspace --doc; else cargo test --workspace; fi

# The API documentation, and the book where mdbook is installed.
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
    if command -v mdbook >/dev/null; then mdbook build docs; fi

# The shipped rules.
rules:
    cargo run -q -p aasc -- check rules
    cargo run -q -p aasc -- test rules
    cargo run -q -p aasc -- fmt --check rules

# Licences and advisories of the dependencies, where cargo-deny is installed.
deny:
    cargo deny check

# A million generated pairs of policies and requests through every engine.
soak:
    AAS_SOAK=1000000 cargo test --release --workspace -- --include-ignored soak
