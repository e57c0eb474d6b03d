use crate::support::Folder;

#[test]
fn without_a_command_it_says_what_there_is_and_exits_2() {
    Folder::new().aasc(&[]).exits(2).complains("Usage: aasc <COMMAND>").complains("explain");
}

#[test]
fn help_and_version_exit_0() {
    Folder::new().aasc(&["--help"]).exits(0).prints("Exit codes: 0 green or yellow");
    Folder::new().aasc(&["--version"]).exits(0).prints(env!("CARGO_PKG_VERSION"));
}

#[test]
fn an_unknown_command_or_flag_exits_2_and_suggests() {
    Folder::new().aasc(&["expalin"]).exits(2).complains("explain");
    Folder::new().aasc(&["explain", "--colour"]).exits(2).complains("--colour");
}

#[test]
fn completions_of_every_shell_name_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        Folder::new().aasc(&["completions", shell]).exits(0).prints("explain");
    }
    Folder::new().aasc(&["completions", "tcsh"]).exits(2).complains("tcsh");
}

#[test]
fn the_manual_has_a_section_for_each_command() {
    let ran = Folder::new().aasc(&["man"]).exits(0).prints(".TH aasc 1");
    for command in ["EXPLAIN", "NEW", "COMPLETIONS", "MAN"] {
        assert!(ran.out.contains(&format!(".SH AASC {command}")), "{command}");
    }
}
