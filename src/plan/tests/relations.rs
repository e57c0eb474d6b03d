//! Takes of atoms over entities against their programs, on generated snapshots and requests; and that planted
//! faults are found out.

use proptest::prelude::*;

use super::{Given, unavailable};
use crate::builtin::{self, BuiltinId, Context};
use crate::check::typed::Comparison;
use crate::entities::tests::{Dice, Planted, hierarchy, nests};
use crate::entities::{self, Entities};
use crate::plan::hash::Table;
use crate::plan::program::{Program, Runner};
use crate::plan::relation::{Known, Relation};
use crate::plan::{Answer, Encoding, Taken};
use crate::types::TypeTable;
use crate::value::{Fault, FaultKind, Value};

const OWNER: u32 = 0;
const MANY: u32 = 1;
const NUMBER: u32 = 2;
const TRUTH: u32 = 3;

/// Fields of the request: entities, some of them absent or erring, a list of entities, a text.
const ENTITIES: u32 = 5;
const LIST: u32 = 5;
const TEXT: u32 = 6;

fn some_entity(dice: &mut Dice) -> Value {
    let ids = 1 + dice.below(45);
    Value::Entity(dice.some_name(ids))
}

fn request(dice: &mut Dice, entities: Entities) -> Given {
    let mut given = Given::merge("x");
    given.entities = entities;
    for field in 0..ENTITIES {
        given.fields[field as usize] = match dice.below(12) {
            0 => Ok(None),
            1 => Err(unavailable()),
            _ => Ok(Some(some_entity(dice))),
        };
    }
    let mut list: Vec<Value> = (0..dice.below(4)).map(|_| some_entity(dice)).collect();
    if dice.percent(20) {
        list.push(Value::Unknown(Fault::new(FaultKind::UnknownWord, "cannot be told")));
    }
    given.fields[LIST as usize] = Ok(Some(if dice.percent(50) { Value::set(list) } else { Value::List(list.into()) }));
    given.fields[TEXT as usize] = Ok(Some(Value::str("id_1")));
    given
}

fn attribute(of: Program, place: u32) -> Program {
    Program::Attribute(Box::new(of), place)
}

/// A path to an entity.
fn path(dice: &mut Dice) -> Program {
    let mut at = match dice.below(8) {
        0 => Program::Const(some_entity(dice)),
        1 => Program::Principal,
        _ => Program::Field(dice.below(u64::from(ENTITIES)) as u32),
    };
    while dice.percent(35) {
        at = attribute(at, OWNER);
    }
    at
}

/// The `contains` of lists and sets; texts have another one.
fn contains() -> BuiltinId {
    let context = Context { case_sensitive_paths: true, types: &TypeTable::default() };
    let one = [Value::set(vec![Value::Int(1)]), Value::Int(1)];
    let is_it = |id: &BuiltinId| {
        let row = builtin::get(*id);
        row.name == "contains" && (row.call)(&context, &one).is_ok()
    };
    (0..).map(BuiltinId).find(is_it).unwrap()
}

/// A path to several entities.
fn many(dice: &mut Dice) -> Program {
    match dice.below(10) {
        0 => Program::Field(LIST),
        1 => Program::Const(Value::set((0..dice.below(4)).map(|_| some_entity(dice)).collect())),
        2 => Program::SetOf((0..dice.below(4)).map(|_| path(dice)).collect()),
        _ => attribute(path(dice), MANY),
    }
}

fn program(dice: &mut Dice) -> (Encoding, Program) {
    let two = |a, b| (Box::new(a), Box::new(b));
    let truth = match dice.below(12) {
        0 => return (Encoding::Word, attribute(path(dice), NUMBER)),
        1 => return (Encoding::Truth, attribute(path(dice), TRUTH)),
        2 => {
            let table: Table<Box<str>, i64> = (1..9).map(|id| (format!("id_{id}").into(), id)).collect();
            return (Encoding::Symbol(table), attribute(path(dice), OWNER));
        }
        3 | 4 => return (Encoding::Presence, attribute(path(dice), dice.below(4) as u32)),
        5 | 6 => {
            let (a, b) = two(path(dice), if dice.percent(5) { Program::Field(TEXT) } else { path(dice) });
            Program::Compare(if dice.percent(50) { Comparison::Equal } else { Comparison::NotEqual }, a, b)
        }
        7 => {
            let (a, b) = two(path(dice), path(dice));
            Program::In(a, b)
        }
        8 | 9 => Program::Call(contains(), vec![many(dice), path(dice)]),
        _ => {
            let (a, b) = two(path(dice), many(dice));
            Program::In(a, b)
        }
    };
    (Encoding::Truth, truth)
}

/// The word that the program gives.
fn by_program(encoding: &Encoding, program: &Program, inputs: &Given) -> Option<u64> {
    let types = TypeTable::default();
    let context = Context { case_sensitive_paths: true, types: &types };
    let runner = Runner { inputs, context: &context };
    let two_bits = |truth: Option<bool>| truth.map_or(0, |truth| if truth { 1 } else { 2 });
    match encoding {
        Encoding::Word => runner.run(program, &[]).ok().flatten()?.word().map(|word| word as u64),
        Encoding::Symbol(table) => {
            let value = runner.run(program, &[]).ok().flatten()?;
            value.text().map(|text| table.get(text).copied().unwrap_or(0) as u64)
        }
        Encoding::Truth => Some(two_bits(runner.truth(program, &[]))),
        Encoding::Presence => Some(two_bits(runner.run(program, &[]).ok().map(|value| value.is_some()))),
        Encoding::Records(_) => None,
    }
}

/// What a take says: nothing where it asks for the program.
fn by_take<'a>(encoding: &Encoding, of: &'a Relation, inputs: &'a Given, known: &mut Known<'a>) -> Option<Option<u64>> {
    match of.take(encoding, inputs, known) {
        Taken::Word(word) => Some(word),
        Taken::Ask => None,
    }
}

struct Case {
    encoding: Encoding,
    program: Program,
    relation: Option<Relation>,
}

fn cases(dice: &mut Dice, count: usize) -> Vec<Case> {
    let one = |_| {
        let (encoding, program) = program(dice);
        let relation = Relation::of(&encoding, &program);
        Case { encoding, program, relation }
    };
    (0..count).map(one).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_take_says_what_its_program_says(seed: u64) {
        let mut dice = Dice(seed);
        let snapshot = Entities::build(hierarchy(&mut dice), nests).unwrap();
        let cases = cases(&mut dice, 60);
        for _ in 0..20 {
            let inputs = request(&mut dice, snapshot.clone());
            let mut known = Known::default();
            for case in &cases {
                let Some(relation) = &case.relation else { continue };
                if let Some(word) = by_take(&case.encoding, relation, &inputs, &mut known) {
                    let expected = by_program(&case.encoding, &case.program, &inputs);
                    prop_assert_eq!(word, expected, "{:?} over {:?}", relation, inputs.fields);
                }
            }
        }
    }
}

#[test]
fn what_is_well_typed_is_quick() {
    let mut dice = Dice(7);
    let (mut quick, mut asked, mut truths) = (0, 0, [0; 3]);
    for _ in 0..40 {
        let snapshot = Entities::build(hierarchy(&mut dice), nests).unwrap();
        let inputs = request(&mut dice, snapshot);
        for case in cases(&mut dice, 60) {
            // A set that only a `contains` names, and texts, are left to programs.
            match case.relation.as_ref().map(|r| by_take(&case.encoding, r, &inputs, &mut Known::default())) {
                Some(Some(word)) => {
                    quick += 1;
                    if let (Encoding::Truth, Some(word)) = (&case.encoding, word) {
                        truths[word as usize] += 1;
                    }
                }
                Some(None) | None => asked += 1,
            }
        }
    }
    assert!(asked * 12 < quick, "{asked} of {quick} ask their programs");
    assert!(truths.iter().all(|n| *n > 60), "all three answers occur: {truths:?}");
}

/// Whether one of many takes differs from its program once something is changed.
fn found_out(plant: impl Fn(&mut Given, &mut Relation) -> bool) -> bool {
    let mut dice = Dice(11);
    (0..40).any(|_| {
        let snapshot = Entities::build(hierarchy(&mut dice), nests).unwrap();
        let honest = request(&mut dice, snapshot);
        cases(&mut dice, 60).into_iter().any(|case| {
            let (mut inputs, Some(mut relation)) = (honest.clone(), case.relation) else { return false };
            let planted = plant(&mut inputs, &mut relation);
            let word = by_take(&case.encoding, &relation, &inputs, &mut Known::default());
            planted && word.is_some_and(|word| word != by_program(&case.encoding, &case.program, &honest))
        })
    })
}

#[test]
fn planted_faults_are_found_out() {
    assert!(!found_out(|_, _| true), "nothing planted, nothing found");
    let not_reflexive = |given: &mut Given, _: &mut Relation| {
        given.entities.planted = Some(Planted::NotReflexive);
        true
    };
    assert!(found_out(not_reflexive), "an entity does not lie in itself");
    let other_sense = |_: &mut Given, relation: &mut Relation| match relation {
        Relation::Same(_, _, same) => {
            *same = !*same;
            true
        }
        _ => false,
    };
    assert!(found_out(other_sense), "equal for not equal");
    let one_less = |_: &mut Given, relation: &mut Relation| match relation {
        Relation::InOne(_, all) if !all.is_empty() => {
            *all = all[1..].into();
            true
        }
        _ => false,
    };
    assert!(found_out(one_less), "an element of a set lost");
    let place_beside = |_: &mut Given, relation: &mut Relation| match relation {
        Relation::Attribute(_, place) => {
            *place = (*place + 1) % 4;
            true
        }
        _ => false,
    };
    assert!(found_out(place_beside), "the attribute beside");
    let swapped = |_: &mut Given, relation: &mut Relation| match relation {
        Relation::In(a, b) => {
            std::mem::swap(a, b);
            true
        }
        _ => false,
    };
    assert!(found_out(swapped), "the group in its member");
    let hierarchy_for_element = |_: &mut Given, relation: &mut Relation| match relation {
        Relation::Contains(collection, element) => {
            *relation = Relation::In(element.clone(), collection.clone());
            true
        }
        _ => false,
    };
    assert!(found_out(hierarchy_for_element), "at any depth where an element is meant");
    let absent_for_erring = |given: &mut Given, _: &mut Relation| {
        let mut found = false;
        for field in &mut given.fields[..ENTITIES as usize] {
            if matches!(field, Err(_) | Ok(None)) {
                (*field, found) = (Ok(Some(Value::Entity(entities::tests::name(1, "nobody")))), true);
            }
        }
        found
    };
    assert!(found_out(absent_for_erring), "an erring place taken for an unknown entity");
}

#[test]
fn a_name_is_kept_for_one_place_only() {
    let mut dice = Dice(3);
    let snapshot = Entities::build(hierarchy(&mut dice), nests).unwrap();
    let inputs = request(&mut dice, snapshot);
    // More places than are kept, each asked for twice.
    let fields: Vec<Answer> = inputs.fields.clone();
    let relations: Vec<_> = (0..ENTITIES)
        .flat_map(|a| (0..ENTITIES).map(move |b| (a, b)))
        .map(|(a, b)| {
            let program = Program::In(Box::new(Program::Field(a)), Box::new(Program::Field(b)));
            (Relation::of(&Encoding::Truth, &program).unwrap(), program)
        })
        .collect();
    let mut known = Known::default();
    for (relation, program) in relations.iter().chain(relations.iter().rev()) {
        let word = by_take(&Encoding::Truth, relation, &inputs, &mut known);
        assert_eq!(word, Some(by_program(&Encoding::Truth, program, &inputs)), "{relation:?} {fields:?}");
    }
}
