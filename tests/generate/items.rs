//! Items of every kind over a vocabulary.

use aas::verify::Random;

use super::Drawn;
use super::conditions::Drawing;
use super::vocabulary::{Action, Readable, Ty, Vocabulary};

/// Draws items of the packages `app` and `more`.
pub fn draw(random: &mut Random, vocabulary: &Vocabulary, into: &mut Vec<Drawn>) {
    let mut drawing = Items { random, vocabulary, into, rules: Vec::new(), floors: Vec::new() };
    let count = 4 + drawing.random.below(10);
    for number in 0..count {
        let package = if drawing.random.once_in(4) { 2 } else { 1 };
        match drawing.random.below(14) {
            0..=4 => drawing.rule(package, number),
            5..=7 => drawing.guard(package, number),
            8 => drawing.relax(package, number),
            9 => drawing.exception(package, number),
            10 => drawing.approval(package, number),
            11 => drawing.table(package, number),
            12 => drawing.limit(package, number),
            _ => drawing.counting(package, number),
        }
    }
    if drawing.random.once_in(4) {
        let text = "approval everything on any action { by Role.ops, quorum 1, within 5m, otherwise refuse }";
        drawing.add(1, "everything", text.to_string(), Vec::new());
    }
}

struct Items<'a> {
    random: &'a mut Random,
    vocabulary: &'a Vocabulary,
    into: &'a mut Vec<Drawn>,
    /// Rules that may be relaxed from elsewhere: name and pattern.
    rules: Vec<(String, String)>,
    /// Floors that may be waived.
    floors: Vec<(usize, String, String)>,
}

/// What an item is about.
struct About {
    /// Its pattern.
    pattern: String,
    /// Names of the items that declare what it matches.
    needs: Vec<String>,
    /// What it may read.
    readable: Vec<Readable>,
}

impl Items<'_> {
    fn add(&mut self, package: usize, name: &str, text: String, needs: Vec<String>) {
        self.into.push(Drawn { package, text, name: name.into(), needs });
    }

    /// A pattern and what all its actions have; what only some have is optional.
    fn about(&mut self, claims: bool) -> About {
        let all = &self.vocabulary.actions;
        let first = &all[self.random.below(all.len())];
        let second = &all[self.random.below(all.len())];
        let head = first.name.split('.').next().unwrap_or_default();
        let (pattern, meant): (String, Vec<&Action>) = match self.random.below(5) {
            0 if first.name.contains('.') => {
                let meant = all.iter().filter(|a| a.name.starts_with(&format!("{head}."))).collect();
                (format!("{head}.**"), meant)
            }
            1 if first.name != second.name => (format!("{}, {}", first.name, second.name), vec![first, second]),
            2 if all.len() > 2 && first.name != "noop" => {
                let meant = all.iter().filter(|a| a.name.starts_with(head)).collect();
                (format!("{head}**"), meant)
            }
            _ => (first.name.clone(), vec![first]),
        };
        let mut readable: Vec<Readable> = Vec::new();
        for field in meant.iter().flat_map(|a| &a.fields) {
            if readable.iter().any(|r| r.text == field.text) || (field.claimed && !claims) {
                continue;
            }
            let everywhere = meant.iter().all(|a| a.fields.iter().any(|f| f.text == field.text));
            readable.push(Readable { optional: field.optional || !everywhere, ..field.clone() });
        }
        readable.extend(self.vocabulary.facts.iter().cloned());
        About { pattern, needs: meant.iter().map(|a| a.name.clone()).collect(), readable }
    }

    fn condition(&mut self, about: &About, floor: bool) -> String {
        let depth = self.random.below(4);
        Drawing::new(self.random, &about.readable, &self.vocabulary.predicates, floor).condition(depth)
    }

    fn tier(&mut self) -> &'static str {
        ["green", "green", "yellow", "yellow", "red", "black"][self.random.below(6)]
    }

    fn by(&mut self) -> &'static str {
        ["", "", "", " by Role.ops", " by Role.{ci, guest}", " by people", " by machines", " by Team(\"web\"), Role.ci"]
            [self.random.below(8)]
    }

    /// A reason, now and then with a hole.
    fn because(&mut self, about: &About) -> String {
        let shown: Vec<&Readable> = about
            .readable
            .iter()
            .filter(|r| !r.optional && !r.claimed && !r.text.contains('"'))
            .filter(|r| matches!(r.ty, Ty::Int | Ty::Str | Ty::Bool | Ty::Path | Ty::Stage | Ty::Decimal))
            .collect();
        match shown.get(self.random.below(2 * shown.len() + 1)) {
            Some(read) => format!("because \"It is {{{}}} of {{action}}.\"", read.text),
            None => "because \"Somebody said so.\"".into(),
        }
    }

    fn duties(&mut self, about: &About, black: bool) -> String {
        let mut text = String::new();
        if self.random.once_in(3) {
            text.push_str(["    notify ops\n", "    notify audit\n", "    notify ops, audit\n"][self.random.below(3)]);
        }
        let fields: Vec<&Readable> = about.readable.iter().filter(|r| !r.optional && r.text.starts_with('f')).collect();
        let fields: Vec<&&Readable> = fields.iter().filter(|r| !r.text.contains('.')).collect();
        if let (Some(field), true) = (fields.first(), self.random.once_in(4)) {
            text.push_str(&format!("    redact {}\n", field.text));
        }
        if black && self.random.once_in(3) {
            text.push_str(["    instead noop\n", "    instead wait\n"][self.random.below(2)]);
        }
        let texts: Vec<&Readable> =
            about.readable.iter().filter(|r| r.ty == Ty::Str && !r.optional && !r.claimed).collect();
        if let (Some(read), true) = (texts.first(), self.random.once_in(4)) {
            text.push_str(&format!("    run cleanup {{ target: {} }}\n", read.text));
        }
        text
    }

    /// `when` lines and bands.
    fn body(&mut self, about: &About, floor: bool) -> (String, bool, bool) {
        let (mut text, mut conditional, mut black) = (String::new(), false, false);
        if self.random.once_in(2) {
            let word = if self.random.once_in(4) { "unless" } else { "when" };
            text.push_str(&format!("    {word} {}\n", self.condition(about, floor)));
            conditional = true;
        }
        if self.random.once_in(2) {
            let tier = self.tier();
            black |= tier == "black";
            text.push_str(&format!("    {tier}\n"));
        } else {
            for _ in 0..1 + self.random.below(2) {
                let tier = self.tier();
                black |= tier == "black";
                text.push_str(&format!("    {tier} when {}\n", self.condition(about, floor)));
                conditional = true;
            }
        }
        (text, conditional, black)
    }

    fn rule(&mut self, package: usize, number: usize) {
        let about = self.about(false);
        let name = format!("rule{number}");
        let (mut body, conditional, mut black) = self.body(&about, false);
        let by = self.by();
        if conditional && self.random.once_in(3) {
            let tier = self.tier();
            black |= tier == "black";
            body.push_str(&format!("    otherwise {tier} because \"Otherwise.\"\n"));
        }
        let duties = self.duties(&about, black);
        let because = self.because(&about);
        let relaxable = package == 1 && self.random.once_in(2);
        if relaxable {
            self.rules.push((name.clone(), about.pattern.clone()));
        }
        let word = if relaxable { " relaxable" } else { "" };
        let text = format!("rule {name} on {}{by}{word} {{\n{body}    {because}\n{duties}}}", about.pattern);
        self.add(package, &name, text, about.needs);
    }

    fn guard(&mut self, package: usize, number: usize) {
        let about = self.about(true);
        let name = format!("guard{number}");
        let because = self.because(&about);
        let waivable = self.random.once_in(3);
        if waivable {
            self.floors.push((package, name.clone(), about.pattern.clone()));
        }
        let word = if waivable { " waivable by Role.ops, Team(\"web\")" } else { "" };
        let by = self.by();
        let (body, black) = if self.random.once_in(4) {
            let tier = self.tier();
            let lines: String = (0..1 + self.random.below(3))
                .map(|i| {
                    let code = if self.random.once_in(2) { format!(" code line{i}") } else { String::new() };
                    format!("    require {} otherwise \"Line {i}.\"{code}\n", self.condition(&about, true))
                })
                .collect();
            (format!("{lines}    {tier}\n"), tier == "black")
        } else {
            let (body, _, black) = self.body(&about, true);
            (body, black)
        };
        let only_black = black && !["green", "yellow", "red"].iter().any(|t| body.contains(&format!("    {t}")));
        let unclear = if only_black && self.random.once_in(2) { "    if unclear red\n" } else { "" };
        let duties = self.duties(&about, black);
        let pattern = if self.random.once_in(8) { self.everything() } else { about.pattern.clone() };
        if pattern != about.pattern {
            // What it reads may be missing elsewhere: only facts then.
            let anywhere = About {
                pattern,
                needs: Vec::new(),
                readable: about.readable.iter().filter(|r| r.text.contains('.')).cloned().collect(),
            };
            let condition = self.condition(&anywhere, true);
            let text = format!(
                "guard {name} on {}{word} {{\n    when {condition}\n    yellow\n    because \"Anywhere.\"\n}}",
                anywhere.pattern
            );
            self.floors.retain(|(_, n, _)| *n != name);
            self.add(package, &name, text, Vec::new());
            return;
        }
        let text = format!("guard {name} on {pattern}{by}{word} {{\n{body}{unclear}    {because}\n{duties}}}");
        self.add(package, &name, text, about.needs);
    }

    fn everything(&mut self) -> String {
        ["any action", "**"][self.random.below(2)].into()
    }

    fn relax(&mut self, package: usize, number: usize) {
        let about = self.about(false);
        let lowers = ["yellow to green", "red to green", "red to yellow"][self.random.below(3)];
        let name = format!("relax{number}");
        let condition = self.condition(&about, false);
        let by = self.by();
        let place = self.random.below(self.rules.len());
        if let (2, Some((rule, pattern))) = (package, self.rules.get(place).cloned()) {
            let facts = self.vocabulary.facts.clone();
            let elsewhere = About { pattern: pattern.clone(), needs: Vec::new(), readable: facts };
            let condition = self.condition(&elsewhere, false);
            let text = format!("relax {name} on {pattern} of app.{rule} {{\n    when {condition}\n    {lowers}\n}}");
            self.add(package, &name, text, vec![rule]);
            return;
        }
        let duties = self.duties(&about, false);
        let text = format!("relax {name} on {}{by} {{\n    when {condition}\n    {lowers}\n{duties}}}", about.pattern);
        self.add(package, &name, text, about.needs);
    }

    fn exception(&mut self, package: usize, number: usize) {
        let own: Vec<_> = self.floors.iter().filter(|(p, _, _)| *p <= package).cloned().collect();
        let Some((_, floor, pattern)) = own.get(self.random.below(own.len())) else { return };
        let facts = self.vocabulary.facts.clone();
        let about = About { pattern: pattern.clone(), needs: Vec::new(), readable: facts };
        let condition = self.condition(&about, false);
        let owner = ["Role.ops", "Team(\"web\")"][self.random.below(2)];
        let until = ["2026-12-01", "2026-11-20", "2027-01-10"][self.random.below(3)];
        let name = format!("exception{number}");
        let text = format!(
            "exception {name} to {floor} on {pattern} {{\n    when {condition}\n    owner {owner}\n    because \"Once.\"\n    until {until}\n}}"
        );
        self.add(package, &name, text, vec![floor.clone()]);
    }

    fn approval(&mut self, package: usize, number: usize) {
        let about = self.about(false);
        let when = if self.random.once_in(2) {
            format!("    when {}\n", self.condition(&about, false))
        } else {
            String::new()
        };
        let people = ["Role.ops", "Role.{ops, ci}", "Team(\"web\")", "k_roles"][self.random.below(4)];
        let ask = ["", ", ask chat", ", may approve own"][self.random.below(3)];
        let (quorum, minutes) = (1 + self.random.below(2), 5 + 5 * self.random.below(2));
        let name = format!("approval{number}");
        let text = format!(
            "approval {name} on {} {{\n{when}    by {people}, quorum {quorum}, within {minutes}m, otherwise refuse{ask}\n}}",
            about.pattern
        );
        self.add(package, &name, text, about.needs);
    }

    fn table(&mut self, package: usize, number: usize) {
        let all = &self.vocabulary.actions;
        let chosen: Vec<String> = all.iter().take(1 + self.random.below(3)).map(|a| a.name.clone()).collect();
        let name = format!("table{number}");
        let mut text =
            format!("table {name} on {} across env.stage {{\n    columns dev staging prod\n", chosen.join(", "));
        for action in &chosen {
            let cells: Vec<&str> = (0..3).map(|_| self.tier()).collect();
            text.push_str(&format!("    row {action} {}\n", cells.join(" ")));
        }
        text.push_str("    because \"{action} in {env.stage}.\"\n}");
        self.add(package, &name, text, chosen);
    }

    fn limit(&mut self, package: usize, number: usize) {
        let about = self.about(false);
        let name = format!("limit{number}");
        let warn = ["", " warn yellow at 80%"][self.random.below(2)];
        let otherwise = ["black", "red approvable"][self.random.below(2)];
        let text = format!(
            "limit {name} on {} {{ at most 3 per 1h{warn} otherwise {otherwise} because \"Too often.\" }}",
            about.pattern
        );
        self.add(package, &name, text, about.needs);
    }

    fn counting(&mut self, package: usize, number: usize) {
        let about = self.about(true);
        let name = format!("many{number}");
        let tier = ["red", "black"][self.random.below(2)];
        let more =
            if self.random.once_in(2) { format!("    when {}\n", self.condition(&about, true)) } else { String::new() };
        let text = format!(
            "guard {name} on {} {{\n    when warnings >= {}\n{more}    {tier}\n    because \"Warnings.\"\n}}",
            about.pattern,
            1 + self.random.below(3)
        );
        self.add(package, &name, text, about.needs);
    }
}
