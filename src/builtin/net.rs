//! `url`, `host`, `ip`: the parts of an address and where it leads.

use super::{Builtin, Called, Kind, Simple, misused, yes_no};
use crate::value::{Fault, UrlValue, Value, net};

const URL: &[Kind] = &[Kind::Is(Simple::Url)];
const HOST: Kind = Kind::Is(Simple::Host);
const STRING: Kind = Kind::Is(Simple::String);
const BOOL: Kind = Kind::Is(Simple::Bool);

pub(super) const ROWS: &[Builtin] = &[
    Builtin::property(
        "scheme",
        URL,
        STRING,
        "The scheme, in lower case.",
        "const u: url = \"HTTPS://a.example\"\nu.scheme == \"https\"",
        |_, a| of(a, |u| Some(Value::Str(u.scheme().clone()))),
    ),
    Builtin::property(
        "host",
        URL,
        HOST,
        "The host, in lower case and as Unicode.",
        "const u: url = \"https://A.example/x\"\nu.host == \"a.example\"",
        |_, a| of(a, |u| Some(Value::Host(u.host().clone()))),
    ),
    Builtin::property(
        "port",
        URL,
        Kind::OptionalOf(Simple::Int),
        "The port, also where the scheme implies it; absent where neither says one.",
        "const u: url = \"https://a.example\"\n(u.port ?? 0) == 443",
        |_, a| of(a, |u| u.port().map(|port| Value::Int(port.into()))),
    )
    .within(0, 65_535),
    Builtin::property(
        "origin",
        URL,
        STRING,
        "Scheme, host and port, the port only where the scheme does not imply it.",
        "const u: url = \"https://A.example:443/x\"\nu.origin == \"https://a.example\"",
        |_, a| of(a, |u| Some(Value::Str(u.origin().clone()))),
    ),
    Builtin::property(
        "path_text",
        URL,
        STRING,
        "The path as it goes over the wire.",
        "const u: url = \"https://a.example/x/../y%20z\"\nu.path_text == \"/y%20z\"",
        |_, a| of(a, |u| Some(Value::Str(u.path().clone()))),
    ),
    Builtin::property(
        "query",
        URL,
        STRING,
        "What follows the `?`; empty where nothing does.",
        "const u: url = \"https://a.example/?q=1\"\nu.query == \"q=1\"",
        |_, a| of(a, |u| Some(Value::Str(u.query().clone()))),
    ),
    is_private(URL, "const u: url = \"http://169.254.169.254/latest\"\nu.is_private"),
    is_private(&[HOST], "const h: host = \"db.internal\"\nh.is_private"),
    is_private(&[Kind::Is(Simple::Ip)], "const a: ip = \"100.64.0.1\"\na.is_private"),
    Builtin::property(
        "ip",
        &[HOST],
        Kind::OptionalOf(Simple::Ip),
        "The address that the host is, if it is no name.",
        "const h: host = \"0x7f.1\"\nhas h.ip and h.ip == \"127.0.0.1\"",
        |_, a| match a {
            [Value::Host(host)] => Ok(net::host_ip(host).map(Value::Ip)),
            _ => Err(misused()),
        },
    ),
    Builtin::relation(
        "under",
        &[HOST, HOST],
        "Whether the left host is the right one or a name under it, by labels.",
        "const h: host = \"api.example.com\"\nh under \"example.com\"",
        |_, a| match a {
            [inner, outer] => yes_no(lies_under(inner, outer)?),
            _ => Err(misused()),
        },
    ),
];

const fn is_private(parameters: &'static [Kind], example: &'static str) -> Builtin {
    let doc = "Whether it is not on the public internet: loopback, private, link-local, shared and metadata addresses, and names that only lead to such.";
    Builtin::property("is_private", parameters, BOOL, doc, example, |_, a| match a {
        [Value::Url(url)] => yes_no(net::is_private_host(url.host())),
        [Value::Host(host)] => yes_no(net::is_private_host(host)),
        [Value::Ip(ip)] => yes_no(net::is_private_ip(*ip)),
        _ => Err(misused()),
    })
}

fn of(arguments: &[Value], answer: impl Fn(&UrlValue) -> Option<Value>) -> Called {
    match arguments {
        [Value::Url(url)] => Ok(answer(url)),
        _ => Err(misused()),
    }
}

fn lies_under(inner: &Value, outer: &Value) -> Result<bool, Fault> {
    match (inner, outer) {
        (Value::Host(inner), Value::Host(outer)) => Ok(net::host_under(inner, outer)),
        (Value::Unknown(fault), _) | (_, Value::Unknown(fault)) => Err(fault.clone()),
        (_, _) => Err(misused()),
    }
}
