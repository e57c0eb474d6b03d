//! A loaded set becomes a policy, or its errors are said.

use aas::diagnostic::{Code, LintLevel, Severity};

use crate::exit::{Failure, Outcome};

/// Levels for `--deny LINT`: a name, a code, or `warnings` for all of them.
pub(crate) fn denied(names: &[String]) -> Outcome<Vec<(String, LintLevel)>> {
    let mut levels = Vec::new();
    for name in names {
        if name == "warnings" {
            let warnings = Code::ALL.iter().filter(|c| c.severity() == Severity::Warning);
            levels.extend(warnings.map(|c| (c.name().to_owned(), LintLevel::Deny)));
            continue;
        }
        match Code::find(name) {
            Some(code) => levels.push((code.name().to_owned(), LintLevel::Deny)),
            None => {
                let near = aas::diagnostic::nearest(name, Code::ALL.iter().map(|c| c.name()));
                let hint = near.map_or_else(String::new, |n| format!(" Did you mean `{n}`?"));
                return Err(Failure::said(format_args!("There is no lint `{name}`.{hint}")));
            }
        }
    }
    Ok(levels)
}
