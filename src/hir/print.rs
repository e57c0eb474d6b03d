//! The resolved set as text, for `aasc check --emit hir`.

use std::fmt;

use super::PolicySet;

impl fmt::Display for PolicySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for package in &self.packages {
            writeln!(f, "package {}", package.name)?;
            let used = package.reach.iter().map(|p| self.package(p).name.as_str()).filter(|n| *n != package.name);
            let used: Vec<&str> = used.collect();
            if !used.is_empty() {
                writeln!(f, "  reaches {}", used.join(", "))?;
            }
            for (name, def) in &package.names {
                writeln!(f, "  {name}: {}", self.def(*def).kind.describe())?;
            }
        }
        Ok(())
    }
}
