//! The tree, walked: every simple command that may run, with its folder, its input and what it feeds.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use brush_parser::ast;

use super::args::{self, Arg};
use super::lex::{self, Part, RawWord, Script, unreadable};
use super::{MAX_COMMANDS, SimpleCommand, Word, grammar, unknown_word};
use crate::value::{Fault, FaultKind};

/// Folders in which a command may start; `None` where they are only known when it runs.
pub(super) type Folders = Option<BTreeSet<Arc<str>>>;

/// More folders than this are as good as unknown.
const MAX_FOLDERS: usize = 4;

/// What a command reads where no file is named.
#[derive(Clone, Debug)]
pub(super) enum Input {
    /// Whatever the line was given.
    Inherited,
    /// Another command's output, or a file.
    Unknown,
    /// A text that stands in the line.
    Known(Arc<str>),
}

/// What surrounds a command.
#[derive(Clone, Debug)]
pub(super) struct Around {
    pub(super) folders: Folders,
    pub(super) input: Input,
    pub(super) privileged: bool,
    pub(super) wrappers: Vec<Arc<str>>,
    /// Brackets around it, for the limit on nesting.
    pub(super) depth: usize,
}

/// A redirection as far as it matters.
#[derive(Clone, Debug, Default)]
pub(super) struct Redirections {
    pub(super) reads: Vec<Arg>,
    pub(super) writes: Vec<Arg>,
    pub(super) input: Option<Input>,
    /// Whether output goes into `>(…)`.
    to_process: bool,
    text: String,
}

impl Redirections {
    fn show(&mut self, operator: &str, target: &str) {
        self.text.push(' ');
        self.text.push_str(operator);
        self.text.push_str(target);
    }

    /// A redirection from or to a file, or another descriptor.
    fn file(&mut self, kind: &ast::IoFileRedirectKind, raw: &RawWord, standard: bool) {
        self.to_process |= raw.parts.iter().any(|p| matches!(p, Part::ProcessOut(_)));
        let arg = Arg::new(raw);
        let (operator, reads, writes) = match kind {
            ast::IoFileRedirectKind::Read => ("< ", true, false),
            ast::IoFileRedirectKind::ReadAndWrite => ("<> ", true, true),
            ast::IoFileRedirectKind::Write | ast::IoFileRedirectKind::Clobber => ("> ", false, true),
            ast::IoFileRedirectKind::Append => (">> ", false, true),
            ast::IoFileRedirectKind::DuplicateInput => ("<&", true, false),
            ast::IoFileRedirectKind::DuplicateOutput => (">&", false, true),
        };
        self.show(operator, &raw.source);
        if reads && standard {
            self.input = Some(Input::Unknown);
        }
        let duplicates = matches!(operator, "<&" | ">&");
        let number = |t: &str| t.strip_suffix('-').unwrap_or(t).bytes().all(|b| b.is_ascii_digit());
        if duplicates && arg.known().is_some_and(number) {
            return;
        }
        if reads {
            self.reads.push(arg.clone());
        }
        if writes {
            self.writes.push(arg);
        }
    }
}

/// The walk over one command line.
pub(super) struct Walk {
    /// What was found, in text order.
    pub(super) out: Vec<SimpleCommand>,
    /// Names that functions and aliases of this line give another meaning.
    pub(super) shadowed: BTreeSet<Arc<str>>,
    /// Whether any bare name may have another meaning.
    pub(super) all_shadowed: bool,
    /// Whether something is evaluated as a number, which runs substitutions inside values.
    pub(super) arithmetic: bool,
    /// Whether quoted text holds a substitution that such an evaluation would run.
    hidden_code: bool,
}

/// Every simple command of a script that starts in this folder.
pub(super) fn commands(script: &Script, folder: &str) -> Result<Vec<Arc<SimpleCommand>>, Fault> {
    let mut walk =
        Walk { out: Vec::new(), shadowed: BTreeSet::new(), all_shadowed: false, arithmetic: false, hidden_code: false };
    let mut around = Around {
        folders: Some(BTreeSet::from([folder.into()])),
        input: Input::Inherited,
        privileged: false,
        wrappers: Vec::new(),
        depth: 0,
    };
    walk.script(script, &mut around)?;
    if walk.arithmetic && walk.hidden_code {
        walk.push_unknown_code("$((…))", &around)?;
    }
    walk.cast_shadows();
    Ok(walk.out.into_iter().map(Arc::new).collect())
}

/// What may be the folder afterwards: where it went well, and where it did not.
struct Ends {
    well: Folders,
    badly: Folders,
}

fn union(a: &Folders, b: &Folders) -> Folders {
    let both: BTreeSet<_> = a.as_ref()?.union(b.as_ref()?).cloned().collect();
    (both.len() <= MAX_FOLDERS).then_some(both)
}

impl Walk {
    /// Walks a script in the shell that `around` describes; its folders change as the script changes them.
    pub(super) fn script(&mut self, script: &Script, around: &mut Around) -> Result<(), Fault> {
        around.depth += 1;
        if around.depth > lex::MAX_NESTING {
            return Err(Fault::new(FaultKind::LimitExceeded, "a command nests too deep"));
        }
        for list in &script.program.complete_commands {
            self.list(script, list, around)?;
        }
        around.depth -= 1;
        Ok(())
    }

    /// Walks a script in a shell of its own; gives back which commands it added.
    fn sub_shell(&mut self, script: &Script, around: &Around, input: Option<Input>) -> Result<Range<usize>, Fault> {
        let start = self.out.len();
        let mut inner = around.clone();
        if let Some(input) = input {
            inner.input = input;
        }
        self.script(script, &mut inner)?;
        Ok(start..self.out.len())
    }

    fn list(&mut self, script: &Script, list: &ast::CompoundList, around: &mut Around) -> Result<(), Fault> {
        for ast::CompoundListItem(and_or, separator) in &list.0 {
            let before = around.folders.clone();
            self.and_or(script, and_or, around)?;
            if matches!(separator, ast::SeparatorOperator::Async) {
                around.folders = before;
            }
        }
        Ok(())
    }

    fn and_or(&mut self, script: &Script, list: &ast::AndOrList, around: &mut Around) -> Result<(), Fault> {
        let mut ends = self.pipeline(script, &list.first, around)?;
        for next in &list.additional {
            match next {
                ast::AndOr::And(pipeline) => {
                    around.folders = ends.well;
                    let then = self.pipeline(script, pipeline, around)?;
                    ends = Ends { badly: union(&ends.badly, &then.badly), well: then.well };
                }
                ast::AndOr::Or(pipeline) => {
                    around.folders = ends.badly;
                    let then = self.pipeline(script, pipeline, around)?;
                    ends = Ends { well: union(&ends.well, &then.well), badly: then.badly };
                }
            }
        }
        around.folders = union(&ends.well, &ends.badly);
        Ok(())
    }

    fn pipeline(&mut self, script: &Script, pipeline: &ast::Pipeline, around: &mut Around) -> Result<Ends, Fault> {
        let before = around.folders.clone();
        if let [only] = pipeline.seq.as_slice() {
            self.command(script, only, around)?;
            let well = around.folders.clone();
            let badly = union(&before, &well);
            return Ok(if pipeline.bang { Ends { well: badly, badly: well } } else { Ends { well, badly } });
        }
        let mut stages = Vec::new();
        for (i, command) in pipeline.seq.iter().enumerate() {
            let start = self.out.len();
            let mut stage = around.clone();
            if i > 0 {
                stage.input = Input::Unknown;
            }
            self.command(script, command, &mut stage)?;
            stages.push(start..self.out.len());
        }
        for i in 0..stages.len() {
            for later in i + 1..stages.len() {
                let names = self.names(stages[later].clone());
                self.feed(stages[i].clone(), &names);
            }
        }
        Ok(Ends { well: before.clone(), badly: before })
    }

    fn command(&mut self, script: &Script, command: &ast::Command, around: &mut Around) -> Result<(), Fault> {
        match command {
            ast::Command::Simple(simple) => self.simple(script, simple, around),
            ast::Command::Compound(compound, redirects) => {
                let redirections = self.redirections(script, redirects.iter().flat_map(|r| &r.0), around)?;
                let input = around.input.clone();
                if let Some(input) = redirections.input.clone() {
                    around.input = input;
                }
                let start = self.out.len();
                self.compound(script, compound, around)?;
                around.input = input;
                self.attach(start, &redirections, around)
            }
            ast::Command::Function(function) => {
                let name = lookup(script, &function.fname.value)?;
                match args::text(name) {
                    Ok(name) => {
                        self.shadowed.insert(name);
                    }
                    Err(_) => self.all_shadowed = true,
                }
                let mut inner = Around { folders: None, input: Input::Unknown, ..around.clone() };
                let redirections = self.redirections(script, function.body.1.iter().flat_map(|r| &r.0), around)?;
                let start = self.out.len();
                self.compound(script, &function.body.0, &mut inner)?;
                self.attach(start, &redirections, &inner)
            }
            ast::Command::ExtendedTest(..) => Err(unreadable("a condition stands where none may")),
        }
    }

    /// A redirection of a whole group is one of each command in it.
    fn attach(&mut self, start: usize, redirections: &Redirections, around: &Around) -> Result<(), Fault> {
        if redirections.reads.is_empty() && redirections.writes.is_empty() {
            return Ok(());
        }
        if start == self.out.len() {
            let nothing = SimpleCommand { name: Ok("".into()), written: Ok("".into()), ..blank("", around) };
            self.push(nothing)?;
        }
        for i in start..self.out.len() {
            super::files::redirect(&mut self.out[i], redirections, around);
        }
        Ok(())
    }

    fn compound(&mut self, script: &Script, compound: &ast::CompoundCommand, around: &mut Around) -> Result<(), Fault> {
        match compound {
            ast::CompoundCommand::BraceGroup(group) => self.list(script, &group.list, around),
            ast::CompoundCommand::Subshell(group) => self.list(script, &group.list, &mut around.clone()),
            ast::CompoundCommand::ForClause(clause) => {
                for value in clause.values.iter().flatten() {
                    self.substitutions(lookup(script, &value.value)?, around)?;
                }
                let variable = lookup(script, &clause.variable_name)?;
                let start = self.out.len();
                self.repeated(script, &[&clause.body.list], around)?;
                // `for ((…))` says itself what it assigns.
                let counts = variable.parts.iter().any(|p| matches!(p, Part::Arithmetic));
                if let Some(first) = self.out.get_mut(start).filter(|_| !counts) {
                    first.assigns.push(args::text(variable));
                }
                Ok(())
            }
            ast::CompoundCommand::WhileClause(ast::WhileOrUntilClauseCommand(condition, body, _))
            | ast::CompoundCommand::UntilClause(ast::WhileOrUntilClauseCommand(condition, body, _)) => {
                self.repeated(script, &[condition, &body.list], around)
            }
            ast::CompoundCommand::CaseClause(clause) => self.case(script, clause, around),
            ast::CompoundCommand::IfClause(clause) => self.branches(script, clause, around),
            ast::CompoundCommand::Arithmetic(_)
            | ast::CompoundCommand::ArithmeticForClause(_)
            | ast::CompoundCommand::Coprocess(_) => Err(unreadable("it holds a construct that is not read here")),
        }
    }

    /// A loop: what it changes may have been changed before it begins again.
    fn repeated(&mut self, script: &Script, lists: &[&ast::CompoundList], around: &mut Around) -> Result<(), Fault> {
        let moves = script
            .words
            .iter()
            .any(|w| w.source.contains("cd") || w.source.contains("pushd") || w.source.contains("popd"));
        if moves {
            around.folders = None;
        }
        for list in lists {
            self.list(script, list, around)?;
        }
        Ok(())
    }

    fn case(&mut self, script: &Script, clause: &ast::CaseClauseCommand, around: &mut Around) -> Result<(), Fault> {
        self.substitutions(lookup(script, &clause.value.value)?, around)?;
        let before = around.folders.clone();
        let mut after = before.clone();
        for item in &clause.cases {
            for pattern in &item.patterns {
                self.substitutions(lookup(script, &pattern.value)?, around)?;
            }
            if let Some(list) = &item.cmd {
                // A branch may follow another one (`;&`), so it starts where any of them may have ended.
                around.folders = after.clone();
                self.list(script, list, around)?;
                after = union(&after, &around.folders);
            }
        }
        around.folders = after;
        Ok(())
    }

    fn branches(&mut self, script: &Script, clause: &ast::IfClauseCommand, around: &mut Around) -> Result<(), Fault> {
        self.list(script, &clause.condition, around)?;
        let mut untaken = around.folders.clone();
        self.list(script, &clause.then, around)?;
        let mut after = around.folders.clone();
        for other in clause.elses.iter().flatten() {
            around.folders = untaken;
            if let Some(condition) = &other.condition {
                self.list(script, condition, around)?;
            }
            untaken = around.folders.clone();
            self.list(script, &other.body, around)?;
            after = union(&after, &around.folders);
        }
        around.folders = union(&after, &untaken);
        Ok(())
    }

    /// Reads redirections, walking what is substituted in them.
    fn redirections<'a>(
        &mut self,
        script: &Script,
        list: impl Iterator<Item = &'a ast::IoRedirect>,
        around: &Around,
    ) -> Result<Redirections, Fault> {
        let mut out = Redirections::default();
        for redirect in list {
            self.redirection(script, redirect, around, &mut out)?;
        }
        Ok(out)
    }

    fn redirection(
        &mut self,
        script: &Script,
        redirect: &ast::IoRedirect,
        around: &Around,
        out: &mut Redirections,
    ) -> Result<(), Fault> {
        // Only descriptor 0 is what a command reads by itself.
        let standard = |fd: &Option<ast::IoFd>| fd.is_none_or(|fd| fd == 0);
        match redirect {
            ast::IoRedirect::File(fd, kind, target) => {
                let word = match target {
                    ast::IoFileRedirectTarget::Filename(word) | ast::IoFileRedirectTarget::Duplicate(word) => word,
                    // `|&` joins the two outputs.
                    ast::IoFileRedirectTarget::Fd(_) => return Ok(()),
                    ast::IoFileRedirectTarget::ProcessSubstitution(..) => {
                        return Err(unreadable("a substitution stands where none may"));
                    }
                };
                let raw = lookup(script, &word.value)?;
                self.substitutions(raw, around)?;
                out.file(kind, raw, standard(fd));
            }
            ast::IoRedirect::OutputAndError(word, _) => {
                let raw = lookup(script, &word.value)?;
                self.substitutions(raw, around)?;
                out.show("&> ", &raw.source);
                out.writes.push(Arg::new(raw));
            }
            ast::IoRedirect::HereString(fd, word) => {
                let raw = lookup(script, &word.value)?;
                self.substitutions(raw, around)?;
                out.show("<<< ", &raw.source);
                if standard(fd) {
                    out.input = Some(args::text(raw).map_or(Input::Unknown, Input::Known));
                }
            }
            ast::IoRedirect::HereDocument(fd, document) => {
                let place = grammar::place(&document.doc.value).and_then(|i| script.documents.get(i));
                let document = place.ok_or_else(|| unreadable("a here-document is lost"))?;
                self.substitutions(&document.body, around)?;
                out.show("<< ", "…");
                if standard(fd) {
                    out.input = Some(args::text(&document.body).map_or(Input::Unknown, Input::Known));
                }
            }
        }
        Ok(())
    }

    fn simple(&mut self, script: &Script, simple: &ast::SimpleCommand, around: &mut Around) -> Result<(), Fault> {
        let mut words: Vec<&RawWord> = Vec::new();
        let mut assigns: Vec<Word> = Vec::new();
        let mut source = String::new();
        let mut redirects = Vec::new();
        let items = simple.prefix.iter().flat_map(|p| &p.0).map(|i| (true, i));
        let items = items.chain(simple.suffix.iter().flat_map(|s| &s.0).map(|i| (false, i)));
        let head = simple.word_or_name.as_ref().map(|w| lookup(script, &w.value)).transpose()?;
        let mut all: Vec<&RawWord> = Vec::new();
        let mut headed = false;
        for (prefix, item) in items {
            if !prefix && !headed {
                headed = true;
                words.extend(head);
            }
            match item {
                ast::CommandPrefixOrSuffixItem::IoRedirect(redirect) => redirects.push(redirect),
                ast::CommandPrefixOrSuffixItem::Word(word) => words.push(lookup(script, &word.value)?),
                ast::CommandPrefixOrSuffixItem::AssignmentWord(_, word) => {
                    let raw = lookup(script, &word.value)?;
                    if prefix {
                        assigns.push(Ok(raw.assigned_name().unwrap_or_default().into()));
                        all.push(raw);
                    } else {
                        words.push(raw);
                    }
                }
                ast::CommandPrefixOrSuffixItem::ProcessSubstitution(..) => {
                    return Err(unreadable("a substitution stands where none may"));
                }
            }
        }
        if !headed {
            words.extend(head);
        }
        all.extend(&words);
        for raw in &all {
            if !source.is_empty() {
                source.push(' ');
            }
            source.push_str(&raw.source);
        }
        let start = self.out.len();
        let before = around.clone();
        let redirections = self.redirections(script, redirects.into_iter(), &before)?;
        source.push_str(&redirections.text);
        let moved = self.out.split_off(start);
        let outer = self.run(words.iter().map(|w| Arg::new(w)).collect(), assigns, &source, &redirections, around)?;
        let inner = self.out.len();
        self.extend(moved)?;
        let (inner, names) = (inner..self.out.len(), self.names(outer.clone()));
        if redirections.to_process {
            let names = self.names(inner);
            self.feed(outer.clone(), &names);
        } else {
            self.feed(inner, &names);
        }
        for raw in &all {
            self.inner_commands(raw, &before, outer.clone())?;
        }
        Ok(())
    }

    /// Walks what is substituted in a word of a command, and says what flows between the two.
    fn inner_commands(&mut self, raw: &RawWord, around: &Around, outer: Range<usize>) -> Result<(), Fault> {
        let names = self.names(outer.clone());
        let runs_code = self.out[outer.clone()].iter().any(|c| c.runs_code || c.name.is_err());
        let start = self.out.len();
        self.substitutions(raw, around)?;
        let inner = start..self.out.len();
        let reads = raw.parts.iter().any(|p| matches!(p, Part::ProcessIn(_)));
        let writes = raw.parts.iter().any(|p| matches!(p, Part::ProcessOut(_)));
        if reads || runs_code {
            self.feed(inner.clone(), &names);
        }
        if writes {
            let names = self.names(inner);
            self.feed(outer, &names);
        }
        Ok(())
    }

    /// Walks the scripts inside a word.
    fn substitutions(&mut self, raw: &RawWord, around: &Around) -> Result<(), Fault> {
        for part in &raw.parts {
            match part {
                Part::Text(text, quoted) => self.hidden_code |= *quoted && (text.contains("$(") || text.contains('`')),
                Part::Expansion => {}
                Part::Arithmetic => self.arithmetic = true,
                Part::Assigning(name) => {
                    let assigns = vec![if name.is_empty() {
                        Err(unknown_word("which variable it assigns is not read here"))
                    } else {
                        Ok(name.as_str().into())
                    }];
                    self.push(SimpleCommand {
                        name: Ok("".into()),
                        written: Ok("".into()),
                        assigns,
                        ..blank(&raw.source, around)
                    })?;
                }
                Part::Running => self.push_unknown_code(&raw.source, around)?,
                Part::Substitution(script) => {
                    self.sub_shell(script, around, None)?;
                }
                Part::ProcessIn(script) => {
                    self.sub_shell(script, around, None)?;
                }
                Part::ProcessOut(script) => {
                    self.sub_shell(script, around, Some(Input::Unknown))?;
                }
                Part::Array(words) => {
                    for word in words {
                        self.substitutions(word, around)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds a command.
    pub(super) fn push(&mut self, command: SimpleCommand) -> Result<(), Fault> {
        if self.out.len() >= MAX_COMMANDS {
            return Err(Fault::new(
                FaultKind::LimitExceeded,
                format!("a command line runs more than {MAX_COMMANDS} commands"),
            ));
        }
        self.out.push(command);
        Ok(())
    }

    fn extend(&mut self, commands: Vec<SimpleCommand>) -> Result<(), Fault> {
        commands.into_iter().try_for_each(|c| self.push(c))
    }

    /// Adds a command about which nothing is known but that it runs code.
    pub(super) fn push_unknown_code(&mut self, source: &str, around: &Around) -> Result<(), Fault> {
        let fault = unknown_word("code is only known when it runs");
        self.push(SimpleCommand {
            reads: vec![Err(fault.clone())],
            writes: vec![Err(fault.clone())],
            written: Err(fault),
            runs_code: true,
            ..blank(source, around)
        })
    }

    /// The base names of these commands, as written.
    pub(super) fn names(&self, range: Range<usize>) -> Vec<Word> {
        let base = |c: &SimpleCommand| c.written.clone().map(|w| args::base_name(&w).into());
        self.out[range].iter().filter(|c| c.written.as_deref() != Ok("")).map(base).collect()
    }

    fn feed(&mut self, from: Range<usize>, names: &[Word]) {
        for command in &mut self.out[from] {
            for name in names {
                if !command.feeds.contains(name) {
                    command.feeds.push(name.clone());
                }
            }
        }
    }

    /// Where this line gives a name another meaning, what it runs is unknown.
    fn cast_shadows(&mut self) {
        let path = |c: &SimpleCommand| c.assigns.iter().any(|a| a.as_deref().map_or(true, |a| a == "PATH"));
        let all = self.all_shadowed || self.out.iter().any(path);
        for command in &mut self.out {
            let bare = |w: &str| !w.contains('/') && !w.is_empty();
            let shadowed = |w: &str| bare(w) && (all || self.shadowed.contains(w));
            let own = command.written.as_deref().is_ok_and(shadowed);
            if own || command.wrappers.iter().any(|w| shadowed(w)) {
                command.name = Err(unknown_word("this line gives the name another meaning"));
            }
        }
    }
}

/// A command that does nothing yet.
pub(super) fn blank(source: &str, around: &Around) -> SimpleCommand {
    let unnamed: Word = Err(unknown_word("the command is only known when it runs"));
    SimpleCommand {
        text: source.into(),
        name: unnamed.clone(),
        written: unnamed,
        wrappers: around.wrappers.clone(),
        args: Vec::new(),
        reads: Vec::new(),
        writes: Vec::new(),
        hosts: Vec::new(),
        assigns: Vec::new(),
        feeds: Vec::new(),
        runs_code: false,
        privileged: around.privileged,
        redirects: false,
    }
}

/// The word that a place holder stands for.
fn lookup<'a>(script: &'a Script, holder: &str) -> Result<&'a RawWord, Fault> {
    grammar::place(holder).and_then(|i| script.words.get(i)).ok_or_else(|| unreadable("a word is lost"))
}
