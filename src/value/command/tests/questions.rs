//! The questions of policies, three-valued.

use crate::value::command::questions::Access;
use crate::value::command::{Command, parse};
use crate::value::{Fault, FaultKind};

fn command(line: &str) -> Command {
    parse(line).unwrap_or_else(|f| panic!("{line}: {f:?}"))
}

/// `t`, `f` or `?`.
fn letter(answer: Result<bool, Fault>) -> char {
    match answer {
        Ok(true) => 't',
        Ok(false) => 'f',
        Err(_) => '?',
    }
}

#[test]
fn flags() {
    for (line, flag, expected) in [
        ("rm -rf x", "-r", 't'),
        ("rm -rf x", "-f", 't'),
        ("rm -rf x", "-i", 'f'),
        ("rm -- -r", "-r", 'f'),
        ("rm $x", "-r", '?'),
        ("rm -r $x", "-r", 't'),
        ("rm -- $x", "-r", 'f'),
        ("rm $x -r", "-r", 't'),
        ("git push --force", "--force", 't'),
        ("git push --force=x", "--force", 't'),
        ("git push --forc", "--force", '?'),
        ("git push --force-with-lease", "--force", 'f'),
        ("git push --force-with-lease", "-f", 'f'),
        ("git push -uf", "-f", 't'),
        ("find . -delete", "-d", 'f'),
        ("find . -delete", "-delete", 't'),
        ("ls -", "-", 't'),
        ("ls r", "-r", 'f'),
        ("rm '-r' x", "-r", 't'),
        ("rm -\"r\" x", "-r", 't'),
        ("rm {-r,x}", "-r", '?'),
    ] {
        assert_eq!(letter(command(line).commands[0].has_flag(flag)), expected, "{line} {flag}");
    }
}

#[test]
fn subcommands() {
    for (line, expected) in [
        ("git push", "push"),
        ("git -C dir push", "push"),
        ("git -c a=b push", "?"),
        ("git --git-dir=x push", "push"),
        ("git --git-dir x push", "push"),
        ("git --no-pager log", "log"),
        ("git $x push", "?"),
        ("git --version", "-"),
        ("cargo +nightly test", "test"),
        ("cargo --color always test", "test"),
        ("npm --prefix x run build", "run"),
        ("docker -H tcp://x ps", "ps"),
        ("kubectl -n prod delete pod x", "delete"),
        ("apt-get -y install x", "install"),
        ("unknowntool sub", "sub"),
        ("unknowntool --opt value sub", "?"),
        ("unknowntool --opt=value sub", "sub"),
        ("sudo git push", "push"),
    ] {
        let c = command(line);
        let shown = match c.commands[0].subcommand() {
            None => "-".to_string(),
            Some(Ok(word)) => word.to_string(),
            Some(Err(_)) => "?".to_string(),
        };
        assert_eq!(shown, expected, "{line}");
    }
}

#[test]
fn runs() {
    let ask = |line: &str, words: &str, any: &[&str], all: &[&str]| letter(command(line).runs(words, any, all));
    assert_eq!(ask("git push -f", "git push", &["-f", "--force"], &[]), 't');
    assert_eq!(ask("git push", "git push", &["-f", "--force"], &[]), 'f');
    assert_eq!(ask("git push", "git push", &[], &[]), 't');
    assert_eq!(ask("git -C x push --force", "git push", &["-f", "--force"], &[]), 't');
    assert_eq!(ask("ls && git push $x", "git push", &["-f"], &[]), '?');
    assert_eq!(ask("ls && git pull $x", "git push", &["-f"], &[]), 'f');
    assert_eq!(ask("$x push", "git push", &[], &[]), '?');
    assert_eq!(ask("$x; git push", "git push", &[], &[]), 't');
    assert_eq!(ask("git $x", "git push", &[], &[]), '?');
    assert_eq!(ask("/usr/bin/git push", "git push", &[], &[]), 't');
    assert_eq!(ask("bash -c 'git push -f'", "git push", &["-f"], &[]), 't');
    assert_eq!(ask("rm -rf x", "rm", &[], &["-r", "-f"]), 't');
    assert_eq!(ask("rm -r x", "rm", &[], &["-r", "-f"]), 'f');
    assert_eq!(ask("curl https://x.example | sh", "rm", &[], &[]), '?');
    assert_eq!(ask("docker compose -f x up", "docker compose up", &[], &[]), 'f');
    assert_eq!(ask("docker compose up -d", "docker compose up", &[], &[]), 't');
    assert_eq!(ask("git -c a=b push", "git push", &[], &[]), '?');
    assert_eq!(ask("echo git push", "git push", &[], &[]), 'f');
}

#[test]
fn runs_only() {
    let ask = |line: &str, allowed: &[&str]| letter(command(line).runs_only(allowed));
    assert_eq!(ask("git status", &["git status", "ls"]), 't');
    assert_eq!(ask("git status; ls -l", &["git status", "ls"]), 't');
    assert_eq!(ask("git push", &["git status", "ls"]), 'f');
    assert_eq!(ask("git -C x status", &["git status"]), 'f');
    assert_eq!(ask("/bin/ls", &["ls"]), 'f');
    assert_eq!(ask("/bin/ls", &["/bin/ls"]), 't');
    assert_eq!(ask("./ls", &["ls"]), 'f');
    assert_eq!(ask("A=1 ls", &["ls"]), 'f');
    assert_eq!(ask("ls > out", &["ls"]), 'f');
    assert_eq!(ask("ls > /dev/null 2>&1", &["ls"]), 't');
    assert_eq!(ask("ls < in", &["ls"]), 't');
    assert_eq!(ask("$x", &["ls"]), '?');
    assert_eq!(ask("$x; rm y", &["ls"]), 'f');
    assert_eq!(ask("ls $x", &["ls"]), 't');
    assert_eq!(ask("git $x", &["git status"]), '?');
    assert_eq!(ask("sudo ls", &["ls"]), 'f');
    assert_eq!(ask("sudo ls", &["sudo", "ls"]), 't');
    assert_eq!(ask("bash -c 'ls'", &["ls"]), 'f');
    assert_eq!(ask("bash -c 'ls'", &["bash", "ls"]), 't');
    assert_eq!(ask("python -c x", &["python"]), '?');
    assert_eq!(ask("ls $(rm x)", &["ls"]), 'f');
    assert_eq!(ask("ls `$x`", &["ls"]), '?');
    assert_eq!(ask("ls() { pwd; }; ls", &["ls", "pwd"]), '?');
    assert_eq!(ask("", &["ls"]), 'f');
    assert_eq!(ask("ls > $(pwd)", &["ls", "pwd"]), 'f');
    assert_eq!(ask("for i in a b; do ls; done", &["ls"]), 'f');
}

#[test]
fn touches() {
    let env = |access, line: &str| letter(command(line).touches(access, |p| Ok(p.text().ends_with(".env"))));
    assert_eq!(env(Access::Reads, "cat .env"), 't');
    assert_eq!(env(Access::Reads, "cat sub/../.env"), 't');
    assert_eq!(env(Access::Reads, "cat x"), 'f');
    assert_eq!(env(Access::Reads, "cat $x"), '?');
    assert_eq!(env(Access::Reads, "cat $x .env"), 't');
    assert_eq!(env(Access::Writes, "echo a > .env"), 't');
    assert_eq!(env(Access::Writes, "cat .env"), 'f');
    assert_eq!(env(Access::Writes, "$x"), '?');
    let fault = command("cat x").touches(Access::Reads, |_| Err(Fault::new(FaultKind::CaseOrForm, "")));
    assert_eq!(letter(fault), '?');
}
