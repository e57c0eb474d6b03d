//! A workspace says of a changing set what compiling it from nothing says.
#![allow(missing_docs, reason = "tests say what they are by their names")]

mod generate;

use aas::{Policy, Settings, SourceSet, Workspace, pipeline};
use generate::Set;

type Files = Vec<(String, String)>;

fn sources(files: &Files) -> SourceSet {
    let mut set = SourceSet::default();
    for (name, text) in files {
        set.add(name, text.clone());
    }
    set
}

/// Both ways give the same findings, the same policy and the same plan.
fn same(workspace: &mut Workspace, files: &Files, settings: &Settings, what: &str) {
    let sources = sources(files);
    let whole = pipeline::check(&sources, settings);
    let again = workspace.check(&sources);
    assert_eq!(again.diagnostics, whole.diagnostics, "{what}\n{files:#?}");
    assert_eq!(format!("{:?}", again.policy), format!("{:?}", whole.policy), "{what}\n{files:#?}");
    let (whole, again) = (Policy::compile(&sources, settings), workspace.compile(&sources));
    match (whole, again) {
        (Ok(whole), Ok(again)) => {
            assert_eq!(again.hash(), whole.hash(), "{what}");
            assert_eq!(again.plan().to_string(), whole.plan().to_string(), "{what}\n{files:#?}");
        }
        (Err(whole), Err(again)) => assert_eq!(again, whole, "{what}"),
        (whole, again) => panic!("{what}: {whole:?} and {again:?}\n{files:#?}"),
    }
}

/// Numbers that look arbitrary and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n.max(1)
    }
}

/// Where items begin: lines that begin with a letter.
fn items(text: &str) -> Vec<usize> {
    let starts = text.match_indices('\n').map(|(at, _)| at + 1);
    let starts = std::iter::once(0).chain(starts);
    starts.filter(|at| text[*at..].starts_with(|c: char| c.is_ascii_alphabetic())).collect()
}

/// One edit as an author makes it; some of them leave a set with errors.
fn edit(files: &mut Files, numbers: &mut Numbers, round: usize) -> String {
    let place = numbers.below(files.len());
    let name = files[place].0.clone();
    let text = &mut files[place].1;
    let starts = items(text);
    let at = starts[numbers.below(starts.len())];
    let end = starts.iter().copied().find(|s| *s > at).unwrap_or(text.len());
    let item = text[at..end].to_string();
    match numbers.below(10) {
        0 => {
            text.insert_str(at, "// a comment moves what is below\n");
            format!("a comment in {name}")
        }
        1 if at > 0 => {
            text.replace_range(at..end, "");
            format!("{name} loses {item}")
        }
        2 => {
            files.push((format!("late_{round}.aasrule"), item.clone()));
            format!("{item} stands twice")
        }
        3 => {
            files[place].0 = format!("renamed_{round}.aasrule");
            format!("{name} is renamed")
        }
        4 => {
            let other = numbers.below(files.len());
            files.swap(place, other);
            format!("{name} and another change places")
        }
        5 => {
            *text = text.replacen("green", "yellow", 1);
            format!("{name} becomes yellow")
        }
        6 => {
            *text = text.replacen("yellow", "green", 1);
            format!("{name} becomes green")
        }
        7 => {
            let digit = text[at..end].find(|c: char| c.is_ascii_digit()).map(|d| at + d);
            if let Some(digit) = digit {
                text.replace_range(digit..=digit, &numbers.below(10).to_string());
            }
            format!("a digit of {item}")
        }
        8 => {
            // A second copy under another name; a name that others may say.
            let word = ["rule ", "guard "].into_iter().find(|w| item.starts_with(w));
            if let Some(word) = word {
                let name_end = item[word.len()..].find(' ').map_or(item.len(), |n| n + word.len());
                let copy = format!("{word}copy_{round}{}", &item[name_end..]);
                text.push('\n');
                text.push_str(&copy);
            }
            format!("a copy of {item}")
        }
        _ => {
            *text = text.replacen("rule", "rul", 1);
            format!("a slip in {name}")
        }
    }
}

#[test]
fn a_workspace_agrees_with_a_whole_compile_after_every_edit() {
    for seed in 1..=12 {
        let set = Set::draw(seed);
        let drawn = set.sources(4);
        let original: Files = drawn.files().map(|(_, f)| (f.name().to_string(), f.text().to_string())).collect();
        let mut files = original.clone();
        let mut workspace = Workspace::new(set.settings.clone());
        let mut numbers = Numbers(seed);
        same(&mut workspace, &files, &set.settings, "as drawn");
        for round in 0..10 {
            let before = files.clone();
            let what = edit(&mut files, &mut numbers, round);
            same(&mut workspace, &files, &set.settings, &format!("seed {seed}: {what}"));
            if workspace.compile(&sources(&files)).is_err() {
                // The author takes it back.
                files = before;
                same(&mut workspace, &files, &set.settings, &format!("seed {seed}: without {what}"));
            }
        }
        same(&mut workspace, &original, &set.settings, "as drawn again");
    }
}

/// A set in which each file may stand by itself.
fn services() -> Files {
    let head = "package demo\n\nfacts agent { trust: int 0..100 }\n\nenum Stage { dev, prod }\n\nconst least = 20\n";
    let mut files = vec![("head.aasrule".to_string(), head.to_string())];
    for n in 0..6 {
        let text = format!(
            "package demo\n\naction s{n}.run, s{n}.stop {{ stage: Stage }}\n\nrule runs{n} on s{n}.run {{ when agent.trust >= least and stage == dev\n    green }}\n\nguard stops{n} on s{n}.* {{ when agent.trust < {n}\n    red\n    because \"No trust.\" }}\n"
        );
        files.push((format!("s{n}.aasrule"), text));
    }
    files
}

#[test]
fn what_is_as_it_was_is_not_done_again() {
    let settings = Settings::default();
    let mut files = services();
    let mut workspace = Workspace::new(settings.clone());
    same(&mut workspace, &files, &settings, "at first");
    // Spaces at the end of a file move nothing that others see.
    files[3].1 += "\nrule more on s2.stop { green }\n";
    workspace.compile(&sources(&files)).expect("no errors");
    let work = workspace.work();
    // The six lists of patterns over undeclared names are looked at each time.
    assert_eq!((work.files, work.items, work.items_kept, work.units), (1, 3, 10, 2 + 6));
    same(&mut workspace, &files, &settings, "with one rule more");
    // Every condition reads it.
    files[0].1 = files[0].1.replace("20", "30");
    workspace.compile(&sources(&files)).expect("no errors");
    assert_eq!((workspace.work().files, workspace.work().items, workspace.work().units), (1, 13, 12 + 6));
    same(&mut workspace, &files, &settings, "with another const");
}

#[test]
fn a_new_name_that_others_say_is_seen_by_them() {
    let settings = Settings::default();
    let mut files = services();
    let mut workspace = Workspace::new(settings.clone());
    same(&mut workspace, &files, &settings, "at first");
    for name in ["dev", "stage", "least", "trust", "s1"] {
        let mut changed = files.clone();
        changed[2].1 += &format!("\nrule {name} on s1.stop {{ green }}\n");
        same(&mut workspace, &changed, &settings, name);
        same(&mut workspace, &files, &settings, "as before");
    }
    // A line above a const moves the place that is written out elsewhere.
    files[0].1 = files[0].1.replace("const", "// about the const\n\nconst");
    same(&mut workspace, &files, &settings, "a comment above a const");
}

#[test]
fn questions_about_history_keep_their_places() {
    let declared = "package p\nfacts session { id: string }\naction a.go, b.go, c.go\nrule r on a.go, b.go, c.go { green }\n\
                    limit few on a.go { at most 3 per 1h  otherwise black  because \"Few.\" }\n";
    let guard = |name: &str, asked: &str| {
        format!("package p\nguard {name} on c.go {{ yellow when {asked} and few.count < 2  because \"Asked.\" }}\n")
    };
    let mut files: Files = vec![
        ("declared.aasrule".into(), declared.into()),
        ("one.aasrule".into(), guard("one", "seen(b.go) in session")),
        ("two.aasrule".into(), guard("two", "few.remaining >= 1")),
    ];
    let settings = Settings::default();
    let mut workspace = Workspace::new(settings.clone());
    same(&mut workspace, &files, &settings, "as it begins");
    files.push(("late.aasrule".into(), guard("late", "seen(a.go) by agent")));
    same(&mut workspace, &files, &settings, "a question that comes before the first by name");
    files[3].1 = guard("late", "count(a.go succeeded) in session >= 2");
    same(&mut workspace, &files, &settings, "another question");
    files[1].1 = guard("one", "few.exceeded");
    same(&mut workspace, &files, &settings, "a question that goes");
    files.remove(3);
    same(&mut workspace, &files, &settings, "the last one that goes");
}
