//! The hosts that a command's arguments name.

use super::args::{Arg, Valued, valued};
use super::paths::{self, Network};
use super::{Word, unknown_word, wrappers};
use crate::value::net;

/// The host of `[user@]host:path`.
pub(super) fn remote_host(text: &str) -> Option<&str> {
    let (host, _) = text.split_once(':')?;
    let host = host.rsplit('@').next().unwrap_or(host);
    (!host.is_empty() && !host.contains('/') && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)))
        .then_some(host)
}

/// The host of an address with or without a scheme.
fn address_host(text: &str) -> Option<&str> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = if host.starts_with('[') { host.split_inclusive(']').next()? } else { host.split(':').next()? };
    (!host.is_empty()).then_some(host)
}

/// The hosts among the arguments.
pub(super) fn hosts(name: &str, args: &[Arg]) -> Vec<Word> {
    let mut out: Vec<Word> = Vec::new();
    let mut add = |host: Word| {
        let host = host.and_then(|h| net::read_host(&h));
        if !out.contains(&host) {
            out.push(host);
        }
    };
    let network = paths::NETWORK.iter().find(|(program, ..)| *program == name);
    for arg in args {
        match arg.known() {
            Some(text) if text.contains("://") => {
                for piece in text.split(['=', ' ', ',']).filter(|p| p.contains("://")) {
                    add(address_host(piece).map(Into::into).ok_or_else(|| unknown_word("an address has no host")));
                }
            }
            Some(_) => {}
            None if network.is_some() => add(arg.word.clone()),
            None => {}
        }
    }
    let Some((_, kind, own)) = network else { return out };
    let usage = paths::usage(name);
    let mut table: Vec<&'static str> = own.to_vec();
    if let Some(usage) = usage {
        table.extend(usage.valued.iter().chain(usage.reads).chain(usage.writes));
    }
    if let Some(wrapper) = wrappers::wrapper(name) {
        table.extend(wrapper.valued);
    }
    let mut at = 0;
    let mut first = true;
    while let Some(arg) = args.get(at) {
        at += 1;
        let Some(text) = arg.known() else { continue };
        if text.starts_with('-') && text.len() > 1 {
            match valued(text, paths::CURL_HOSTS) {
                Valued::Next(_) if name == "curl" => {
                    if let Some(value) = args.get(at).and_then(Arg::known) {
                        address_host(value).into_iter().for_each(|h| add(Ok(h.into())));
                    }
                    at += 1;
                    continue;
                }
                Valued::Here(_, value) if name == "curl" => {
                    address_host(value).into_iter().for_each(|h| add(Ok(h.into())))
                }
                Valued::Next(_) | Valued::Here(..) | Valued::No => {}
            }
            if let Valued::Next(option) = valued(text, &table) {
                if name == "ssh" && matches!(option, "-J" | "-W") {
                    if let Some(value) = args.get(at).and_then(Arg::known) {
                        value.split(',').filter_map(address_host).for_each(|h| add(Ok(h.into())));
                    }
                }
                at += 1;
            }
            continue;
        }
        match kind {
            Network::None => {}
            Network::Addresses => {
                address_host(text.trim_start_matches(['@', '+'])).into_iter().for_each(|h| add(Ok(h.into())))
            }
            Network::First if first => {
                address_host(text).into_iter().for_each(|h| add(Ok(h.into())));
                first = false;
            }
            Network::First => {}
            Network::Remote if !text.contains("://") => remote_host(text).into_iter().for_each(|h| add(Ok(h.into()))),
            Network::Remote => {}
            Network::Socat => {
                let mut pieces = text.split(':');
                let protocol = pieces.next().unwrap_or_default().to_uppercase();
                if ["TCP", "UDP", "SSL", "OPENSSL", "SOCKS", "PROXY", "SCTP"].iter().any(|p| protocol.starts_with(p)) {
                    pieces.next().filter(|h| !h.is_empty()).into_iter().for_each(|h| add(Ok(h.into())));
                }
            }
        }
    }
    out
}
