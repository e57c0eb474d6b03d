//! Data: programs that run the command among their arguments.

/// What the words after a wrapper's options are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Runs {
    /// A program and its arguments.
    Words,
    /// One text that a shell reads, or several that it joins with blanks.
    Code,
    /// A program on another machine, or in another place where paths and names mean something else.
    Elsewhere,
}

/// A program that runs the command among its arguments.
pub(super) struct Wrapper {
    /// Its base name.
    pub(super) name: &'static str,
    /// Words that must come first for it to run anything: `run` of `uv run`.
    pub(super) verb: Option<&'static str>,
    /// Options that take the next word as their value; short ones as single letters.
    pub(super) valued: &'static [&'static str],
    /// Operands before the command: the duration of `timeout`.
    pub(super) operands: usize,
    /// Whether `NAME=value` words before the command assign.
    pub(super) assigns: bool,
    /// Options whose value is code for a shell.
    pub(super) code: &'static [&'static str],
    /// Options with which nothing is run: `command -v`.
    pub(super) asks: &'static [&'static str],
    /// Options that change the folder in which the command runs.
    pub(super) chdir: &'static [&'static str],
    /// What the command is.
    pub(super) runs: Runs,
    /// Whether the command has another user's rights.
    pub(super) privileged: bool,
    /// Whether it appends arguments that are not in the text.
    pub(super) appends: bool,
}

const PLAIN: Wrapper = Wrapper {
    name: "",
    verb: None,
    valued: &[],
    operands: 0,
    assigns: false,
    code: &[],
    asks: &[],
    chdir: &[],
    runs: Runs::Words,
    privileged: false,
    appends: false,
};

/// Every wrapper, sorted by name. `find -exec` is read with `find` itself.
#[rustfmt::skip]
pub(super) const WRAPPERS: &[Wrapper] = &[
    Wrapper { name: "builtin", ..PLAIN },
    Wrapper { name: "bundle", verb: Some("exec"), ..PLAIN },
    Wrapper { name: "busybox", ..PLAIN },
    Wrapper { name: "catchsegv", ..PLAIN },
    Wrapper { name: "chroot", operands: 1, valued: &["--userspec", "--groups"], runs: Runs::Elsewhere, privileged: true, ..PLAIN },
    Wrapper { name: "chrt", operands: 1, valued: &["-T", "-P", "-D"], ..PLAIN },
    Wrapper { name: "command", asks: &["-v", "-V"], ..PLAIN },
    Wrapper { name: "conda", verb: Some("run"), valued: &["-n", "--name", "-p", "--prefix"], chdir: &["--cwd"], ..PLAIN },
    Wrapper { name: "dbus-run-session", valued: &["--config-file", "--dbus-daemon"], ..PLAIN },
    Wrapper { name: "direnv", verb: Some("exec"), operands: 1, ..PLAIN },
    Wrapper { name: "doas", valued: &["-u", "-C"], privileged: true, ..PLAIN },
    Wrapper { name: "dumb-init", ..PLAIN },
    Wrapper { name: "env", valued: &["-u", "--unset"], assigns: true, code: &["-S", "--split-string"], chdir: &["-C", "--chdir"], ..PLAIN },
    Wrapper { name: "eatmydata", ..PLAIN },
    Wrapper { name: "exec", valued: &["-a"], ..PLAIN },
    Wrapper { name: "fakeroot", valued: &["-l", "-f", "-i", "-s", "-b"], ..PLAIN },
    Wrapper { name: "firejail", ..PLAIN },
    Wrapper { name: "flock", operands: 1, valued: &["-w", "--timeout", "--wait", "-E"], code: &["-c", "--command"], ..PLAIN },
    Wrapper { name: "gosu", operands: 1, privileged: true, ..PLAIN },
    Wrapper { name: "ionice", valued: &["-c", "-n", "-p", "-P", "-u", "--class", "--classdata"], ..PLAIN },
    Wrapper { name: "ltrace", valued: &["-e", "-o", "-s", "-p", "-u", "-n", "-a", "-A", "-l", "-x"], ..PLAIN },
    Wrapper { name: "nice", valued: &["-n", "--adjustment"], ..PLAIN },
    Wrapper { name: "nohup", ..PLAIN },
    Wrapper { name: "nsenter", valued: &["-t", "--target"], runs: Runs::Elsewhere, privileged: true, ..PLAIN },
    Wrapper { name: "parallel", runs: Runs::Code, appends: true, valued: PARALLEL, ..PLAIN },
    Wrapper { name: "pipenv", verb: Some("run"), ..PLAIN },
    Wrapper { name: "pkexec", valued: &["--user"], privileged: true, ..PLAIN },
    Wrapper { name: "poetry", verb: Some("run"), ..PLAIN },
    Wrapper { name: "prlimit", valued: &["-p", "--pid"], ..PLAIN },
    Wrapper { name: "proxychains", valued: &["-f"], ..PLAIN },
    Wrapper { name: "proxychains4", valued: &["-f"], ..PLAIN },
    Wrapper { name: "rlwrap", valued: &["-f", "-H", "-s", "-S", "-a", "-b", "-C", "-p", "-P", "-t", "-z"], ..PLAIN },
    Wrapper {
        name: "runuser",
        valued: &["-u", "--user", "-g", "--group", "-G", "-s", "--shell"],
        code: &["-c", "--command"],
        privileged: true,
        ..PLAIN
    },
    Wrapper { name: "script", code: &["-c", "--command"], asks: &[], valued: &["-E", "-I", "-O", "-B", "-T", "-o"], operands: usize::MAX, ..PLAIN },
    Wrapper { name: "setarch", operands: 1, ..PLAIN },
    Wrapper { name: "setpriv", valued: &["--reuid", "--regid", "--groups", "--inh-caps", "--bounding-set"], privileged: true, ..PLAIN },
    Wrapper { name: "setsid", ..PLAIN },
    Wrapper { name: "ssh", operands: 1, valued: SSH, runs: Runs::Elsewhere, ..PLAIN },
    Wrapper { name: "sshpass", valued: &["-p", "-f", "-d", "-P"], ..PLAIN },
    Wrapper { name: "stdbuf", valued: &["-i", "-o", "-e", "--input", "--output", "--error"], ..PLAIN },
    Wrapper { name: "strace", valued: &["-e", "-o", "-s", "-p", "-u", "-P", "-a", "-E", "-O", "-S", "-b", "-I", "-X"], ..PLAIN },
    Wrapper {
        name: "su",
        valued: &["-g", "--group", "-G", "-s", "--shell", "-w"],
        code: &["-c", "--command"],
        operands: usize::MAX,
        privileged: true,
        ..PLAIN
    },
    Wrapper { name: "su-exec", operands: 1, privileged: true, ..PLAIN },
    Wrapper {
        name: "sudo",
        valued: &["-u", "--user", "-g", "--group", "-h", "--host", "-p", "--prompt", "-C", "--close-from", "-r", "--role", "-t", "--type", "-T", "--command-timeout", "-U", "--other-user"],
        chdir: &["-D", "--chdir", "-R", "--chroot"],
        assigns: true,
        privileged: true,
        ..PLAIN
    },
    Wrapper {
        name: "systemd-run",
        valued: &["-p", "--property", "-u", "--unit", "-M", "--machine", "-H", "--host", "-E", "--setenv", "--uid", "--gid", "--description", "--slice", "--nice"],
        chdir: &["--working-directory"],
        privileged: true,
        ..PLAIN
    },
    Wrapper { name: "taskset", operands: 1, valued: &["-p"], ..PLAIN },
    Wrapper { name: "time", valued: &["-f", "--format", "-o", "--output"], ..PLAIN },
    Wrapper { name: "timeout", operands: 1, valued: &["-s", "--signal", "-k", "--kill-after"], ..PLAIN },
    Wrapper { name: "tini", valued: &["-p", "-e"], ..PLAIN },
    Wrapper { name: "torsocks", valued: &["-u", "-p", "-a", "-P"], ..PLAIN },
    Wrapper { name: "toybox", ..PLAIN },
    Wrapper { name: "unbuffer", ..PLAIN },
    Wrapper { name: "unshare", valued: &["-S", "--setuid", "-G", "--setgid", "--map-user", "--map-group", "--propagation"], chdir: &["-R", "--root", "-w", "--wd"], ..PLAIN },
    Wrapper { name: "uv", verb: Some("run"), valued: &["--with", "--python", "-p", "--group", "--extra", "--env-file", "--package"], chdir: &["--directory"], ..PLAIN },
    Wrapper { name: "watch", runs: Runs::Code, valued: &["-n", "--interval", "-q", "--equexit", "-s", "--shotsdir"], ..PLAIN },
    Wrapper {
        name: "xargs",
        valued: &["-I", "-n", "-P", "-L", "-d", "-E", "-s", "-a", "--arg-file", "--delimiter", "--max-args", "--max-procs", "--max-lines", "--max-chars", "--process-slot-var"],
        appends: true,
        ..PLAIN
    },
    Wrapper { name: "xvfb-run", valued: &["-n", "--server-num", "-e", "--error-file", "-f", "--auth-file", "-s", "--server-args", "-p", "--xauth-protocol", "-w", "--wait"], ..PLAIN },
];

#[rustfmt::skip]
const SSH: &[&str] = &[
    "-B", "-b", "-c", "-D", "-E", "-e", "-F", "-I", "-i", "-J", "-L", "-l", "-m", "-O", "-o", "-P", "-p", "-Q", "-R", "-S", "-W", "-w",
];

#[rustfmt::skip]
const PARALLEL: &[&str] = &["-j", "--jobs", "-n", "-N", "-I", "-a", "--arg-file", "--delay", "--timeout", "--retries", "-S", "--sshlogin"];

/// Shells that read bash's language, or one that is a part of it.
pub(super) const SHELLS: &[&str] = &["ash", "bash", "dash", "ksh", "mksh", "rbash", "sh", "zsh"];
/// Shells with a language of their own: their code stays unknown.
pub(super) const OTHER_SHELLS: &[&str] = &["cmd", "csh", "elvish", "fish", "nu", "powershell", "pwsh", "tcsh", "xonsh"];

/// An interpreter of a programming language.
pub(super) struct Interpreter {
    /// The name's beginning; digits and dots may follow (`python3.12`).
    pub(super) name: &'static str,
    /// Options with which the next word, or the rest of this one, is code.
    pub(super) code: &'static [&'static str],
    /// Options that name what to run, so that standard input is not read as code.
    pub(super) module: &'static [&'static str],
    /// Other options that take the next word.
    pub(super) valued: &'static [&'static str],
}

/// Interpreters.
#[rustfmt::skip]
pub(super) const INTERPRETERS: &[Interpreter] = &[
    Interpreter { name: "python", code: &["-c"], module: &["-m"], valued: &["-W", "-X", "-Q"] },
    Interpreter { name: "pypy", code: &["-c"], module: &["-m"], valued: &["-W", "-X"] },
    Interpreter { name: "ipython", code: &["-c"], module: &["-m"], valued: &[] },
    Interpreter {
        name: "node",
        code: &["-e", "--eval", "-p", "--print", "-pe", "-r", "--require", "--import", "--loader"],
        module: &["--test", "--run"],
        valued: &["-C", "--conditions"],
    },
    Interpreter { name: "nodejs", code: &["-e", "--eval", "-p", "--print", "-r", "--require"], module: &[], valued: &[] },
    Interpreter { name: "bun", code: &["-e", "--eval", "-p", "--print", "-r", "--preload"], module: &[], valued: &[] },
    Interpreter { name: "deno", code: &["eval"], module: &[], valued: &[] },
    Interpreter { name: "perl", code: &["-e", "-E", "-M", "-m"], module: &[], valued: &["-I"] },
    Interpreter { name: "ruby", code: &["-e", "-r"], module: &[], valued: &["-I", "-C", "-E"] },
    Interpreter { name: "php", code: &["-r", "-B", "-R", "-E", "-d"], module: &["-S"], valued: &["-c", "-t"] },
    Interpreter { name: "lua", code: &["-e", "-l"], module: &[], valued: &[] },
    Interpreter { name: "luajit", code: &["-e", "-l"], module: &[], valued: &[] },
    Interpreter { name: "Rscript", code: &["-e"], module: &[], valued: &[] },
    Interpreter { name: "julia", code: &["-e", "-E", "--eval", "--print"], module: &[], valued: &["-L", "-J", "-t", "-p"] },
    Interpreter { name: "osascript", code: &["-e"], module: &[], valued: &["-l"] },
    Interpreter { name: "tclsh", code: &[], module: &[], valued: &[] },
    Interpreter { name: "expect", code: &["-c"], module: &[], valued: &[] },
    Interpreter { name: "ghci", code: &["-e"], module: &[], valued: &[] },
    Interpreter { name: "guile", code: &["-c"], module: &[], valued: &["-L", "-l"] },
    Interpreter { name: "groovy", code: &["-e"], module: &[], valued: &[] },
    Interpreter { name: "scala", code: &["-e"], module: &[], valued: &[] },
    Interpreter { name: "elixir", code: &["-e", "--eval"], module: &[], valued: &[] },
    Interpreter { name: "erl", code: &["-eval"], module: &[], valued: &[] },
    Interpreter { name: "gdb", code: &["-ex", "-x", "--command", "--eval-command", "-iex"], module: &["--args"], valued: &[] },
];

/// Options of ordinary programs whose value is run, or names a program to run.
#[rustfmt::skip]
pub(super) const CODE_OPTIONS: &[(&str, &[&str])] = &[
    ("ed", &["-p"]),
    ("ex", &["-c", "+", "--cmd", "-S", "-u"]),
    ("git", &["-c", "--config-env", "--exec-path", "--upload-pack", "--receive-pack", "-x", "--exec", "--extcmd", "--open-files-in-pager", "-O"]),
    ("less", &["-k", "--lesskey-src"]),
    ("make", &["--eval", "SHELL=", ".SHELLFLAGS="]),
    ("man", &["-P", "--pager", "-H", "--html", "-C"]),
    ("mysql", &["-e", "--execute"]),
    ("nmap", &["--script"]),
    ("nvim", &["-c", "+", "--cmd", "-S", "-u", "-l"]),
    ("psql", &["-c", "--command", "-f"]),
    ("rsync", &["-e", "--rsh", "--rsync-path"]),
    ("scp", &["-o", "-S", "-F"]),
    ("sftp", &["-o", "-S", "-F", "-D"]),
    ("sort", &["--compress-program"]),
    ("split", &["--filter"]),
    ("sqlite3", &["-cmd", "-init"]),
    ("ssh", &["-o", "-F", "-I"]),
    ("tar", &["--checkpoint-action", "--to-command", "-I", "--use-compress-program", "-F", "--info-script", "--new-volume-script", "--rsh-command"]),
    ("tcpdump", &["-z"]),
    ("vi", &["-c", "+", "--cmd", "-S", "-u"]),
    ("vim", &["-c", "+", "--cmd", "-S", "-u"]),
    ("view", &["-c", "+", "--cmd", "-S", "-u"]),
    ("wget", &["--use-askpass", "-e", "--execute"]),
    ("zip", &["-TT", "--unzip-command"]),
];

/// Builtins that name variables: the words after the options are `name` or `name=value`.
pub(super) const DECLARERS: &[&str] =
    &["declare", "export", "getopts", "let", "local", "mapfile", "read", "readarray", "readonly", "typeset", "unset"];

/// The wrapper with this base name.
pub(super) fn wrapper(name: &str) -> Option<&'static Wrapper> {
    WRAPPERS.iter().find(|w| w.name == name)
}

/// The interpreter with this base name, versions passed over.
pub(super) fn interpreter(name: &str) -> Option<&'static Interpreter> {
    INTERPRETERS
        .iter()
        .find(|i| name.strip_prefix(i.name).is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.')))
}
