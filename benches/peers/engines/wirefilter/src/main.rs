//! wirefilter 0.6 as published: one compiled filter a rule, the most severe first; with `+ index`, only the
//! filters of the action, chosen by our index.
//!
//! This version knows no globs. What starts with a text lies between that text and the next one by bytes, which
//! is two comparisons; what ends with a text is a regular expression.

use kit::index::ActionIndex;
use kit::{Arm, Ask, DEFAULT, Engine, Files, Mode, Tier, Workload};
use wirefilter::{ExecutionContext, Filter, Scheme, Type};
use workload::{How, Rule, Scope, Test};

/// `"src/"` up to `"src0"`: the last byte counted up.
fn starts(field: &str, start: &str) -> String {
    let mut next = start.as_bytes().to_vec();
    *next.last_mut().expect("a start is not empty") += 1;
    format!("({field} >= {start:?} and {field} < {:?})", String::from_utf8(next).expect("ASCII"))
}

fn condition(test: &Test) -> String {
    match test {
        Test::AtLeast(field, least) => format!("{} >= {least}", field.name()),
        Test::Below(field, bound) => format!("{} < {bound}", field.name()),
        Test::Word { field, how, word, not } => {
            let of = field.name();
            let said = match how {
                How::Is if *not => return format!("{of} != {word:?}"),
                How::Is => return format!("{of} == {word:?}"),
                How::StartsWith => starts(of, word),
                How::EndsWith => format!("{of} matches \"{}$\"", word.replace('.', "[.]")),
                How::Contains => format!("{of} contains {word:?}"),
                How::Under | How::Named | How::Shaped => unreachable!("asked for W1 and W2 only"),
            };
            if *not { format!("not {said}") } else { said }
        }
        Test::OneOf { field, words, not } => {
            let list: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
            format!("{}{} in {{{}}}", if *not { "not " } else { "" }, field.name(), list.join(" "))
        }
        Test::Either(tests) => format!("({})", tests.iter().map(condition).collect::<Vec<_>>().join(" or ")),
        Test::Inside(_) => unreachable!("asked for W1 and W2 only"),
    }
}

/// A tier and a filter; what always matches has no filter.
fn line(rule: &Rule, with_scope: bool) -> String {
    let scope = match &rule.scope {
        Scope::Name(name) => Some(format!("action == {name:?}")),
        Scope::Start(start) if start.is_empty() => None,
        Scope::Start(start) => Some(starts("action", start)),
    };
    let tests = scope.into_iter().filter(|_| with_scope).chain(rule.tests.iter().map(condition));
    format!("{}\t{}\n", rule.tier, tests.collect::<Vec<_>>().join(" and "))
}

fn scan(workload: &Workload) -> Files {
    let text = workload.by_severity().iter().map(|&i| line(&workload.rules[i], true)).collect();
    vec![("filters".into(), text)]
}

fn indexed(workload: &Workload) -> Files {
    vec![("filters".into(), workload.rules.iter().map(|rule| line(rule, false)).collect())]
}

struct Wirefilter {
    scheme: &'static Scheme,
    filters: Vec<(Tier, Option<Filter<'static>>)>,
    index: Option<ActionIndex>,
    asks: Vec<(String, ExecutionContext<'static>)>,
}

impl Wirefilter {
    fn load(files: &Files, index: Option<ActionIndex>) -> Result<Box<dyn Engine>, String> {
        let mut scheme = Scheme::new();
        for name in ["action", "path", "branch", "bump", "env"] {
            scheme.add_field(name.into(), Type::Bytes).map_err(|error| error.to_string())?;
        }
        for name in ["trust", "cost"] {
            scheme.add_field(name.into(), Type::Int).map_err(|error| error.to_string())?;
        }
        // Filters borrow their scheme, and a policy lives as long as its program here.
        let scheme: &'static Scheme = Box::leak(Box::new(scheme));
        let filter = |line: &str| {
            let (tier, text) = line.split_once('\t').ok_or("a tier and a filter")?;
            let filter = match text {
                "" => None,
                text => Some(scheme.parse(text).map_err(|error| error.to_string())?.compile()),
            };
            Ok((tier.parse().map_err(|_| "a tier")?, filter))
        };
        let filters = files[0].1.lines().map(filter).collect::<Result<_, String>>()?;
        Ok(Box::new(Self { scheme, filters, index, asks: Vec::new() }))
    }

    fn context(&self, ask: &'static Ask) -> ExecutionContext<'static> {
        let mut context = ExecutionContext::new(self.scheme);
        let texts = [
            ("action", &ask.action),
            ("path", &ask.path),
            ("branch", &ask.branch),
            ("bump", &ask.bump),
            ("env", &ask.env),
        ];
        for (name, text) in texts {
            context.set_field_value(name, text.as_str()).expect("a text");
        }
        for (name, number) in [("trust", ask.trust), ("cost", ask.cost)] {
            context.set_field_value(name, i32::try_from(number).expect("a small number")).expect("a number");
        }
        context
    }

    #[inline(always)]
    fn decide(&self, action: &str, context: &ExecutionContext<'static>) -> Tier {
        let matches = |(_, filter): &&(Tier, Option<Filter<'static>>)| match filter {
            Some(filter) => filter.execute(context).expect("its own scheme"),
            None => true,
        };
        let found = match &self.index {
            Some(index) => index.rules(action).iter().map(|&i| &self.filters[i as usize]).find(matches),
            None => self.filters.iter().find(matches),
        };
        found.map_or(DEFAULT, |(tier, _)| *tier)
    }
}

impl Engine for Wirefilter {
    fn prepare(&mut self, asks: &[Ask]) {
        let asks: &'static [Ask] = asks.to_vec().leak();
        self.asks = asks.iter().map(|ask| (ask.action.clone(), self.context(ask))).collect();
    }

    fn eval(&mut self, i: usize) -> Tier {
        let (action, context) = &self.asks[i];
        self.decide(action, context)
    }

    fn build(&mut self, ask: &Ask) -> Tier {
        // SAFETY: the context ends with this function, before the request that it borrows. The types of
        // wirefilter tie a request to the lifetime of the filters, which is longer than it needs.
        let ask: &'static Ask = unsafe { &*std::ptr::from_ref(ask) };
        let context = self.context(ask);
        self.decide(&ask.action, &context)
    }
}

fn main() {
    let arm = |name, write, load| Arm {
        name,
        takes: Arm::up_to::<10_000>,
        modes: &Mode::ALL,
        decides: true,
        write,
        load,
        from_text: true,
    };
    let load: fn(&Files, &Workload) -> _ = |files, _| Wirefilter::load(files, None);
    let load_indexed: fn(&Files, &Workload) -> _ =
        |files, workload| Wirefilter::load(files, Some(ActionIndex::new(&workload.rules)));
    kit::serve(&[
        arm("wirefilter", scan as fn(&Workload) -> Files, load),
        Arm {
            // Quick enough for ten thousand requests.
            takes: |workload| workload.rules.len() <= 10_000 && !workload.name.starts_with("w4"),
            from_text: false,
            ..arm("wirefilter + index", indexed, load_indexed)
        },
    ]);
}
