//! Pictures: well formed, nothing on top of anything, folded where too large.

use super::layout::layout;
use super::{Costs, MOST_NODES, Picture, dot, mermaid, picture, svg, svg_by_cost};
use crate::check::typed::{ActionId, TypedPolicy};
use crate::decision::Tier;
use crate::graph::key::fingerprint;
use crate::graph::tests::{MERGE, always, branch, field, policy, rule, small_policy};
use crate::graph::{DecisionGraph, Node, build, build_part};
use crate::types::Type;

fn whole(policy: &TypedPolicy) -> Picture {
    picture(&build(policy))
}

fn action(policy: &TypedPolicy, id: ActionId) -> Picture {
    picture(&DecisionGraph { policy, parts: vec![build_part(policy, id)] })
}

fn overlaps(picture: &Picture) -> Vec<(usize, usize)> {
    let placed = layout(picture);
    let mut found = Vec::new();
    for (i, a) in placed.spots.iter().enumerate() {
        for (j, b) in placed.spots.iter().enumerate().skip(i + 1) {
            let apart = a.x + a.width <= b.x
                || b.x + b.width <= a.x
                || a.y + a.height <= b.y + 0.01
                || b.y + b.height <= a.y + 0.01;
            if !apart {
                found.push((i, j));
            }
        }
    }
    found
}

#[test]
fn no_box_covers_another() {
    let policy = small_policy();
    assert_eq!(overlaps(&action(&policy, MERGE)), []);
    assert_eq!(overlaps(&whole(&policy)), []);
}

#[test]
fn a_heading_stands_on_its_box() {
    let rules = (0..40).map(|n| rule(&format!("demo.p{}.r{n:02}", n % 3), vec![branch(always(), Tier::Yellow)]));
    for policy in [small_policy(), policy(rules.collect(), Tier::Red)] {
        let placed = layout(&whole(&policy));
        let headings = placed.spots.iter().filter(|s| s.heading.is_some());
        let lonely: Vec<_> = headings
            .filter(|h| {
                let below = placed.spots.iter().filter(|s| s.x == h.x && s.y > h.y).map(|s| s.y);
                below.fold(f64::INFINITY, f64::min) > h.y + h.height + 10.0
            })
            .collect();
        assert!(lonely.is_empty(), "{lonely:?}");
    }
}

#[test]
fn lines_run_from_left_to_right() {
    let picture = action(&small_policy(), MERGE);
    assert!(picture.lines.iter().all(|l| picture.boxes[l.from].column < picture.boxes[l.to].column));
    assert!(picture.lines.iter().any(|l| l.dashed));
    assert!(picture.lines.iter().any(|l| l.tier == Some(Tier::Red)));
}

#[test]
fn text_of_authors_is_escaped() {
    let mut made = small_policy();
    made.settings.package = "<a> & \"b\"\u{1}".into();
    let picture = whole(&made);
    let text = svg::write(&picture);
    assert!(text.contains("&lt;a&gt; &amp; &quot;b&quot;\u{fffd}"), "{text}");
    assert!(dot::write(&picture).contains("<a> & \\\"b\\\"\u{fffd}"));
    assert!(mermaid::write(&picture).contains("#60;a#62; #38; #34;b#34;"));
}

#[test]
fn tags_are_closed() {
    let text = svg::write(&action(&small_policy(), MERGE));
    for tag in ["svg", "g", "text", "title"] {
        let opened = text.matches(&format!("<{tag}>")).count() + text.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, text.matches(&format!("</{tag}>")).count(), "{tag}");
    }
    assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
}

#[test]
fn costs_colour_questions_and_items() {
    let policy = small_policy();
    let part = build_part(&policy, MERGE);
    let atoms: Vec<_> = part.dag.node_weights().filter(|n| matches!(n, Node::Atom(..))).collect();
    let Some(Node::Atom(first, _)) = atoms.first() else { panic!("it asks something") };
    let mut costs = Costs::default();
    costs.items.insert(part.rows[0].item, 40.0);
    costs.slots.insert(fingerprint(first), 10.0);
    let graph = DecisionGraph { policy: &policy, parts: vec![part] };
    let text = svg_by_cost(&graph, &costs);
    assert!(text.contains("40.0 ns, 100 %") && text.contains("10.0 ns, 25 %"), "{text}");
    // The dearest has the strongest colour, a quarter of it a paler one; both are in the legend or in a box.
    assert!(text.contains("fill=\"#f07d20\" stroke=") && text.contains("fill=\"#fbdbbe\" stroke="), "{text}");
    assert!(text.contains("cost: 0 ns"));
    assert!(!svg::write(&picture(&graph)).contains("cost: 0 ns"), "without costs there are no colours of them");
    assert!(!svg_by_cost(&build(&policy), &costs).contains("cost: 0 ns"), "a whole policy has none");
}

#[test]
fn a_large_policy_is_folded() {
    let rules = (0..500).map(|n| rule(&format!("demo.p{}.r{n:03}", n % 7), vec![branch(always(), Tier::Yellow)]));
    let large = policy(rules.collect(), Tier::Red);
    let picture = whole(&large);
    assert!(picture.boxes.len() < MOST_NODES, "{}", picture.boxes.len());
    assert!(picture.subtitle.contains("500 items"));
}

#[test]
fn a_policy_without_items_is_a_picture_too() {
    let empty = policy(vec![], Tier::Red);
    assert!(svg::write(&whole(&empty)).contains("where no rule matches"));
    assert!(svg::write(&action(&empty, MERGE)).contains("action git.merge"));
}

#[test]
fn long_conditions_are_broken_and_cut() {
    let long = field(&"very_long_name_".repeat(40), Type::Bool);
    let made = policy(vec![rule("demo.long", vec![branch(long, Tier::Red)])], Tier::Red);
    let picture = action(&made, MERGE);
    assert!(picture.boxes.iter().all(|b| b.text.len() <= 7 && b.text.iter().all(|l| l.chars().count() <= 48)));
    assert_eq!(overlaps(&picture), []);
}

#[test]
fn the_diagrams_of_a_small_policy() {
    let picture = action(&small_policy(), MERGE);
    insta::assert_snapshot!("dot", dot::write(&picture));
    insta::assert_snapshot!("mermaid", mermaid::write(&picture));
}
