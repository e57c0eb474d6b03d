//! `url`, `host`, `ip`, `cidr` and `ref`.
//!
//! Addresses are read as browsers and HTTP clients read them: `http://0x7f.1/` is 127.0.0.1. A host is kept
//! in lower case and as Unicode, so that what a person reads is what is compared; two hosts that only look
//! alike stay different. A URL with a user name in it is refused: it is where a host hides.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use url::{Host, Url};

use super::glob::Glob;
use super::{Fault, FaultKind};

/// Greatest length of a URL in bytes.
pub const GREATEST_URL: usize = 65_536;
/// Greatest length of a host name in its wire form.
const GREATEST_HOST: usize = 253;
/// Greatest length of a label in its wire form.
const GREATEST_LABEL: usize = 63;

/// A parsed and normalised URL. It always has a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlValue {
    text: Arc<str>,
    scheme: Arc<str>,
    host: Arc<str>,
    port: Option<u16>,
    origin: Arc<str>,
    path: Arc<str>,
    query: Arc<str>,
}

impl UrlValue {
    /// Reads and normalises a URL.
    pub fn read(text: &str) -> Result<Self, Fault> {
        if text.len() > GREATEST_URL {
            return Err(Fault::new(FaultKind::TooLong, "a url has at most 65536 bytes"));
        }
        // The parser drops these silently, and other readers do not.
        if text.chars().any(|c| c.is_control() || c == ' ') {
            return Err(ill("a url holds no spaces and no control characters"));
        }
        let url = Url::parse(text).map_err(|_| ill("not a url"))?;
        if !url.username().is_empty() || url.password().is_some() || has_at(text) {
            return Err(ill("a url with a user name or password in it"));
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| ill("the url has no host"))?;
        let host = read_host(host)?;
        let scheme = url.scheme();
        let known = url.port_or_known_default().or_else(|| known_port(scheme));
        let shown = known.filter(|port| Some(*port) != known_port(scheme)).map(|port| format!(":{port}"));
        let origin = format!("{scheme}://{host}{}", shown.unwrap_or_default());
        let tail = &url[url::Position::BeforePath..];
        Ok(Self {
            text: format!("{origin}{tail}").into(),
            scheme: scheme.into(),
            host,
            port: known,
            origin: origin.into(),
            path: url.path().into(),
            query: url.query().unwrap_or("").into(),
        })
    }

    /// The whole, normalised.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// `https`
    #[must_use]
    pub fn scheme(&self) -> &Arc<str> {
        &self.scheme
    }

    /// Its host.
    #[must_use]
    pub fn host(&self) -> &Arc<str> {
        &self.host
    }

    /// Its port, the usual one of the scheme where none is written.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// `https://example.com:8443`, the port only where it is not the usual one.
    #[must_use]
    pub fn origin(&self) -> &Arc<str> {
        &self.origin
    }

    /// Its path as text, percent-encoded as it goes over the wire.
    #[must_use]
    pub fn path(&self) -> &Arc<str> {
        &self.path
    }

    /// What follows `?`; empty where nothing does.
    #[must_use]
    pub fn query(&self) -> &Arc<str> {
        &self.query
    }
}

fn ill(detail: &str) -> Fault {
    Fault::new(FaultKind::IllTyped, detail)
}

/// Whether an `@` stands before the path: an empty user name leaves no trace in the parsed form.
fn has_at(text: &str) -> bool {
    let rest = text.split_once(':').map_or(text, |(_, rest)| rest);
    let rest = rest.trim_start_matches(['/', '\\']);
    rest.split(['/', '\\', '?', '#']).next().is_some_and(|authority| authority.contains('@'))
}

/// Ports that the parser does not know but everybody else does.
fn known_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        "ftp" => Some(21),
        "ssh" | "git+ssh" | "sftp" => Some(22),
        "git" => Some(9418),
        _ => None,
    }
}

/// Reads a host: a name, an IPv4 address in any form, an IPv6 address with or without brackets.
///
/// Names come out in lower case, as Unicode, without a dot at the end; an IPv6 address in brackets; an
/// IPv4 address written as IPv6 as the IPv4 address that it is.
pub fn read_host(text: &str) -> Result<Arc<str>, Fault> {
    if let Ok(v6) = text.parse::<Ipv6Addr>() {
        return Ok(show_ip_host(v6.into()));
    }
    if text.len() > 4 * GREATEST_HOST {
        return Err(Fault::new(FaultKind::TooLong, "a host has at most 253 characters"));
    }
    match Host::parse(text).map_err(|_| ill("not a host"))? {
        Host::Ipv4(v4) => Ok(show_ip_host(v4.into())),
        Host::Ipv6(v6) => Ok(show_ip_host(v6.into())),
        Host::Domain(wire) => {
            let wire = wire.strip_suffix('.').unwrap_or(&wire);
            if wire.len() > GREATEST_HOST {
                return Err(Fault::new(FaultKind::TooLong, "a host has at most 253 characters"));
            }
            let good = |label: &str| {
                (1..=GREATEST_LABEL).contains(&label.len())
                    // On a command line it would be an option.
                    && !label.starts_with('-')
                    && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            };
            if !wire.split('.').all(good) {
                return Err(ill("a label of the host is empty, too long or holds a character that names do not"));
            }
            Ok(unicode(wire).into())
        }
    }
}

/// The Unicode form of a name that was parsed before.
fn unicode(wire: &str) -> String {
    let shown = url::quirks::domain_to_unicode(wire);
    if shown.is_empty() { wire.to_string() } else { shown }
}

/// The form of a normalised host that goes over the wire (`xn--…`), where it is another one.
#[must_use]
pub fn wire(host: &str) -> Option<String> {
    if host.is_ascii() {
        return None;
    }
    Host::parse(host).ok().map(|host| host.to_string())
}

fn show_ip_host(ip: IpAddr) -> Arc<str> {
    match ip.to_canonical() {
        IpAddr::V4(v4) => v4.to_string().into(),
        IpAddr::V6(v6) => format!("[{v6}]").into(),
    }
}

/// The address that a normalised host is, if it is one.
#[must_use]
pub fn host_ip(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(v6) => v6.parse().map(IpAddr::V6).ok(),
        None => host.parse().map(IpAddr::V4).ok(),
    }
}

/// Whether a normalised host is `outer` or a name under it, by labels. An address is under nothing but itself.
#[must_use]
pub fn host_under(host: &str, outer: &str) -> bool {
    if host == outer {
        return true;
    }
    let is_name = host_ip(host).is_none() && host_ip(outer).is_none();
    is_name && host.strip_suffix(outer).is_some_and(|head| head.ends_with('.'))
}

/// Whether a normalised host is, or by its name must be, inside somebody's network.
#[must_use]
pub fn is_private_host(host: &str) -> bool {
    match host_ip(host) {
        Some(ip) => is_private_ip(ip),
        // A name without a dot is looked up in the network's own domain.
        None => {
            const INNER: [&str; 9] =
                ["localhost", "local", "internal", "localdomain", "intranet", "lan", "home", "corp", "home.arpa"];
            !host.contains('.') || INNER.iter().any(|outer| host_under(host, outer))
        }
    }
}

/// Whether an address is not one of the public internet: loopback, private, link-local (metadata services
/// among them), shared (CGNAT), unspecified, reserved, multicast, or such an IPv4 address inside an IPv6 one.
#[must_use]
pub fn is_private_ip(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(v4) => is_private_v4(v4),
        IpAddr::V6(v6) => is_private_v6(v6),
    }
}

fn is_private_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || ip.is_broadcast()
        || ip.is_multicast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 198 && (18..20).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        // The metadata address of a large cloud that lies outside of the link-local block.
        || ip == Ipv4Addr::new(168, 63, 129, 16)
}

fn is_private_v6(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_private_v4(Ipv4Addr::new(a, b, c, d))
    };
    let starts = |prefix: &[u16]| s.starts_with(prefix);
    let by_block = (s[0] & 0xfe00) == 0xfc00 // unique local
        || (s[0] & 0xff80) == 0xfe80 // link-local and site-local
        || (s[0] & 0xff00) == 0xff00 // multicast
        || starts(&[0x2001, 0xdb8]) // documentation
        || starts(&[0x64, 0xff9b, 1]) // translation inside a network
        || starts(&[0x100, 0, 0, 0]); // discarded
    // IPv4-compatible addresses take `::` and `::1` with them: 0.0.0.0/8 is private.
    let by_content = (starts(&[0; 6]) && embedded(s[6], s[7]))
        || (starts(&[0x64, 0xff9b, 0, 0, 0, 0]) && embedded(s[6], s[7]))
        || (s[0] == 0x2002 && embedded(s[1], s[2]))
        // Teredo keeps the address of its client inverted.
        || (starts(&[0x2001, 0]) && embedded(!s[6], !s[7]));
    by_block || by_content
}

/// Reads an address; an IPv4 address written as IPv6 is the IPv4 address.
pub fn read_ip(text: &str) -> Result<IpAddr, Fault> {
    text.parse::<IpAddr>().map(|ip| ip.to_canonical()).map_err(|_| ill("not an ip address"))
}

/// Reads `10.0.0.0/8`; bits beyond the prefix must be zero.
pub fn read_cidr(text: &str) -> Result<ipnet::IpNet, Fault> {
    let net: ipnet::IpNet = text.parse().map_err(|_| ill("not an address with a prefix such as `10.0.0.0/8`"))?;
    if net.trunc() != net {
        return Err(ill("bits beyond the prefix are set; write the first address of the net"));
    }
    let ipnet::IpNet::V6(v6) = net else { return Ok(net) };
    match (v6.addr().to_ipv4_mapped(), v6.prefix_len().checked_sub(96)) {
        (Some(v4), Some(prefix)) => {
            ipnet::Ipv4Net::new(v4, prefix).map(Into::into).map_err(|_| ill("not an address with a prefix"))
        }
        _ => Ok(net),
    }
}

/// Whether an address lies in a net. An IPv4 address never lies in an IPv6 net.
#[must_use]
pub fn in_cidr(ip: IpAddr, net: &ipnet::IpNet) -> bool {
    net.contains(&ip.to_canonical())
}

/// Reads a branch or other ref and drops what only says where a branch is kept: `refs/heads/`, `heads/`,
/// `refs/remotes/<remote>/`, `remotes/<remote>/`, `origin/`, once.
///
/// What still begins so afterwards would be another name the next time it is read: a fault, like all that
/// git refuses as a name, and like `HEAD`, which is whatever is checked out.
pub fn read_ref(text: &str) -> Result<Arc<str>, Fault> {
    const GREATEST: usize = 1_024;
    if text.len() > GREATEST {
        return Err(Fault::new(FaultKind::TooLong, "a ref has at most 1024 bytes"));
    }
    let name = without_place(text);
    if without_place(name) != name {
        return Err(ill("a ref inside a ref, such as `refs/heads/refs/heads/main`"));
    }
    if !is_ref_name(name) {
        return Err(ill("not a name that git allows for a ref"));
    }
    if name == "HEAD" || name == "@" || name.ends_with("/HEAD") {
        return Err(ill("`HEAD` is whatever is checked out; name the branch"));
    }
    Ok(name.into())
}

fn without_place(name: &str) -> &str {
    for (prefix, has_remote) in
        [("refs/heads/", false), ("heads/", false), ("refs/remotes/", true), ("remotes/", true), ("origin/", false)]
    {
        if let Some(rest) = name.strip_prefix(prefix) {
            let after_remote = rest.split_once('/').map_or(name, |(_, branch)| branch);
            return if has_remote { after_remote } else { rest };
        }
    }
    name
}

/// Names as git allows them, without those that are options or refspecs on a command line.
fn is_ref_name(name: &str) -> bool {
    let bad = |c: char| c.is_control() || matches!(c, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\');
    let good = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    !name.contains(bad)
        && !name.contains("..")
        && !name.contains("@{")
        && !name.ends_with('.')
        && !name.starts_with(['-', '+'])
        && name.split('/').all(good)
}

/// A glob on hosts: `*` and `?` within a label, `**` for one label or more.
#[derive(Clone, Debug)]
pub struct HostGlob {
    /// `None` is `**`.
    labels: Vec<Option<Glob>>,
    source: String,
}

impl HostGlob {
    /// Compiles a glob, or says what is wrong with it.
    pub fn new(source: &str) -> Result<Self, String> {
        if source.is_empty() || source.split('.').any(str::is_empty) {
            return Err("A host glob has labels with dots between them, such as `*.example.com`.".into());
        }
        if source.contains(['/', ':', '@', ' ', '\\']) || source.chars().any(char::is_control) {
            return Err("A host glob has only a host's labels: no scheme, port or path.".into());
        }
        let mut labels = Vec::new();
        let mut normal = Vec::new();
        for label in source.split('.') {
            if label == "**" {
                labels.push(None);
                normal.push(label.to_string());
                continue;
            }
            if label.contains("**") {
                return Err("`**` stands for whole labels: write `**.example.com`.".into());
            }
            let shown = normal_label(label)?;
            labels.push(Some(Glob::new(&shown)));
            normal.push(shown);
        }
        Ok(Self { labels, source: normal.join(".") })
    }

    /// The glob as it is compared: lower case, Unicode.
    #[must_use]
    pub fn normal(&self) -> &str {
        &self.source
    }

    /// Whether a normalised host matches.
    #[must_use]
    pub fn is_match(&self, host: &str) -> bool {
        let labels: Vec<&str> = host.split('.').collect();
        let (mut at, mut token) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        while let Some(label) = labels.get(at) {
            match self.labels.get(token) {
                // It takes this label in any case, and more when something after it fails.
                Some(None) => {
                    at += 1;
                    token += 1;
                    retry = Some((at, token));
                }
                Some(Some(glob)) if glob.is_match(label) => {
                    at += 1;
                    token += 1;
                }
                Some(Some(_)) | None => {
                    let Some((from, after)) = retry else { return false };
                    at = from + 1;
                    token = after;
                    retry = Some((at, after));
                }
            }
        }
        token == self.labels.len()
    }
}

/// A label of a glob as it is in a normalised host.
fn normal_label(label: &str) -> Result<String, String> {
    if label.contains(['*', '?']) {
        return Ok(label.to_lowercase());
    }
    // A label of digits alone would be read as an address; before a name it is a label.
    let host = read_host(&format!("{label}.test")).map_err(|_| format!("`{label}` is no label of a host."))?;
    Ok(host.strip_suffix(".test").unwrap_or(&host).to_string())
}

#[cfg(test)]
#[path = "tests/net.rs"]
mod tests;
