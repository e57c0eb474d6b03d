//! Data: which arguments of well-known programs are paths that are read or written, and which are hosts.

/// What the operands of a program are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operands {
    /// No paths.
    None,
    /// Read.
    Read,
    /// Written (made, changed or removed).
    Write,
    /// All but the last are read, the last is written.
    Copy,
    /// All are written, and all but the last read too.
    Move,
    /// `if=` is read, `of=` is written.
    KeyValue,
    /// As for any program: what looks like a path may be read.
    Guess,
}

/// The arguments of one program.
pub(super) struct Usage {
    /// Base name.
    pub(super) name: &'static str,
    /// What its operands are.
    pub(super) operands: Operands,
    /// Leading operands that are no paths: the pattern of `grep`.
    pub(super) skip: usize,
    /// Options that take the place of what `skip` leaves out.
    pub(super) skip_given: &'static [&'static str],
    /// Options that take the next word, which is no path.
    pub(super) valued: &'static [&'static str],
    /// Options whose value is read.
    pub(super) reads: &'static [&'static str],
    /// Options whose value is written.
    pub(super) writes: &'static [&'static str],
    /// Options with which the operands are written too: `sed -i`.
    pub(super) in_place: &'static [&'static str],
    /// Options with which something is written into the working folder.
    pub(super) writes_here: &'static [&'static str],
}

const U: Usage = Usage {
    name: "",
    operands: Operands::Read,
    skip: 0,
    skip_given: &[],
    valued: &[],
    reads: &[],
    writes: &[],
    in_place: &[],
    writes_here: &[],
};
const R: Usage = U;
const W: Usage = Usage { operands: Operands::Write, ..U };
const N: Usage = Usage { operands: Operands::None, ..U };

#[rustfmt::skip]
const GREP: &[&str] = &["-e", "--regexp", "-A", "-B", "-C", "-m", "-D", "-d", "--color", "--include", "--exclude", "--exclude-dir", "--max-count", "--context", "--label"];
#[rustfmt::skip]
const RG: &[&str] = &["-e", "--regexp", "-A", "-B", "-C", "-m", "-g", "-t", "-T", "-j", "-r", "-E", "-M", "--glob", "--iglob", "--type", "--type-not", "--max-count", "--max-depth", "-d", "--sort", "--color", "--replace", "--colors", "--context"];

/// Every program whose arguments are known.
#[rustfmt::skip]
pub(super) const USAGES: &[Usage] = &[
    Usage { name: ".", ..R },
    Usage { name: "[", operands: Operands::Guess, ..U },
    Usage { name: "[[", ..N },
    Usage { name: "awk", skip: 1, skip_given: &["-f", "--file"], valued: &["-F", "-v", "--field-separator", "--assign"], reads: &["-f", "--file"], ..R },
    Usage { name: "base64", valued: &["-w", "--wrap"], ..R },
    Usage { name: "bat", valued: &["-l", "--language", "--theme", "--style", "-r", "--line-range"], ..R },
    Usage { name: "cat", ..R },
    Usage { name: "cd", ..N },
    Usage { name: "chgrp", skip: 1, skip_given: &["--reference"], reads: &["--reference"], ..W },
    Usage { name: "chmod", skip: 1, skip_given: &["--reference"], reads: &["--reference"], ..W },
    Usage { name: "chown", skip: 1, skip_given: &["--reference"], reads: &["--reference"], valued: &["--from"], ..W },
    Usage { name: "cmp", valued: &["-n", "-i"], ..R },
    Usage { name: "comm", ..R },
    Usage { name: "cp", operands: Operands::Copy, writes: &["-t", "--target-directory"], valued: &["-S", "--suffix"], ..U },
    Usage { name: "curl", operands: Operands::None, valued: CURL, reads: &["-T", "--upload-file", "-K", "--config", "-E", "--cert", "--key", "--cacert", "-b", "--cookie", "--netrc-file"], writes: &["-o", "--output", "-c", "--cookie-jar", "-D", "--dump-header", "--output-dir", "--trace", "--trace-ascii", "--stderr"], writes_here: &["-O", "--remote-name", "--remote-name-all"], ..U },
    Usage { name: "cut", valued: &["-d", "-f", "-c", "-b", "--delimiter", "--fields"], ..R },
    Usage { name: "date", valued: &["-d", "--date", "-s", "--set"], operands: Operands::None, reads: &["-r", "--reference", "-f", "--file"], ..U },
    Usage { name: "dd", operands: Operands::KeyValue, ..U },
    Usage { name: "df", ..R },
    Usage { name: "diff", valued: &["-U", "-C", "-x", "-I", "-W"], writes: &["--output"], ..R },
    Usage { name: "du", valued: &["-d", "--max-depth", "-t", "--exclude", "-B"], ..R },
    Usage { name: "echo", ..N },
    Usage { name: "false", ..N },
    Usage { name: "fdisk", ..W },
    Usage { name: "file", ..R },
    Usage { name: "find", operands: Operands::None, ..U },
    Usage { name: "fold", valued: &["-w"], ..R },
    Usage { name: "gawk", skip: 1, skip_given: &["-f", "--file"], valued: &["-F", "-v", "--field-separator", "--assign"], reads: &["-f", "--file"], ..R },
    Usage { name: "grep", skip: 1, skip_given: &["-e", "--regexp", "-f", "--file"], valued: GREP, reads: &["-f", "--file"], ..R },
    Usage { name: "egrep", skip: 1, skip_given: &["-e", "--regexp", "-f", "--file"], valued: GREP, reads: &["-f", "--file"], ..R },
    Usage { name: "fgrep", skip: 1, skip_given: &["-e", "--regexp", "-f", "--file"], valued: GREP, reads: &["-f", "--file"], ..R },
    Usage { name: "gunzip", valued: &["-S"], ..W },
    Usage { name: "gzip", valued: &["-S"], ..W },
    Usage { name: "head", valued: &["-n", "-c", "--lines", "--bytes"], ..R },
    Usage { name: "hexdump", valued: &["-n", "-s", "-e"], ..R },
    Usage { name: "install", operands: Operands::Copy, writes: &["-t", "--target-directory"], valued: &["-m", "--mode", "-o", "--owner", "-g", "--group", "-S"], in_place: &["-d", "--directory"], ..U },
    Usage { name: "jq", skip: 1, skip_given: &["-f", "--from-file"], reads: &["-f", "--from-file", "-L"], valued: &["--indent"], ..R },
    Usage { name: "kill", ..N },
    Usage { name: "less", ..R },
    Usage { name: "ln", operands: Operands::Copy, writes: &["-t", "--target-directory"], valued: &["-S"], ..U },
    Usage { name: "ls", valued: &["-I", "--ignore", "--hide", "-w", "-T"], ..R },
    Usage { name: "md5sum", ..R },
    Usage { name: "mkdir", valued: &["-m", "--mode"], ..W },
    Usage { name: "mkfifo", valued: &["-m", "--mode"], ..W },
    Usage { name: "mkfs", valued: &["-t", "-L"], ..W },
    Usage { name: "mktemp", valued: &["--suffix"], writes: &["-p", "--tmpdir"], ..W },
    Usage { name: "more", ..R },
    Usage { name: "mv", operands: Operands::Move, writes: &["-t", "--target-directory"], valued: &["-S", "--suffix"], ..U },
    Usage { name: "nl", valued: &["-w", "-s", "-b"], ..R },
    Usage { name: "od", valued: &["-A", "-t", "-N", "-j", "-w"], ..R },
    Usage { name: "parted", ..W },
    Usage { name: "paste", valued: &["-d"], ..R },
    Usage { name: "patch", valued: &["-p", "-F"], reads: &["-i", "--input"], writes: &["-o", "--output", "-d", "--directory"], writes_here: &["-p", "-i", "--input"], ..W },
    Usage { name: "printf", ..N },
    Usage { name: "pwd", ..N },
    Usage { name: "readlink", ..R },
    Usage { name: "realpath", ..R },
    Usage { name: "rg", skip: 1, skip_given: &["-e", "--regexp", "-f", "--file", "--files"], valued: RG, reads: &["-f", "--file", "--ignore-file"], ..R },
    Usage { name: "rm", ..W },
    Usage { name: "rmdir", ..W },
    Usage { name: "rsync", operands: Operands::Copy, valued: &["-e", "--rsh", "--exclude", "--include", "-f", "--filter", "-B", "--chmod", "--chown", "--timeout", "--port", "--bwlimit"], reads: &["--files-from", "--exclude-from", "--include-from", "--password-file"], writes: &["--log-file", "--backup-dir", "--temp-dir", "-T", "--partial-dir"], ..U },
    Usage { name: "scp", operands: Operands::Copy, valued: &["-P", "-o", "-c", "-l", "-J", "-S"], reads: &["-i", "-F"], ..U },
    Usage { name: "sed", skip: 1, skip_given: &["-e", "--expression", "-f", "--file"], valued: &["-e", "--expression", "-l"], reads: &["-f", "--file"], in_place: &["-i", "--in-place"], ..R },
    Usage { name: "seq", ..N },
    Usage { name: "sha1sum", ..R },
    Usage { name: "sha256sum", ..R },
    Usage { name: "sha512sum", ..R },
    Usage { name: "shred", valued: &["-n", "-s"], reads: &["--random-source"], ..W },
    Usage { name: "sleep", ..N },
    Usage { name: "sort", valued: &["-k", "-t", "-S", "--key", "--field-separator"], reads: &["--files0-from", "--random-source"], writes: &["-o", "--output", "-T", "--temporary-directory"], ..R },
    Usage { name: "source", ..R },
    Usage { name: "split", operands: Operands::Copy, valued: &["-b", "-l", "-n", "-a", "-C"], ..U },
    Usage { name: "stat", valued: &["-c", "--format", "--printf"], ..R },
    Usage { name: "strings", valued: &["-n", "-t", "-e"], ..R },
    Usage { name: "tac", valued: &["-s"], ..R },
    Usage { name: "tail", valued: &["-n", "-c", "--lines", "--bytes", "--pid", "-s"], ..R },
    Usage { name: "tee", ..W },
    Usage { name: "test", operands: Operands::Guess, ..U },
    Usage { name: "touch", valued: &["-d", "--date", "-t", "--time"], reads: &["-r", "--reference"], ..W },
    Usage { name: "tr", ..N },
    Usage { name: "tree", valued: &["-L", "-I", "-P", "--filelimit"], writes: &["-o"], ..R },
    Usage { name: "true", ..N },
    Usage { name: "truncate", valued: &["-s", "--size"], reads: &["-r", "--reference"], ..W },
    Usage { name: "uniq", operands: Operands::Copy, valued: &["-f", "-s", "-w"], ..U },
    Usage { name: "unlink", ..W },
    Usage { name: "unzip", operands: Operands::Read, writes: &["-d"], valued: &["-P", "-x"], writes_here: &[""], ..U },
    Usage { name: "wc", reads: &["--files0-from"], ..R },
    Usage { name: "wget", operands: Operands::None, valued: &["--header", "--user", "--password", "-t", "-T", "-w", "-U", "--user-agent", "--post-data", "--method", "--body-data", "-A", "-R", "-D", "-l", "-e", "-Q"], reads: &["-i", "--input-file", "--post-file", "--body-file", "--load-cookies", "--certificate", "--private-key", "--ca-certificate"], writes: &["-O", "--output-document", "-o", "--output-file", "-a", "-P", "--directory-prefix", "--save-cookies"], writes_here: &[""], ..U },
    Usage { name: "which", ..N },
    Usage { name: "wipefs", ..W },
    Usage { name: "xxd", operands: Operands::Copy, valued: &["-l", "-s", "-c", "-g"], ..U },
    Usage { name: "zcat", ..R },
    Usage { name: "zip", operands: Operands::Write, valued: &["-x", "-i"], ..U },
];

#[rustfmt::skip]
const CURL: &[&str] = &[
    "-A", "--user-agent", "-C", "-d", "--data", "--data-ascii", "--data-binary", "--data-raw", "--data-urlencode", "-e", "--referer", "-F", "--form",
    "-H", "--header", "-m", "--max-time", "--connect-timeout", "-r", "--range", "--retry", "--retry-delay", "-u", "--user", "-U", "-w", "--write-out",
    "-X", "--request", "-y", "-Y", "-z", "--limit-rate", "--json", "--url-query", "--max-redirs", "-P", "-Q", "-t",
];

/// Options of `curl` whose value is a host or an address.
pub(super) const CURL_HOSTS: &[&str] =
    &["--url", "-x", "--proxy", "--preproxy", "--socks5", "--socks4", "--doh-url", "--resolve", "--connect-to"];

/// Programs whose operands are hosts or addresses, with options that take the next word.
#[rustfmt::skip]
pub(super) const NETWORK: &[(&str, Network, &[&str])] = &[
    ("curl", Network::Addresses, &[]),
    ("wget", Network::Addresses, &[]),
    ("http", Network::Addresses, &[]),
    ("https", Network::Addresses, &[]),
    ("xh", Network::Addresses, &[]),
    ("aria2c", Network::Addresses, &["-o", "-d", "-x", "-s", "-j"]),
    ("lynx", Network::Addresses, &[]),
    ("w3m", Network::Addresses, &[]),
    ("ssh", Network::First, &[]),
    ("mosh", Network::First, &["-p"]),
    ("ssh-copy-id", Network::First, &["-i", "-p", "-o"]),
    ("ssh-keyscan", Network::Addresses, &["-p", "-t", "-T"]),
    ("telnet", Network::First, &["-l", "-b", "-e"]),
    ("nc", Network::First, &["-p", "-s", "-w", "-e", "-c", "-i", "-x", "-X", "-q"]),
    ("ncat", Network::First, &["-p", "-s", "-w", "-e", "-c", "-i", "--proxy"]),
    ("netcat", Network::First, &["-p", "-s", "-w", "-e", "-c", "-i"]),
    ("ping", Network::First, &["-c", "-i", "-W", "-w", "-s", "-I", "-t"]),
    ("traceroute", Network::First, &["-m", "-p", "-q", "-w"]),
    ("ftp", Network::First, &[]),
    ("lftp", Network::First, &["-e", "-u", "-p", "-c"]),
    ("sftp", Network::First, &["-P", "-o", "-i", "-b", "-c"]),
    ("nslookup", Network::Addresses, &[]),
    ("dig", Network::Addresses, &["-t", "-p", "-b", "-f"]),
    ("host", Network::Addresses, &["-t"]),
    ("whois", Network::Addresses, &["-h", "-p"]),
    ("openssl", Network::None, &[]),
    ("socat", Network::Socat, &[]),
    ("scp", Network::Remote, &[]),
    ("rsync", Network::Remote, &[]),
    ("git", Network::Remote, &[]),
];

/// Where a program's hosts stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Network {
    /// Only where an argument is a URL or says `-connect host:port`.
    None,
    /// Every operand is a host or address.
    Addresses,
    /// The first operand is `[user@]host[:port]`.
    First,
    /// Operands of the form `[user@]host:path`.
    Remote,
    /// `TCP:host:port`.
    Socat,
}

/// Global options with values, of programs that have subcommands.
#[rustfmt::skip]
pub(super) const SUBCOMMANDS: &[(&str, &[&str])] = &[
    ("apk", &["-p", "--root", "-X", "--repository"]),
    ("apt", &["-o", "-c", "-t", "--option", "--config-file", "--target-release"]),
    ("apt-get", &["-o", "-c", "-t", "--option", "--config-file", "--target-release"]),
    ("aws", &["--profile", "--region", "--output", "--endpoint-url", "--query", "--color", "--ca-bundle", "--cli-read-timeout", "--cli-connect-timeout"]),
    ("az", &["--subscription", "--output", "-o", "--query"]),
    ("brew", &[]),
    ("bun", &["--cwd", "-c", "--config"]),
    ("cargo", &["-C", "-Z", "--config", "--color"]),
    ("composer", &["-d", "--working-dir"]),
    ("deno", &["-L", "--log-level"]),
    ("dnf", &["-c", "--config", "--releasever", "--setopt", "-x", "--exclude", "--installroot", "--enablerepo", "--disablerepo"]),
    ("docker", &["-H", "--host", "-c", "--context", "--config", "-l", "--log-level", "--tlscacert", "--tlscert", "--tlskey"]),
    ("dotnet", &[]),
    ("gcloud", &["--project", "--account", "--configuration", "--format", "--verbosity", "--zone", "--region", "--impersonate-service-account"]),
    ("gem", &[]),
    ("gh", &["-R", "--repo", "--hostname"]),
    ("git", &["-C", "-c", "--git-dir", "--work-tree", "--namespace", "--super-prefix", "--config-env", "--attr-source", "--list-cmds"]),
    ("glab", &["-R", "--repo"]),
    ("go", &["-C"]),
    ("helm", &["-n", "--namespace", "--kube-context", "--kubeconfig", "--registry-config", "--kube-apiserver", "--kube-token"]),
    ("hg", &["-R", "--repository", "--cwd", "--config", "--encoding", "--color"]),
    ("jj", &["-R", "--repository", "--at-operation", "--at-op", "--color", "--config", "--config-file"]),
    ("kubectl", &["-n", "--namespace", "--context", "--cluster", "--kubeconfig", "-s", "--server", "--user", "--token", "--as", "--as-group", "-v", "--request-timeout", "--certificate-authority", "--client-key", "--client-certificate", "--cache-dir"]),
    ("npm", &["-C", "--prefix", "-w", "--workspace", "--registry", "--cache", "--userconfig", "--loglevel", "--otp"]),
    ("npx", &["-p", "--package", "-c", "--call", "-w", "--workspace"]),
    ("pip", &["--log", "--proxy", "--retries", "--timeout", "--cert", "--client-cert", "--cache-dir", "--python", "--exists-action", "--trusted-host"]),
    ("pip3", &["--log", "--proxy", "--retries", "--timeout", "--cert", "--client-cert", "--cache-dir", "--python", "--exists-action", "--trusted-host"]),
    ("pnpm", &["-C", "--dir", "-F", "--filter", "--loglevel", "--reporter"]),
    ("podman", &["-c", "--connection", "--url", "--log-level", "--root", "--runroot", "--storage-driver", "--identity"]),
    ("poetry", &["-C", "--directory", "-P", "--project"]),
    ("rustup", &[]),
    ("svn", &["--config-dir", "--username", "--password", "--config-option"]),
    ("systemctl", &["-H", "--host", "-M", "--machine", "-t", "--type", "-p", "--property", "-n", "--lines", "-o", "--output", "-s", "--signal", "--root", "--state"]),
    ("terraform", &[]),
    ("tofu", &[]),
    ("twine", &[]),
    ("uv", &["--directory", "--project", "--config-file", "--cache-dir", "--color", "-p", "--python"]),
    ("yarn", &["--cwd"]),
    ("yum", &["-c", "--config", "--releasever", "--setopt", "-x", "--exclude", "--installroot", "--enablerepo", "--disablerepo"]),
    ("zypper", &["-R", "--root", "-C", "--cache-dir", "-c", "--config"]),
];

/// Programs whose options of several letters begin with a single dash.
pub(super) const LONG_SINGLE_DASH: &[&str] =
    &["find", "go", "java", "javac", "openssl", "terraform", "tofu", "ffmpeg", "convert", "magick", "xterm"];

/// The arguments of the program with this base name.
pub(super) fn usage(name: &str) -> Option<&'static Usage> {
    let name = if name.starts_with("mkfs.") { "mkfs" } else { name };
    USAGES.iter().find(|u| u.name == name)
}
