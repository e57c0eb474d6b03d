//! The catalogue: one row a diagnostic. A code is never given to another meaning.
//!
//! The long form of each is `docs/src/diagnostics/<code>.md`; `aasc explain <code>` prints it. A test
//! demands the page and a case in `tests/cases/` for every row.
//! Numbers: 01 text and syntax, 02 names and packages, 03 types and values, 04 origins and errors,
//! 05 items, 06 lints, 07 tests and asserts, 08 limits.

use super::Severity;

/// Whether a package may change the level of a diagnostic in `aas.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultLevel {
    /// Always an error.
    Error,
    /// A warning, unless `aas.toml` or `--deny` says otherwise.
    Warning,
    /// A remark.
    Hint,
}

macro_rules! catalogue {
    ($($variant:ident $code:literal $level:ident $name:literal $title:literal;)+) => {
        /// A row of the catalogue.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $title] $variant,)+
        }

        impl Code {
            /// All rows in the order of the catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable code, such as `AAS0203`.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The short name used in `aas.toml` and `--deny`, such as `unused-const`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it is about, in a few words.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }

            /// Its level where nothing else is said.
            #[must_use]
            pub fn level(self) -> DefaultLevel {
                match self { $(Self::$variant => DefaultLevel::$level,)+ }
            }

            /// The long explanation, in Markdown. Lines behind `~` only make an example complete.
            #[must_use]
            pub fn explanation(self) -> &'static str {
                match self {
                    $(Self::$variant => include_str!(concat!("../../docs/src/diagnostics/", $code, ".md")),)+
                }
            }
        }
    };
}

catalogue! {
    UnexpectedText        "AAS0101" Error   "unexpected-text"        "the text is not of the grammar here";
    UnclosedBrace         "AAS0102" Error   "unclosed-brace"         "a brace, bracket or parenthesis is not closed";
    UnclosedString        "AAS0103" Error   "unclosed-string"        "a text or pattern is not closed on its line";
    UnknownItemKeyword    "AAS0104" Error   "unknown-item"           "no item begins with this word";
    ConfusingCharacter    "AAS0105" Error   "confusing-character"    "a bidirectional or invisible character";
    LookAlike             "AAS0106" Error   "look-alike"             "a name mixes scripts or looks like another";
    ControlCharacter      "AAS0107" Error   "control-character"      "a NUL or control character in the text";
    BadNumber             "AAS0108" Error   "bad-number"             "a number that its type cannot hold";
    BadEscape             "AAS0109" Error   "bad-escape"             "an escape that does not exist";
    BadTextHole           "AAS0110" Error   "bad-text-hole"          "a hole in a text is not an expression";
    DocNowhere            "AAS0111" Warning "doc-nowhere"            "a /// text documents nothing";
    DuplicateClause       "AAS0112" Error   "duplicate-clause"       "a clause is written twice";
    MissingClause         "AAS0113" Error   "missing-clause"         "a clause that this item needs is missing";
    NotUtf8               "AAS0114" Error   "not-utf8"               "the file is not UTF-8";

    UnknownName           "AAS0201" Error   "unknown-name"           "nothing of this name is in sight";
    DuplicateName         "AAS0202" Error   "duplicate-name"         "two items of a package share a name";
    AmbiguousName         "AAS0203" Error   "ambiguous-name"         "a bare name could mean two things";
    UnknownPackage        "AAS0204" Error   "unknown-package"        "no file declares this package";
    UnknownImport         "AAS0205" Error   "unknown-import"         "the package has no such item";
    CyclicUse             "AAS0206" Error   "cyclic-use"             "packages use each other in a circle";
    PackagePlace          "AAS0207" Error   "package-place"          "package must be the first item, once";
    UnknownAction         "AAS0208" Error   "unknown-action"         "no declared action has this name";
    PatternMatchesNothing "AAS0209" Error   "pattern-matches-nothing" "a pattern matches no declared action";
    ExceptSubtractsNothing "AAS0210" Error  "except-subtracts-nothing" "an except takes nothing away";
    DuplicateAction       "AAS0211" Error   "duplicate-action"       "an action or alias is declared twice";
    SchemaConflict        "AAS0212" Error   "schema-conflict"        "two schemas of one action disagree on a field";
    UnknownField          "AAS0213" Error   "unknown-field"          "no such field, or not on every action matched";
    UnknownType           "AAS0214" Error   "unknown-type"           "no type has this name";
    UnknownVariant        "AAS0215" Error   "unknown-variant"        "the enum has no such variant";
    UnknownMember         "AAS0216" Error   "unknown-member"         "the value has no such property or function";
    RecursiveDefinition   "AAS0217" Error   "recursive-definition"   "a const, predicate or type is defined by itself";
    AnyActionNotAllowed   "AAS0218" Error   "any-action-not-allowed" "this item may not say on any action";
    BadPattern            "AAS0219" Error   "bad-pattern"            "an action pattern that is not well formed";
    DuplicateField        "AAS0220" Error   "duplicate-field"        "a field, variant or key is written twice";
    ReservedName          "AAS0221" Error   "reserved-name"          "the name belongs to the language";
    UnknownFactGroup      "AAS0222" Error   "unknown-fact-group"     "facts are of agent, env or session";
    UnknownEntityId       "AAS0223" Error   "unknown-entity-id"      "the closed entity type has no such id";
    UnknownZone           "AAS0224" Error   "unknown-zone"           "no time zone has this name";
    BadSetting            "AAS0225" Error   "bad-setting"            "aas.toml says something that is not known";

    TypeMismatch          "AAS0301" Error   "type-mismatch"          "a value is of another type than its place";
    CannotCompare         "AAS0302" Error   "cannot-compare"         "the two values cannot be compared";
    NotOrdered            "AAS0303" Error   "not-ordered"            "values of this type have no order";
    OptionalNotProved     "AAS0304" Error   "optional-not-proved"    "an optional value is used where it may be absent";
    NotOptional           "AAS0305" Error   "not-optional"           "has or ?? on a value that is always there";
    BadLiteral            "AAS0306" Error   "bad-literal"            "the text is not a value of its type";
    BadRange              "AAS0307" Error   "bad-range"              "a range is empty, or on a type that has none";
    BadBound              "AAS0308" Error   "bad-bound"              "a bound is empty, too large, or on a type that has none";
    NoArithmetic          "AAS0309" Error   "no-arithmetic"          "these values cannot be calculated with";
    PatternNotLiteral     "AAS0310" Error   "pattern-not-literal"    "a pattern must be a literal or a const";
    BadRegex              "AAS0311" Error   "bad-regex"              "a regular expression that is malformed or too large";
    BadGlob               "AAS0312" Error   "bad-glob"               "a glob that is malformed or too large";
    WrongArguments        "AAS0313" Error   "wrong-arguments"        "a function or predicate is called with other arguments than it takes";
    AllOfMaybeEmpty       "AAS0314" Error   "all-of-maybe-empty"     "all over a list that may be empty";
    QuantifierTooDeep     "AAS0315" Error   "quantifier-too-deep"    "quantifiers nested too deep or over too much";
    NotABool              "AAS0316" Error   "not-a-bool"             "a condition must be true or false";
    OutOfRangeConstant    "AAS0317" Error   "out-of-range-constant"  "a constant lies outside the range of its place";
    CannotInfer           "AAS0318" Error   "cannot-infer"           "the type of this value cannot be told";
    NotConstant           "AAS0319" Error   "not-constant"           "the value must be known at compile time";
    RatioEquality         "AAS0320" Error   "ratio-equality"         "ratios are rounded and cannot be tested for equality";
    WeakFlag              "AAS0321" Error   "bad-flag"               "a flag without a strict value of its type";

    ClaimDecides          "AAS0401" Error   "claim-decides"          "a claim is read where it could loosen";
    ClaimDefault          "AAS0402" Error   "claim-default"          "a claim has a default";
    OptionalClaim         "AAS0403" Warning "optional-claim"         "the agent can silence a floor by saying nothing";
    MayErr                "AAS0404" Warning "may-err"                "an expression can err within the declared ranges";
    BelievesNothing       "AAS0405" Error   "believes-nothing"       "believing names a claim that the item does not read";
    SecretsInRule         "AAS0406" Error   "secrets-in-rule"        "secrets.found outside a floor";
    BlackWhenUnclear      "AAS0407" Warning "black-when-unclear"     "a black guard over a command without if unclear";
    Unconsumed            "AAS0408" Error   "unconsumed-parameter"   "an executor never uses a parameter";
    WarningsMisused       "AAS0409" Error   "warnings-misused"       "warnings is only for red and black guards, as warnings >= n";
    ObservedDefault       "AAS0410" Error   "observed-default"       "an observed field has a default";

    BecauseMissing        "AAS0501" Error   "because-missing"        "an item that must say why does not";
    TierMissing           "AAS0502" Error   "tier-missing"           "a rule or guard has no tier";
    RelaxDirection        "AAS0503" Error   "relax-direction"        "a relax must lower a tier, and never black";
    RelaxForeign          "AAS0504" Error   "relax-foreign"          "a relax of a rule that is not relaxable";
    NotWaivable           "AAS0505" Error   "not-waivable"           "an exception to a floor that nobody may waive";
    ExceptionIncomplete   "AAS0506" Error   "exception-incomplete"   "an exception needs reason, until and owner";
    TableIncomplete       "AAS0507" Error   "table-incomplete"       "a table has missing or surplus cells";
    BandUnreachable       "AAS0508" Warning "band-unreachable"       "a band never decides beside another";
    UnclearMisused        "AAS0509" Error   "unclear-misused"        "if unclear red is for black guards";
    InsteadTarget         "AAS0510" Error   "instead-target"         "instead names no parameterless declared action";
    InsteadNotBlack       "AAS0511" Warning "instead-not-black"      "instead on an item that is never black";
    RunTarget             "AAS0512" Error   "run-target"             "run names no workflow, or with other inputs";
    RedactTarget          "AAS0513" Error   "redact-target"          "redact names no field of the actions";
    ApprovalIncomplete    "AAS0514" Error   "approval-incomplete"    "an approval needs people and a quorum that can be met";
    OtherwiseMisused      "AAS0515" Error   "otherwise-misused"      "otherwise on a rule without a condition";
    StateIncomplete       "AAS0516" Error   "state-incomplete"       "a stateful item lacks a part it needs";
    NotAFloor             "AAS0517" Error   "not-a-floor"            "the name is not of a guard or another floor";
    PrincipalExpected     "AAS0518" Error   "principal-expected"     "by takes machines, people or entities";
    UntilPassed           "AAS0519" Error   "until-not-a-date"       "until takes a date";
    BadKey                "AAS0520" Error   "bad-key"                "state cannot be kept for each of these values";
    BadAmount             "AAS0521" Error   "bad-amount"             "an amount or a time of a stateful item that cannot be kept";
    NegativeSpend         "AAS0522" Error   "negative-spend"         "what a budget spends is not proved to be zero or more";
    StateReadsState       "AAS0523" Error   "state-reads-state"      "a key or an amount of a stateful item reads state";
    ReadingOutOfReach     "AAS0524" Error   "reading-out-of-reach"   "a reading of state where its keys are not all there";
    ApproximateReading    "AAS0525" Error   "approximate-reading"    "a comparison that a rounded reading could loosen";
    BadTrust              "AAS0526" Error   "bad-trust"              "a trust item that does not fit together or with its facts";
    BadStates             "AAS0527" Error   "bad-states"             "transitions that are not of one enum";
    HistoryUnbound        "AAS0528" Error   "history-unbound"        "a question about history that cannot be kept in bounds";
    BadRuntime            "AAS0529" Error   "bad-runtime"            "a workflow, digest or schedule that does not fit together";

    UnusedImport          "AAS0601" Warning "unused-import"          "a used name is never mentioned";
    UnusedConst           "AAS0602" Warning "unused-const"           "a const is never read";
    UnusedPredicate       "AAS0603" Warning "unused-predicate"       "a predicate is never called";
    UnusedType            "AAS0604" Warning "unused-type"            "an enum, record or entity is never mentioned";
    UnusedFlag            "AAS0605" Warning "unused-flag"            "a flag is never read";
    ShadowedName          "AAS0606" Warning "shadowed-name"          "a variable hides a name";
    NeverMatches          "AAS0607" Warning "never-matches"          "an item can never match";
    AlwaysMatches         "AAS0608" Warning "always-matches"         "a condition is always true";
    UndoneRelax           "AAS0609" Warning "undone-relax"           "a relax that a floor always undoes, or that meets no rule";
    IdleFloor             "AAS0610" Warning "idle-floor"             "a floor that never changes a decision";
    PatternMissesNeighbour "AAS0611" Warning "pattern-misses-neighbour" "a pattern stops at a dot before declared actions";
    PatternReachesTooFar  "AAS0612" Warning "pattern-reaches-too-far" "a pattern reaches an action that shares only letters";
    UncoveredRed          "AAS0613" Warning "uncovered-red"          "no approval covers a red item";
    RuleOnEverything      "AAS0614" Warning "rule-on-everything"     "a rule matches every action, so the default is never reached";
    DuplicateCondition    "AAS0615" Warning "duplicate-condition"    "two items say the same";
    AnchoredGlob          "AAS0616" Hint    "anchored-glob"          "a path glob that nested folders escape";
    CodeLikeText          "AAS0617" Warning "code-like-text"         "a reason that looks like a code";
    UnruledAction         "AAS0618" Hint    "unruled-action"         "no rule names a declared action";
    UnreachableLimit      "AAS0619" Warning "unreachable-limit"      "a limit that another item or its own flag never lets be reached";
    SlidingDay            "AAS0620" Warning "sliding-day"            "a budget or limit whose name says daily slides";
    StricterThanExact     "AAS0621" Hint    "stricter-than-exact"    "a rounded reading makes a rule stricter than the exact amount would";

    TestByDefault         "AAS0701" Warning "test-by-default"        "a test passes because nothing matches";
    TestFieldUnknown      "AAS0702" Error   "test-field-unknown"     "a test gives a field that its action lacks";
    TestWithoutExpect     "AAS0703" Warning "test-without-expect"    "a test expects nothing";
    TestStepMisplaced     "AAS0704" Error   "test-step-misplaced"    "a step of a test that cannot be taken where it stands";
    AssertVacuous         "AAS0705" Error   "assert-vacuous"         "an assert claims nothing or the impossible";
    TestExpectsUnkept     "AAS0706" Error   "test-expects-unkept"    "a test expects something of state that is not kept";

    FileTooLarge          "AAS0801" Error   "file-too-large"         "a file or set over its limit";
    NestedTooDeep         "AAS0802" Error   "nested-too-deep"        "nesting over 64";
    TooMany               "AAS0803" Error   "too-many"               "more items, atoms or elements than the limit";
    ManyErrors            "AAS0804" Error   "many-errors"            "more findings than are shown";
    NotUnderstood         "AAS0805" Error   "not-understood"         "the compiler lost a part of the set without saying why";
}

impl Code {
    /// The row of a code (`AAS0203`, in any case) or a short name (`unused-const`).
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| c.code().eq_ignore_ascii_case(text) || c.name() == text)
    }

    /// The long explanation as people read it: without the lines that only make an example complete.
    #[must_use]
    pub fn page(self) -> String {
        let shown = self.explanation().lines().filter(|line| !line.starts_with('~'));
        shown.flat_map(|line| [line.strip_suffix(",error").unwrap_or(line), "\n"]).collect()
    }

    /// Its severity where nothing else is said.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self.level() {
            DefaultLevel::Error => Severity::Error,
            DefaultLevel::Warning => Severity::Warning,
            DefaultLevel::Hint => Severity::Hint,
        }
    }
}
