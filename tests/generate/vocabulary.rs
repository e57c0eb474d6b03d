//! What the items of a drawn set speak about: types, facts, flags, actions with their fields.

use aas::verify::Random;

use super::Drawn;

/// A type of a field, fact or variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is the type of the same name")]
pub enum Ty {
    Bool,
    /// `int 0..1_000`
    Int,
    /// `int` over its whole range: sums of it can err.
    WideInt,
    Decimal,
    Ratio,
    Str,
    Duration,
    Timestamp,
    Semver,
    Ip,
    Cidr,
    Url,
    Host,
    Path,
    Ref,
    Command,
    Stage,
    Area,
    Team,
    User,
    Change,
    Ints,
    Paths,
    /// Never empty.
    Words,
    Names,
    Changes,
    Teams,
    Counts,
}

/// All of them.
pub const TYPES: [Ty; 28] = [
    Ty::Bool,
    Ty::Int,
    Ty::WideInt,
    Ty::Decimal,
    Ty::Ratio,
    Ty::Str,
    Ty::Duration,
    Ty::Timestamp,
    Ty::Semver,
    Ty::Ip,
    Ty::Cidr,
    Ty::Url,
    Ty::Host,
    Ty::Path,
    Ty::Ref,
    Ty::Command,
    Ty::Stage,
    Ty::Area,
    Ty::Team,
    Ty::User,
    Ty::Change,
    Ty::Ints,
    Ty::Paths,
    Ty::Words,
    Ty::Names,
    Ty::Changes,
    Ty::Teams,
    Ty::Counts,
];

impl Ty {
    /// As it is declared.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int 0..1_000",
            Self::WideInt => "int",
            Self::Decimal => "decimal 0.00..500.00",
            Self::Ratio => "ratio",
            Self::Str => "string[..200]",
            Self::Duration => "duration",
            Self::Timestamp => "timestamp",
            Self::Semver => "semver",
            Self::Ip => "ip",
            Self::Cidr => "cidr",
            Self::Url => "url",
            Self::Host => "host",
            Self::Path => "path",
            Self::Ref => "ref",
            Self::Command => "command",
            Self::Stage => "Stage",
            Self::Area => "Area",
            Self::Team => "Team",
            Self::User => "User",
            Self::Change => "Change",
            Self::Ints => "list<int 0..100>[..8]",
            Self::Paths => "list<path>[..8]",
            Self::Words => "list<string[..40]>[1..8]",
            Self::Names => "set<string>[..8]",
            Self::Changes => "list<Change>[..8]",
            Self::Teams => "set<Team>[..8]",
            Self::Counts => "map<string, int 0..100>[..8]",
        }
    }
}

/// Something that a condition may read.
#[derive(Clone, Debug)]
pub struct Readable {
    /// As it is written.
    pub text: String,
    /// Its type.
    pub ty: Ty,
    /// Whether it may be absent.
    pub optional: bool,
    /// Whether the agent claims it.
    pub claimed: bool,
}

/// An action.
#[derive(Clone, Debug)]
pub struct Action {
    /// Its full name.
    pub name: String,
    /// Its fields.
    pub fields: Vec<Readable>,
}

/// What there is to speak about.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    /// The items that declare it.
    pub items: Vec<Drawn>,
    /// Actions, the parameterless `noop` among them.
    pub actions: Vec<Action>,
    /// Facts and flags without keys.
    pub facts: Vec<Readable>,
    /// Predicates: their names and the types of their parameters.
    pub predicates: Vec<(String, Vec<Ty>)>,
}

const NAMES: [&str; 10] = [
    "deploy.app",
    "deploy.docs",
    "deploy.eu.app",
    "git.push",
    "git.merge",
    "mail.send",
    "code.write",
    "code.write.new",
    "scale_up",
    "db.drop-table",
];

impl Vocabulary {
    /// Draws one.
    #[must_use]
    pub fn draw(random: &mut Random) -> Self {
        let mut made = Self { items: Vec::new(), actions: Vec::new(), facts: Vec::new(), predicates: Vec::new() };
        made.types();
        made.fields_of_groups(random);
        made.flags();
        made.actions(random);
        made.predicates(random);
        made
    }

    fn add(&mut self, name: &str, text: String) {
        self.items.push(Drawn { package: 0, text, name: name.into(), needs: Vec::new() });
    }

    fn types(&mut self) {
        for (name, text) in [
            ("Stage", "ordered enum Stage { dev, staging, prod }"),
            ("Area", "enum Area { shop, blog, intern }"),
            ("Team", "entity Team in Team { size: int 0..100 }"),
            ("User", "entity User in Team { level: int 0..9, nick: string? }"),
            ("Role", "entity Role one of { ops, ci, guest }"),
            ("Agent", "entity Agent in Role, Team"),
            ("Change", "record Change { file: path, lines: int 0..1_000, note: string?, stage: Stage }"),
            ("k_words", "const k_words = { \"alpha\", \"beta\", \"gamma\" }"),
            ("k_mainline", "const k_mainline: set<ref> = { \"main\", \"release/1\" }"),
            ("k_globs", "const k_globs: set<glob> = { \"**/*.key\", \"secrets/**\", \"*.lock\" }"),
            ("k_texts", "const k_texts: set<glob> = { \"rel*\", \"*-rc\" }"),
            ("k_exprs", "const k_exprs: set<regex> = { /^v[0-9]+$/, /drop/ }"),
            ("k_limit", "const k_limit = 40"),
            ("k_roles", "const k_roles: set<Role> = { Role.ops, Role.ci }"),
            ("cleanup", "workflow cleanup { input { target: string } }"),
        ] {
            self.add(name, text.to_string());
        }
    }

    fn fields_of_groups(&mut self, random: &mut Random) {
        for group in ["agent", "session", "env"] {
            let mut fields = Vec::new();
            for i in 0..1 + random.below(4) {
                let ty = pick_type(random);
                let optional = random.once_in(3);
                let name = format!("{}{i}", &group[..1]);
                fields.push(format!("{name}: {}{}", ty.text(), if optional { "?" } else { "" }));
                self.facts.push(Readable { text: format!("{group}.{name}"), ty, optional, claimed: false });
            }
            if group == "env" {
                fields.push("stage: Stage".into());
                self.facts.push(Readable { text: "env.stage".into(), ty: Ty::Stage, optional: false, claimed: false });
            }
            self.add(&format!("facts {group}"), format!("facts {group} {{ {} }}", fields.join(", ")));
        }
    }

    fn flags(&mut self) {
        self.add("halt", "flag halt: bool = false, strict true".into());
        self.add("open", "flag open for each Area: bool = true, strict false".into());
        self.add("level", "flag level for each Team, Stage: int 0..9 = 3, strict 9".into());
        let flag = |text: &str, ty| Readable { text: text.into(), ty, optional: false, claimed: false };
        self.facts.push(flag("flag.halt", Ty::Bool));
        self.facts.push(flag("flag.open[shop]", Ty::Bool));
        self.facts.push(flag("flag.level[Team(\"web\")][env.stage]", Ty::Int));
    }

    fn actions(&mut self, random: &mut Random) {
        // Fields of the same name agree wherever they stand, so they are drawn once.
        let pool: Vec<(String, Readable)> = (0..10)
            .map(|i| {
                let (ty, name) = (pick_type(random), format!("f{i}"));
                let origin = ["", "", "observed ", "claimed "][random.below(4)];
                let optional = random.once_in(3);
                let declared = format!("{origin}{name}: {}{}", ty.text(), if optional { "?" } else { "" });
                (declared, Readable { text: name, ty, optional, claimed: origin == "claimed " })
            })
            .collect();
        let first = random.below(NAMES.len());
        for i in 0..2 + random.below(4) {
            let name = NAMES[(first + i) % NAMES.len()];
            let own: Vec<_> = pool.iter().filter(|_| !random.once_in(3)).collect();
            let fields: Vec<&str> = own.iter().map(|(text, _)| text.as_str()).collect();
            let also =
                if random.once_in(3) { format!(" also other.{}", name.replace('.', "_")) } else { String::new() };
            self.add(name, format!("action {name}{also} {{ {} }}", fields.join(", ")));
            self.actions.push(Action { name: name.into(), fields: own.iter().map(|(_, r)| r.clone()).collect() });
        }
        self.add("noop", "action noop".into());
        self.add("wait", "action wait".into());
        self.actions.push(Action { name: "noop".into(), fields: Vec::new() });
    }

    fn predicates(&mut self, random: &mut Random) {
        for i in 0..random.below(3) {
            let types: Vec<Ty> = (0..1 + random.below(2)).map(|_| pick_type(random)).collect();
            let readable: Vec<Readable> = types
                .iter()
                .enumerate()
                .map(|(n, ty)| Readable { text: format!("x{n}"), ty: *ty, optional: false, claimed: false })
                .collect();
            let mut drawing = super::conditions::Drawing::new(random, &readable, &[], false);
            let body = drawing.condition(2);
            let parameters: Vec<String> =
                types.iter().enumerate().map(|(n, ty)| format!("x{n}: {}", ty.text())).collect();
            let name = format!("p{i}");
            self.add(&name, format!("predicate {name}({}): bool = {body}", parameters.join(", ")));
            self.predicates.push((name, types));
        }
    }
}

/// A type; the simple ones more often.
fn pick_type(random: &mut Random) -> Ty {
    if random.once_in(2) { TYPES[random.below(8)] } else { TYPES[random.below(TYPES.len())] }
}
