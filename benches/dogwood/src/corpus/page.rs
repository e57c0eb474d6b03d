//! The policy as text.

use std::fmt::Write;

use super::book::{Book, Keeps, LEVEL, Level, Told, Window, key_name, link_name};

impl Book {
    /// The whole as a file.
    pub(crate) fn text(&self) -> String {
        let mut out = String::from("package corpus\n\n");
        let mut patterns = vec!["ask.*".to_owned()];
        for event in (0..self.events.len()).filter(|event| self.events[*event].decides) {
            let name = format!("ask.{}", self.events[event].name);
            let _ = writeln!(out, "action {name}{}", braces(&self.keys_of_ask()));
        }
        let levels = (0..self.levels()).map(Level::Told).chain(self.tells_past().then_some(Level::Past));
        for level in levels {
            patterns.push(format!("{}.*", level.prefix()));
            let _ = writeln!(out, "rule {} on {}.* {{ green }}", level.prefix(), level.prefix());
            for event in 0..self.events.len() {
                let _ = writeln!(out, "action {}{}", self.name(level, event), braces(&self.keys_of_told(level, event)));
            }
        }
        let now = self.links_of_now();
        if !now.is_empty() {
            patterns.push("now.*".to_owned());
            let _ = writeln!(out, "rule now on now.* {{ green }}");
            for event in self.events.iter().filter(|event| event.decides) {
                let _ = writeln!(out, "action now.{}{}", event.name, braces(&now));
            }
        }
        for (at, streak) in self.streaks.iter().enumerate() {
            streak.write(at, self, &mut patterns, &mut out);
        }
        if !self.fields.is_empty() {
            let fields = self.fields.iter().map(|(name, (_, kind))| format!("{name}: {}?", kind.type_name()));
            let fields = fields.collect::<Vec<_>>().join(", ");
            let _ = writeln!(out, "\nfields on {} {{ observed {{ {fields} }} }}", patterns.join(", "));
        }
        out.push('\n');
        for (at, window) in self.windows.iter().enumerate() {
            self.window_text(at, window, &mut out);
        }
        out.push('\n');
        out.push_str(&self.rules);
        out
    }

    fn window_text(&self, at: usize, window: &Window, out: &mut String) {
        let prefix = window.level.prefix();
        let on: Vec<String> = match &window.on[..] {
            [] if !window.links.is_empty() => vec![format!("{prefix}.*"), "now.*".to_owned()],
            [] => vec![format!("{prefix}.*")],
            some => some.iter().map(|event| self.name(window.level, *event)).collect(),
        };
        let when = if window.when.text == "true" { String::new() } else { format!(" when {} ", window.when.text) };
        let keeps = match window.keeps {
            Keeps::Last(most) => format!("last {most} of requests"),
            Keeps::Seconds(seconds) => format!("last {seconds}s of requests"),
        };
        let keys: Vec<String> = (0..window.keys.len()).map(|place| key_name(at, place)).collect();
        let keys = if keys.is_empty() { String::new() } else { format!(" for each {}", keys.join(", ")) };
        let links = (0..window.links.len())
            .map(|place| format!(", same{place} = longest run of equal {}", link_name(at, place)))
            .collect::<String>();
        let on = on.join(", ");
        let text = format!("window w{at} on {on} {{{when} {keeps}{keys}: n = {}{links} }}\n", window.value);
        out.push_str(&text.replace(LEVEL, &prefix));
    }
}

fn braces(keys: &Told) -> String {
    if keys.is_empty() {
        return String::new();
    }
    let fields = keys.iter().map(|(name, _)| format!("{name}: string")).collect::<Vec<_>>().join(", ");
    format!(" {{ observed {{ {fields} }} }}")
}
