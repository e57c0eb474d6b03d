//! Lines made to hurt: they end soon, with an error, on a small stack.

use std::time::{Duration, Instant};

use crate::value::command::{MAX_BYTES, parse};

/// Runs on a stack of 256 KiB and gives back whether the line was read.
fn read(line: String) -> bool {
    let start = Instant::now();
    let shown: String = line.chars().take(40).collect();
    let thread = std::thread::Builder::new().stack_size(256 * 1024).spawn(move || parse(&line).is_ok());
    let read = thread.expect("a thread starts").join().expect("no panic");
    assert!(start.elapsed() < Duration::from_secs(2), "slow: {shown}");
    read
}

/// Brackets, each with what closes it.
const NESTS: [(&str, &str, &str); 24] = [
    ("( ", "ls", " )"),
    ("(", "ls", ")"),
    ("( x; ", "ls", " )"),
    ("{ ", "ls;", " };"),
    ("if a; then ", "ls", "; fi"),
    ("if a; then b; else ", "ls", "; fi"),
    ("if ", "ls", "; then a; fi"),
    ("while a; do ", "ls", "; done"),
    ("for a in b; do ", "ls", "; done"),
    ("case x in a) ", "ls", ";; esac"),
    ("case x in a) ", "ls", "\nesac"),
    ("f() { ", "ls;", " };"),
    ("echo $(", "ls", ")"),
    ("echo \"$(", "ls", ")\""),
    ("echo $((", "1", "))"),
    ("echo $(( (", "1", ") ))"),
    ("((", "1", "))"),
    ("echo ${a:-", "b", "}"),
    ("echo \"${a:-", "b", "}\""),
    ("cat <(", "ls", ")"),
    ("[[ ( ", "a", " ) ]]"),
    ("! ", "ls", ""),
    ("a[", "1", "]=2"),
    ("eval ", "ls", ""),
];

#[test]
fn deep_nesting_is_refused_and_shallow_is_read() {
    for (open, inner, close) in NESTS {
        let nest = |n: usize| format!("{}{inner}{}", open.repeat(n), close.repeat(n));
        assert!(read(nest(2)) || open.starts_with("[["), "2 of {open}");
        for n in [5, 8, 16, 28, 31, 32, 33, 40, 64, 300, 1000, 2500] {
            read(nest(n));
            // Without the ends, and with wrong ones.
            read(open.repeat(n));
            read(format!("{}{inner}", open.repeat(n)));
            read(format!("{}{inner}{}", open.repeat(n), "; )".repeat(n)));
        }
    }
    for (open, inner, close) in [NESTS[0], NESTS[3], NESTS[4], NESTS[7], NESTS[8]] {
        let nest = |n: usize| format!("{}{inner}{}", open.repeat(n), close.repeat(n));
        assert!(read(nest(31)), "31 of {open}");
        assert!(!read(nest(33)), "33 of {open}");
    }
    for (open, inner, close) in [NESTS[12], NESTS[13], NESTS[19]] {
        let nest = |n: usize| format!("{}{inner}{}", open.repeat(n), close.repeat(n));
        assert!(read(nest(15)), "15 of {open}");
        assert!(!read(nest(17)), "17 of {open}");
    }
}

#[test]
fn mixed_nesting_counts_together() {
    let nest = |n: usize| format!("{}ls{}", "( { if a; then echo $( ".repeat(n), "); fi; } )".repeat(n));
    assert!(read(nest(6)), "30 deep");
    assert!(!read(nest(7)), "35 deep");
}

#[test]
fn code_in_code_is_bounded() {
    let mut line = "ls".to_string();
    for _ in 0..12 {
        line = format!("bash -c '{}'", line.replace('\'', r"'\''"));
        if line.len() > MAX_BYTES {
            break;
        }
        read(line.clone());
    }
    read(format!("{} ls", "sudo ".repeat(5000)));
    read(format!("{} ls", "eval ".repeat(5000)));
    read(format!("{} ls", "xargs ".repeat(15)));
    read(format!("{} ls \\;", "find . -exec ".repeat(2000)));
}

#[test]
fn long_lines_are_refused_or_quick() {
    assert!(!read("a".repeat(MAX_BYTES + 1)));
    assert!(read(format!("echo {}", "a ".repeat(1000))));
    for piece in [
        "( ",
        "(",
        "{ ",
        "((",
        "$((",
        "$(",
        "`",
        "\\`",
        "\"",
        "'",
        "${",
        "a;",
        "a|",
        "&&",
        "<",
        "<<a\n",
        "<(",
        "a=(",
        "[[ ",
        "if ",
        "case x in ",
        "$'",
        "]]",
        "x[",
        "9",
        "\\",
        "\\\n",
        "a\n",
        "a&",
        "{a,",
        "$[",
        "!",
        "time ",
        "function f ",
        "f() ",
        "-exec ",
        "find . -exec ",
        "${a:=",
        "$((a) ",
    ] {
        read(piece.repeat(5 * 1024 / piece.len()));
        read(piece.repeat(MAX_BYTES / piece.len()));
        read(format!("echo {}", piece.repeat(MAX_BYTES / piece.len() - 8)));
    }
}

#[test]
fn more_than_64_commands_are_refused() {
    assert!(read("ls;".repeat(64)));
    assert!(!read("ls;".repeat(65)));
    assert!(!read(format!("echo {}", "$(ls) ".repeat(64))));
}

#[test]
fn random_bytes_do_not_panic() {
    // A small generator of our own: the same lines every time.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % n as u64).unwrap_or(0)
    };
    let pieces = [
        "a",
        " ",
        "\n",
        ";",
        "&",
        "|",
        "(",
        ")",
        "{",
        "}",
        "$",
        "`",
        "'",
        "\"",
        "\\",
        "<",
        ">",
        "<<E\n",
        "E\n",
        "if",
        "then",
        "fi",
        "for",
        "in",
        "do",
        "done",
        "case",
        "esac",
        ")",
        "((",
        "))",
        "[[",
        "]]",
        "=",
        "é",
        "\u{1f600}",
        "#",
        "!",
        "*",
        "~",
        "1",
        "-c",
        "bash",
        "eval",
        "find",
        "-exec",
        "{}",
        "xargs",
        "sudo",
        "cd",
        "/x",
        "${",
        "$(",
        "<(",
        "x=",
        "x=(",
        "function",
        "time",
        "tar",
        "git",
        "curl",
        "sed",
        "awk",
        "-i",
        "@",
    ];
    for _ in 0..20_000 {
        let line: String = (0..next(24))
            .map(|_| pieces[next(pieces.len())])
            .collect::<Vec<_>>()
            .join(if next(2) == 0 { "" } else { " " });
        let _ = parse(&line);
    }
}
