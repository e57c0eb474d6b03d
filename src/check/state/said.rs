//! The canonical form of all that is kept, for the identity of a policy.

use std::fmt::Write as _;

use super::super::canonical::{principals, scope, text};
use super::super::typed::state::{Amount, SeenEvent, StateBody, StateDefs, StateItem, TrustDef, WindowWhat};
use super::super::typed::{TExpr, TypedPolicy};

/// What is kept, as text that does not depend on files or order.
pub(in crate::check) fn state_text(policy: &TypedPolicy) -> String {
    let StateDefs { items, trust, flags, footprints: _, runtime } = &policy.state;
    let mut out = super::super::runtime::runtime_text(runtime);
    for item in items {
        item_text(item, &mut out);
    }
    if let Some(trust) = trust {
        let TrustDef {
            name,
            range,
            start,
            success,
            failure,
            streak,
            most_gain,
            freeze_after_failures,
            freeze_after_critical,
            frozen_gains_nothing,
            decay,
            levels,
            facts,
            span: _,
        } = trust;
        let _ = writeln!(out, "trust {name} {range:?} {start} {success:?} {failure:?} {streak:?} {most_gain:?}");
        let _ = writeln!(
            out,
            "  {freeze_after_failures:?} {freeze_after_critical:?} {frozen_gains_nothing} {decay:?} {levels:?} {facts:?}"
        );
    }
    for (flag, rules) in policy.flags.iter().zip(flags) {
        let by = rules.changed_by.as_ref().map(principals);
        let _ = writeln!(out, "flag {} by {by:?} scoped {:?} {:?}", flag.name, rules.scoped_by, rules.merge);
    }
    out
}

fn item_text(item: &StateItem, out: &mut String) {
    let StateItem { name, package: _, scope: on, when, keys, most_keys, host_keyed, body, readings, doc, span: _ } =
        item;
    let _ = writeln!(out, "state {name} doc {doc:?} on {}", scope(on));
    let _ = writeln!(out, "  when {:?} keys {:?} {most_keys} {host_keyed}", maybe(when.as_ref()), all(keys));
    let _ = writeln!(out, "  readings {readings:?}");
    let _ = match body {
        StateBody::Limit(limit) => {
            let most = match &limit.most {
                Amount::Const(n) => n.to_string(),
                Amount::Flag { flag, keys, most } => format!("flag {} {:?} {most}", flag.0, all(keys)),
            };
            writeln!(out, "  limit {most} {:?} {:?}", limit.window, limit.warn)
        }
        StateBody::Cooldown(cooldown) => {
            let spans: Vec<String> = cooldown.spans.iter().map(|(on, span)| format!("{} {span}", scope(on))).collect();
            writeln!(out, "  cooldown {spans:?} {}", cooldown.across)
        }
        StateBody::Budget(b) => writeln!(
            out,
            "  budget {} {:?} {} {} {:?} {:?}",
            text(&b.spend),
            b.ceiling,
            b.most,
            b.decimal,
            b.period,
            b.warn
        ),
        StateBody::Window(window) => {
            let values: Vec<String> = window
                .values
                .iter()
                .map(|value| {
                    let what = match &value.what {
                        WindowWhat::Count => "count".to_owned(),
                        WindowWhat::LongestRun => "run".to_owned(),
                        WindowWhat::LongestEqual(of) => format!("equal {}", text(of)),
                        WindowWhat::Percent => "percent".to_owned(),
                        WindowWhat::Sum(of) => format!("sum {}", text(of)),
                    };
                    format!("{} {what} {:?} {:?}", value.name, value.outcome, maybe(value.when.as_ref()))
                })
                .collect();
            writeln!(out, "  window {} {:?} {values:?}", window.outcomes, window.kept)
        }
        StateBody::Once(once) => writeln!(out, "  once {once:?}"),
        StateBody::Lease(lease) => {
            writeln!(out, "  lease {} {:?}", lease.length, lease.released_by.as_ref().map(scope))
        }
        StateBody::States(s) => writeln!(out, "  states {} {} {} {:?}", s.ty.0, s.start, text(&s.to), s.allowed),
        StateBody::Grant(grant) => {
            let fields = super::super::canonical::fields(&grant.fields);
            let by = grant.changed_by.as_ref().map(principals);
            writeln!(out, "  grant {:?}{fields} {:?} {} {by:?}", grant.key_types, grant.longest, grant.again)
        }
        StateBody::Seen(seen) => {
            let relative = seen.relative.as_ref().map(|(place, event)| format!("{place:?} {}", event_text(event)));
            writeln!(
                out,
                "  seen {} {} {:?} {relative:?} {:?}",
                seen.counts,
                event_text(&seen.event),
                seen.within,
                seen.of
            )
        }
    };
}

fn event_text(event: &SeenEvent) -> String {
    format!("{} {:?} {}", scope(&event.scope), maybe(event.when.as_ref()), event.succeeded)
}

fn maybe(expr: Option<&TExpr>) -> Option<String> {
    expr.map(text)
}

fn all(exprs: &[TExpr]) -> Vec<String> {
    exprs.iter().map(text).collect()
}
