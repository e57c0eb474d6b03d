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

# Our engine beside its peers: everything, with tables and plots for docs/src/performance. Half an hour, and as long
# to build; best on a machine that does nothing else.
bench:
    #!/usr/bin/env sh
    set -eu
    cargo build --release --locked -p aasc
    cd benches/peers
    for package in bench peer-native peer-wirefilter peer-roto peer-cel peer-zen peer-rhai peer-casbin peer-rego peer-cedar; do
        cargo build --release --locked -p $package
    done
    cargo build --release --locked --manifest-path engines/dogwood/Cargo.toml --target-dir target
    target/release/bench run --aasc ../../target/release/aasc --out target/records.jsonl
    target/release/bench report target/records.jsonl ../../docs/src/performance

# The same in under five minutes, once it is built: two workloads, our engine, controls, wirefilter and Cedar.
bench-quick:
    #!/usr/bin/env sh
    set -eu
    cd benches/peers
    for package in bench peer-native peer-wirefilter peer-cedar; do
        cargo build --release --locked -p $package
    done
    target/release/bench run --quick --out target/quick.jsonl
    target/release/bench show target/quick.jsonl

# Instructions of representative decisions under callgrind, compared with the table within 2 %.
instructions *ARGS:
    cargo bench --profile counted --locked -p aas --bench instructions -- {{ARGS}}

# Cedar's three applications of its OOPSLA'24 paper: every answer compared, then both engines timed.
bench-oopsla:
    #!/usr/bin/env sh
    set -eu
    cd benches/oopsla
    cargo build --release --locked
    target/release/oopsla check
    target/release/oopsla bench --out target/records.jsonl

# Dogwood's own corpus, translated and played through the governor: every verdict compared, and a table of what cannot be
# said. Builds Dogwood and Cedar: eleven minutes of processor time, once.
dogwood-corpus:
    cargo run --release --locked --manifest-path benches/dogwood/Cargo.toml -- corpus

# The same rules with memory in the governor and in Dogwood, by turns, every verdict compared: the table of
# docs/src/performance/temporal.md. Two minutes, once it is built.
bench-temporal:
    cargo run --release --locked --manifest-path benches/dogwood/Cargo.toml -- temporal

# A million generated pairs of policies and requests through every engine.
soak:
    AAS_SOAK=1000000 cargo test --release --workspace -- --include-ignored soak

# Hostile input on a stack of 256 KiB.
hostile:
    AAS_STACK_KIB=256 CARGO_PROFILE_TEST_OPT_LEVEL=1 cargo test -p aas --test hostile

# One fuzz target, on stable Rust: `just fuzz parse -max_total_time=60`.
fuzz TARGET *ARGS:
    #!/usr/bin/env sh
    set -eu
    cd fuzz
    export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing"
    cargo build --release --target x86_64-unknown-linux-gnu --bin {{TARGET}}
    mkdir -p corpus/{{TARGET}}
    target/x86_64-unknown-linux-gnu/release/{{TARGET}} {{ARGS}} corpus/{{TARGET}} seeds/{{TARGET}}
