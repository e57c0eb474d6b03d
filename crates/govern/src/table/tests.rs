//! Keys, their bound and their shares.

use super::*;
use crate::schema::Period;

const OK: Settlement = Settlement { success: true, cost: None };

fn table(family: Family, most_keys: u32, host_keyed: bool) -> Table {
    Table::new(FamilySchema { name: "shop.limit".into(), family, most_keys, host_keyed }, [1, 2])
}

fn key(n: u64) -> Key {
    Key::of([n.to_string().as_str()])
}

fn at(at: i64) -> Moment {
    Moment::at(at)
}

#[test]
fn a_new_key_at_the_bound_is_refused_and_kept_ones_go_on() {
    let mut table = table(Family::Rate { window: 100 }, 2, true);
    let reserve = |table: &mut Table, n, now| table.reserve(&key(n), "a", ReservationId(n), at(now), &Take::Nothing);
    assert_eq!(reserve(&mut table, 1, 0), Ok(()));
    assert_eq!(reserve(&mut table, 2, 50), Ok(()));
    assert_eq!(reserve(&mut table, 3, 60), Err(KeyBound::Keys { most: 2 }));
    assert_eq!(table.admits(&key(3), "a", at(60)), Err(KeyBound::Keys { most: 2 }));
    assert_eq!(table.admits(&key(1), "a", at(60)), Ok(()));
    assert_eq!(table.len(), 2);
    // While its reservation is open, a key keeps its place.
    assert_eq!(reserve(&mut table, 3, 1_000), Err(KeyBound::Keys { most: 2 }));
    table.settle(&key(1), ReservationId(1), at(1_000), OK);
    assert_eq!(reserve(&mut table, 3, 1_000), Ok(()));
    table.release(&key(2), ReservationId(2), at(1_001));
    assert_eq!(table.len(), 1);
}

#[test]
fn an_agent_has_an_eighth_of_the_keys() {
    let mut table = table(Family::Once { keep: 100 }, 16, false);
    let reserve = |table: &mut Table, n, agent: &str, now| {
        table.reserve(&key(n), agent, ReservationId(n), at(now), &Take::Nothing)
    };
    assert_eq!(reserve(&mut table, 1, "a", 0), Ok(()));
    assert_eq!(reserve(&mut table, 2, "a", 0), Ok(()));
    assert_eq!(reserve(&mut table, 3, "a", 0), Err(KeyBound::Share { most: 2 }));
    assert_eq!(reserve(&mut table, 3, "b", 0), Ok(()));
    // A key that somebody brought takes no share of others who use it.
    assert_eq!(reserve(&mut table, 3, "a", 0), Ok(()));
    table.settle(&key(1), ReservationId(1), at(10), OK);
    assert_eq!(reserve(&mut table, 4, "a", 109), Err(KeyBound::Share { most: 2 }));
    assert_eq!(reserve(&mut table, 4, "a", 110), Ok(()));
}

#[test]
fn when_keys_are_dropped_cannot_be_seen() {
    let run = |collect: bool| {
        let mut table = table(Family::Budget { most: 10, period: Period::Sliding(128) }, 64, false);
        for n in 0..200_u64 {
            let now = at(i64::try_from(n).unwrap() * 40);
            let key = key(n % 7);
            if collect {
                table.collect(now);
            }
            table.reserve(&key, "a", ReservationId(n), now, &Take::Amount(3)).unwrap();
            table.settle(&key, ReservationId(n), now, Settlement { success: true, cost: Some((n % 20) as i64) });
        }
        let now = at(200 * 40);
        (serde_json::to_string(&table.to_write(now)).unwrap(), table.kept(now), table)
    };
    let (text, kept, mut table) = run(false);
    assert_eq!((&text, &kept), (&run(true).0, &run(true).1));
    let read: Vec<KeptKey> = serde_json::from_str(&text).unwrap();
    assert_eq!(read, kept);
    table.collect(at(200 * 40));
    assert_eq!(Table::restore(table.schema().clone(), [3, 4], read), table);
    assert_eq!(table.collect(at(i64::MAX / 8)), kept.len());
    assert!(table.is_empty() && table.shares.is_empty());
}

#[test]
fn plans_to_look_are_bounded() {
    let mut table = table(Family::Grant { longest: None, again: true }, 64, true);
    for n in 0..10_000_i64 {
        let give = |_: &Family, register: &mut Register| {
            if let Register::Grant(grant) = register {
                grant.give(None, true, n, Some(n + 1_000_000), vec![]).unwrap();
            }
        };
        table.change(&key(1), "a", at(n), give).unwrap();
        let revoke = |_: &Family, register: &mut Register| {
            if let Register::Grant(grant) = register {
                grant.revoke(true, n);
            }
        };
        table.change(&key(1), "a", at(n), revoke).unwrap();
    }
    assert!(table.is_empty());
    assert!(table.looks.len() < 100);
}
