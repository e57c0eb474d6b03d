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

/// Hosts found so far, each once.
#[derive(Default)]
struct Found(Vec<Word>);

impl Found {
    fn add(&mut self, host: Word) {
        let host = host.and_then(|h| net::read_host(&h));
        if !self.0.contains(&host) {
            self.0.push(host);
        }
    }

    fn known(&mut self, host: Option<&str>) {
        if let Some(host) = host {
            self.add(Ok(host.into()));
        }
    }

    /// What looks like a URL, in any argument of any program.
    fn urls(&mut self, args: &[Arg], network: bool) {
        for arg in args {
            match arg.known() {
                Some(text) if text.contains("://") => {
                    for piece in text.split(['=', ' ', ',']).filter(|p| p.contains("://")) {
                        self.add(
                            address_host(piece).map(Into::into).ok_or_else(|| unknown_word("an address has no host")),
                        );
                    }
                }
                None if network => self.add(arg.word.clone()),
                Some(_) | None => {}
            }
        }
    }

    /// An option of a program that speaks to the network; gives back how many words it takes.
    fn option(&mut self, name: &str, text: &str, next: Option<&str>, table: &[&'static str]) -> usize {
        if name == "curl" {
            match valued(text, paths::CURL_HOSTS) {
                Valued::Next(_) => {
                    self.known(next.and_then(address_host));
                    return 2;
                }
                Valued::Here(_, value) => self.known(address_host(value)),
                Valued::No => {}
            }
        }
        match valued(text, table) {
            Valued::Next(option) => {
                if name == "ssh" && matches!(option, "-J" | "-W") {
                    next.into_iter().flat_map(|n| n.split(',')).for_each(|h| self.known(address_host(h)));
                }
                2
            }
            Valued::Here(option, value) => {
                if name == "ssh" && matches!(option, "-J" | "-W") {
                    value.split(',').for_each(|h| self.known(address_host(h)));
                }
                1
            }
            Valued::No => 1,
        }
    }

    fn operand(&mut self, kind: Network, text: &str, first: bool) {
        match kind {
            Network::Addresses => self.known(address_host(text.trim_start_matches(['@', '+']))),
            Network::First if first => self.known(address_host(text)),
            Network::Remote if !text.contains("://") => self.known(remote_host(text)),
            Network::None | Network::First | Network::Remote => {}
            Network::Socat => {
                let mut pieces = text.split(':');
                let protocol = pieces.next().unwrap_or_default().to_uppercase();
                if ["TCP", "UDP", "SSL", "OPENSSL", "SOCKS", "PROXY", "SCTP"].iter().any(|p| protocol.starts_with(p)) {
                    self.known(pieces.next().filter(|h| !h.is_empty()));
                }
            }
        }
    }
}

/// The hosts among the arguments.
pub(super) fn hosts(name: &str, args: &[Arg]) -> Vec<Word> {
    let network = paths::NETWORK.iter().find(|(program, ..)| *program == name);
    let mut found = Found::default();
    found.urls(args, network.is_some());
    let Some((_, kind, own)) = network else { return found.0 };
    let mut table: Vec<&'static str> = own.to_vec();
    if let Some(usage) = paths::usage(name) {
        table.extend(usage.valued.iter().chain(usage.reads).chain(usage.writes));
    }
    if let Some(wrapper) = wrappers::wrapper(name) {
        table.extend(wrapper.valued);
    }
    let (mut at, mut first) = (0, true);
    while let Some(arg) = args.get(at) {
        let next = args.get(at + 1).and_then(Arg::known);
        match arg.known() {
            Some(text) if text.starts_with('-') && text.len() > 1 => at += found.option(name, text, next, &table),
            Some(text) => {
                found.operand(*kind, text, first);
                first = false;
                at += 1;
            }
            None => at += 1,
        }
    }
    found.0
}
