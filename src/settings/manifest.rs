//! `aas.toml` as text: settings, then the tables `dependencies` and `lints`; every mistake with its place.
//!
//! ```toml
//! name = "autonomy"
//! edition = 2026
//! sources = ["."]              # folders of rule files, beside this file
//! default = "red"              # the tier of a request that no rule matches: red or black
//! zone = "Europe/Warsaw"       # of bare `now.hour`, `per day` and dates
//! case = "sensitive"           # paths differ by case; otherwise a difference by case alone is an error
//!
//! [dependencies]
//! people = { path = "../people" }
//!
//! [lints]
//! uncovered-red = "deny"       # allow, warn or deny
//! ```

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::Settings;
use crate::decision::Tier;
use crate::diagnostic::{Code, DefaultLevel, Diagnostic, LintLevel, nearest};
use crate::source::{FileId, Span};

const KEYS: [&str; 8] = ["name", "edition", "sources", "default", "zone", "case", "dependencies", "lints"];

/// All that an `aas.toml` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// What changes the meaning of the set, and its lint levels.
    pub settings: Settings,
    /// Folders of rule files, relative to the file.
    pub sources: Vec<String>,
    /// Other packages, by name.
    pub dependencies: Vec<Dependency>,
}

/// Another package that this one uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// Its root package's name.
    pub name: String,
    /// The folder of its `aas.toml`, relative to this one's.
    pub path: String,
    /// Where it is named.
    pub span: Span,
}

impl Manifest {
    /// Reads the text of an `aas.toml`. Where anything is wrong, all of it is reported, and the manifest
    /// must not be used.
    ///
    /// ```
    /// use aas::settings::Manifest;
    /// use aas::source::FileId;
    /// let (manifest, wrong) = Manifest::parse("name = \"demo\"\ndefault = \"black\"\n", FileId(0));
    /// assert!(wrong.is_empty());
    /// assert_eq!(manifest.settings.default_tier, aas::decision::Tier::Black);
    /// ```
    #[must_use]
    pub fn parse(text: &str, file: FileId) -> (Self, Vec<Diagnostic>) {
        let (tables, errors) = DeTable::parse_recoverable(text);
        let mut reader = Reader { file, wrong: Vec::new() };
        for error in errors {
            let at = error.span().unwrap_or(0..0);
            reader.bad(at, format!("This is not TOML: {}.", error.message().trim_end_matches('.')));
        }
        let mut manifest = Self { settings: Settings::default(), sources: vec![".".into()], dependencies: Vec::new() };
        for (key, value) in tables.get_ref() {
            reader.member(key, value, &mut manifest);
        }
        if manifest.settings.package.is_empty() && reader.wrong.is_empty() {
            reader.bad(0..0, "The package has no name. Write `name = \"…\"`.".into());
        }
        (manifest, reader.wrong)
    }
}

struct Reader {
    file: FileId,
    wrong: Vec<Diagnostic>,
}

impl Reader {
    fn span(&self, at: Range<usize>) -> Span {
        Span::new(self.file, at.start, at.end)
    }

    fn bad(&mut self, at: Range<usize>, message: String) {
        self.wrong.push(Diagnostic::new(Code::BadSetting, self.span(at), message));
    }

    /// A word that is none of the known ones.
    fn unknown<'a>(
        &mut self,
        key: &Spanned<DeString<'_>>,
        what: &str,
        known: impl IntoIterator<Item = &'a str> + Clone,
    ) {
        let name: &str = key.get_ref();
        let mut d = Diagnostic::new(Code::BadSetting, self.span(key.span()), format!("{what} `{name}`."));
        d = match nearest(name, known.clone()) {
            Some(near) => d.help(format!("Did you mean `{near}`?")),
            None => d.help(format!("It may be one of {}.", known.into_iter().collect::<Vec<_>>().join(", "))),
        };
        self.wrong.push(d);
    }

    fn text<'a>(&mut self, key: &str, value: &'a Spanned<DeValue<'_>>) -> Option<&'a str> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.bad(value.span(), format!("`{key}` must be a text in quotes."));
        }
        text
    }

    fn member(&mut self, key: &Spanned<DeString<'_>>, value: &Spanned<DeValue<'_>>, manifest: &mut Manifest) {
        let settings = &mut manifest.settings;
        match (&**key.get_ref(), value.get_ref()) {
            ("name", _) => self.name(value, settings),
            ("edition", _) => self.edition(value, settings),
            ("sources", _) => self.sources(value, &mut manifest.sources),
            ("default", _) => self.default_tier(value, settings),
            ("zone", _) => self.zone(value, settings),
            ("case", _) => self.case(value, settings),
            ("dependencies", DeValue::Table(table)) => self.dependencies(table, manifest),
            ("lints", DeValue::Table(table)) => self.lints(table, manifest),
            (name @ ("dependencies" | "lints"), _) => {
                self.bad(value.span(), format!("`{name}` must be a table. Write `[{name}]` on a line."));
            }
            ("package", DeValue::Table(_)) => {
                self.bad(key.span(), "Settings stand at the top of aas.toml. Leave out `[package]`.".into());
            }
            _ => self.unknown(key, "aas.toml has no setting", KEYS),
        }
    }

    fn name(&mut self, value: &Spanned<DeValue<'_>>, settings: &mut Settings) {
        let Some(name) = self.text("name", value) else { return };
        let word = |w: &str| {
            w.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && w.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        if name.split('.').all(word) {
            settings.package = name.to_owned();
        } else {
            self.bad(
                value.span(),
                format!("`{name}` is not a package name: words of letters, digits and `_`, joined by dots."),
            );
        }
    }

    fn edition(&mut self, value: &Spanned<DeValue<'_>>, settings: &mut Settings) {
        let written = match value.get_ref() {
            DeValue::Integer(n) => n.as_str().to_owned(),
            DeValue::String(text) => text.to_string(),
            other => other.type_str().to_owned(),
        };
        if written == "2026" {
            settings.edition = 2026;
        } else {
            self.bad(value.span(), format!("The edition {written} does not exist. Write `edition = 2026`."));
        }
    }

    fn sources(&mut self, value: &Spanned<DeValue<'_>>, sources: &mut Vec<String>) {
        let Some(list) = value.get_ref().as_array() else {
            return self.bad(value.span(), "`sources` must be a list of folders, such as `[\".\"]`.".into());
        };
        sources.clear();
        for folder in list {
            let Some(path) = self.text("sources", folder) else { continue };
            if path.starts_with('/') || path.split(['/', '\\']).any(|part| part == "..") {
                self.bad(folder.span(), format!("`{path}` lies outside the package. Name a folder beside aas.toml."));
            } else {
                sources.push(path.to_owned());
            }
        }
        if list.is_empty() {
            self.bad(value.span(), "`sources` names no folder.".into());
        }
    }

    fn default_tier(&mut self, value: &Spanned<DeValue<'_>>, settings: &mut Settings) {
        let Some(word) = self.text("default", value) else { return };
        match Tier::from_name(word) {
            Some(tier @ (Tier::Red | Tier::Black)) => settings.default_tier = tier,
            Some(Tier::Green | Tier::Yellow) => self.bad(
                value.span(),
                format!("The default is `{word}`: whatever no rule names would run. Write red or black."),
            ),
            None => self.bad(value.span(), format!("`{word}` is no tier. Write red or black.")),
        }
    }

    fn zone(&mut self, value: &Spanned<DeValue<'_>>, settings: &mut Settings) {
        let Some(name) = self.text("zone", value) else { return };
        let zones = jiff::tz::TimeZoneDatabase::bundled();
        if zones.get(name).is_ok() {
            settings.zone = name.to_owned();
            return;
        }
        let known: Vec<String> = zones.available().map(|z| z.as_str().to_owned()).collect();
        let mut d =
            Diagnostic::new(Code::UnknownZone, self.span(value.span()), format!("No time zone is called `{name}`."));
        if let Some(near) = nearest(name, known.iter().map(String::as_str)) {
            d = d.help(format!("Did you mean `{near}`?"));
        }
        self.wrong.push(d);
    }

    fn case(&mut self, value: &Spanned<DeValue<'_>>, settings: &mut Settings) {
        match self.text("case", value) {
            Some("sensitive") => settings.case_sensitive_paths = true,
            Some("checked") => settings.case_sensitive_paths = false,
            Some(other) => {
                self.bad(value.span(), format!("`{other}` is no way to compare paths. Write sensitive or checked."))
            }
            None => {}
        }
    }

    fn dependencies(&mut self, table: &DeTable<'_>, manifest: &mut Manifest) {
        for (key, value) in table {
            let path = match value.get_ref() {
                DeValue::String(path) => Some(path.to_string()),
                DeValue::Table(fields) => {
                    for (field, _) in fields.iter().filter(|(f, _)| f.get_ref() != "path") {
                        self.unknown(field, "a dependency has no setting", ["path"]);
                    }
                    fields.get("path").and_then(|p| p.get_ref().as_str()).map(str::to_owned)
                }
                _ => None,
            };
            let name = key.get_ref().to_string();
            match path {
                Some(path) => manifest.dependencies.push(Dependency { path, span: self.span(key.span()), name }),
                None => self.bad(value.span(), format!("Say where it lies: `{name} = {{ path = \"../{name}\" }}`.")),
            }
        }
    }

    fn lints(&mut self, table: &DeTable<'_>, manifest: &mut Manifest) {
        for (key, value) in table {
            let name: &str = key.get_ref();
            let Some(code) = Code::find(name) else {
                self.unknown(key, "There is no lint", lint_names());
                continue;
            };
            let Some(word) = self.text(name, value) else { continue };
            let level = match word {
                "allow" => LintLevel::Allow,
                "warn" => LintLevel::Warn,
                "deny" => LintLevel::Deny,
                _ => {
                    self.bad(value.span(), format!("`{word}` is no level. Write allow, warn or deny."));
                    continue;
                }
            };
            if code.level() == DefaultLevel::Error {
                self.bad(key.span(), format!("`{name}` is always an error; its level cannot be changed."));
            } else {
                manifest.settings.lints.push((code.name().to_owned(), level));
            }
        }
    }
}

fn lint_names() -> Vec<&'static str> {
    Code::ALL.iter().filter(|c| c.level() != DefaultLevel::Error).map(|c| c.name()).collect()
}
