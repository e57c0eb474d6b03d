use proptest::prelude::*;

use super::*;

fn url(text: &str) -> UrlValue {
    UrlValue::read(text).unwrap_or_else(|fault| panic!("{text:?}: {fault:?}"))
}

fn host(text: &str) -> Arc<str> {
    read_host(text).unwrap_or_else(|fault| panic!("{text:?}: {fault:?}"))
}

#[test]
fn urls_are_normalised() {
    let u = url("HTTPS://API.Example.COM:443/a/../b%20c?q=1#frag");
    assert_eq!(u.text(), "https://api.example.com/b%20c?q=1#frag");
    assert_eq!((&**u.scheme(), &**u.host(), u.port()), ("https", "api.example.com", Some(443)));
    assert_eq!((&**u.origin(), &**u.path(), &**u.query()), ("https://api.example.com", "/b%20c", "q=1"));
    assert_eq!(&**url("https://example.com:8443").origin(), "https://example.com:8443");
    assert_eq!(url("https://example.com").text(), "https://example.com/");
    assert_eq!(url("http:\\\\example.com\\x").text(), "http://example.com/x");
    assert_eq!(url("ssh://GitHub.com/x").port(), Some(22));
    assert_eq!(&**url("git+ssh://GITHUB.com:22/x").origin(), "git+ssh://github.com");
    assert_eq!(url("redis://cache.example:1/").port(), Some(1));
    assert_eq!(url("redis://cache.example/").port(), None);
}

#[test]
fn hosts_hide_nowhere() {
    assert_eq!(&**url("http://0x7f.1/").host(), "127.0.0.1");
    assert_eq!(&**url("http://2130706433/").host(), "127.0.0.1");
    assert_eq!(&**url("http://017700000001/").host(), "127.0.0.1");
    assert_eq!(&**url("http://[::ffff:127.0.0.1]/").host(), "127.0.0.1");
    assert_eq!(&**url("http://ex%61mple.com/").host(), "example.com");
    assert_eq!(&**url("http://example.com./").host(), "example.com");
    assert_eq!(&**url("http://example\u{3002}com/").host(), "example.com", "an ideographic full stop");
    assert_eq!(&**url("http://\u{ff45}xample.com/").host(), "example.com", "a full-width letter");
    for text in [
        "http://user@h/",
        "http://user:pw@h/",
        "http://@h/",
        "http://:@h/",
        "http:\\\\user@h",
        "http://example.com@evil.example/",
        "ssh://git@github.com/x",
        "https:evil@h/",
        "file:///etc/passwd",
        "data:text/plain,x",
        "mailto:a@b.example",
        "javascript:alert(1)",
        "example.com",
        "//example.com/",
        "http://",
        "http:// example.com/",
        "http://exa\tmple.com/",
        "http://a..b/",
        "http://a_b.!.c/",
        "http://example.com:99999/",
        "http://1.2.3.4.5/",
        "http://256.0.0.1/",
        "",
    ] {
        assert_eq!(UrlValue::read(text).expect_err(text).kind, FaultKind::IllTyped, "{text:?}");
    }
    let long = format!("http://h.example/{}", "a".repeat(GREATEST_URL));
    assert_eq!(UrlValue::read(&long).expect_err("long").kind, FaultKind::TooLong);
    assert!(UrlValue::read("http://h.example/@user").is_ok(), "an `@` in the path is no user");
}

#[test]
fn hosts_are_compared_as_they_read() {
    assert_eq!(&*host("B\u{fc}cher.Example"), "b\u{fc}cher.example");
    assert_eq!(&*host("xn--bcher-kva.example"), "b\u{fc}cher.example");
    assert_ne!(host("\u{430}pple.com"), host("apple.com"), "a Cyrillic letter stays one");
    assert_eq!(&*host("xn--pple-43d.com"), "\u{430}pple.com");
    assert_eq!(&*host("::1"), "[::1]");
    assert_eq!(&*host("[::1]"), "[::1]");
    assert_eq!(&*host("a_b.example"), "a_b.example");
    for text in [
        "",
        ".",
        "..",
        "a..b",
        "a b",
        "a/b",
        "a:80",
        "*",
        "*.example.com",
        "a@b",
        "[::1",
        "a\0",
        "xn--a",
        "-oProxy",
        "a.-b",
    ] {
        assert!(read_host(text).is_err(), "{text:?}");
    }
    assert!(read_host(&"a".repeat(64)).is_err());
    assert!(read_host(&"a.".repeat(200)).is_err());
    assert!(read_host(&"a.".repeat(100_000)).is_err());
}

#[test]
fn private_hosts_and_addresses() {
    for text in [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.127.255.255",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "168.63.129.16",
        "::1",
        "::",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "localhost",
        "a.localhost",
        "x.internal",
        "metadata.google.internal",
        "printer.local",
        "db",
        "LOCALHOST.",
        "0x7f.1",
        "2130706433",
    ] {
        assert!(is_private_host(&host(text)), "{text}");
    }
    for text in [
        "8.8.8.8",
        "172.32.0.1",
        "100.128.0.1",
        "2606:4700::1111",
        "example.com",
        "localhost.example.com",
        "notlocal.example",
        "10.example",
    ] {
        assert!(!is_private_host(&host(text)), "{text}");
    }
}

#[test]
fn under_compares_labels() {
    assert!(host_under("a.example.com", "example.com"));
    assert!(host_under("example.com", "example.com"));
    assert!(!host_under("badexample.com", "example.com"));
    assert!(!host_under("example.com.evil.org", "example.com"));
    assert!(!host_under("10.0.0.1", "0.0.1"));
}

#[test]
fn host_globs_match_labels() {
    for (glob, text, answer) in [
        ("*.example.com", "a.example.com", true),
        ("*.example.com", "example.com", false),
        ("*.example.com", "a.b.example.com", false),
        ("**.example.com", "a.b.example.com", true),
        ("**.example.com", "a.example.com", true),
        ("**.example.com", "example.com", false),
        ("**.example.com", "example.com.example.com", true),
        ("api-*.example.com", "api-1.example.com", true),
        ("API.Example.com", "api.example.com", true),
        ("B\u{dc}CHER.example", "b\u{fc}cher.example", true),
        ("xn--bcher-kva.example", "b\u{fc}cher.example", true),
        ("10.*.*.*", "10.1.2.3", true),
        ("a.**", "a.b.c", true),
        ("a.**", "a", false),
        ("**", "a", true),
        ("a.**.b.**", "a.x.b.b.y", true),
        ("a.**.b.**", "a.b.b", false),
    ] {
        let glob = HostGlob::new(glob).unwrap_or_else(|message| panic!("{message}"));
        assert_eq!(glob.is_match(text), answer, "{} on {text}", glob.normal());
    }
    for source in ["", ".", "a..b", ".example.com", "https://example.com", "a:80", "**a.com", "a b"] {
        assert!(HostGlob::new(source).is_err(), "{source:?}");
    }
}

#[test]
fn refs_lose_only_where_they_are_kept() {
    for (given, name) in [
        ("main", "main"),
        ("refs/heads/main", "main"),
        ("heads/release/1.4", "release/1.4"),
        ("refs/remotes/upstream/main", "main"),
        ("remotes/origin/feature/x", "feature/x"),
        ("origin/main", "main"),
        ("refs/tags/v1", "refs/tags/v1"),
        ("upstream/main", "upstream/main"),
        ("c++", "c++"),
        ("headsup", "headsup"),
        ("refs/remotes/x", "refs/remotes/x"),
        ("za\u{17c}\u{f3}\u{142}\u{107}", "za\u{17c}\u{f3}\u{142}\u{107}"),
    ] {
        assert_eq!(read_ref(given).as_deref(), Ok(name), "{given}");
    }
    for text in [
        "",
        "/",
        "a/",
        "/a",
        "a//b",
        "HEAD",
        "@",
        "refs/heads/HEAD",
        "origin/HEAD",
        "a b",
        "a~1",
        "a^",
        "a:b",
        "a?",
        "a*",
        "a[",
        "a\\b",
        "a..b",
        "a@{1}",
        "a.",
        ".a",
        "a/.b",
        "a.lock",
        "-f",
        "+main",
        "a\0",
        "a\n",
        "refs/heads/",
        "origin/",
        "refs/heads/refs/heads/main",
        "origin/origin/main",
        "refs/heads/origin/main",
        "refs/remotes/",
    ] {
        assert!(read_ref(text).is_err(), "{text:?}");
    }
}

#[test]
fn addresses_and_nets() {
    assert_eq!(read_ip("::ffff:1.2.3.4"), read_ip("1.2.3.4"));
    assert_eq!(read_cidr("::ffff:10.0.0.0/104"), read_cidr("10.0.0.0/8"));
    for text in ["", "1.2.3", "1.2.3.4.5", "01.2.3.4", "0x7f.1", "1.2.3.4/8", "[::1]", "fe80::1%eth0"] {
        assert!(read_ip(text).is_err(), "{text:?}");
    }
    for text in ["", "10.0.0.0", "10.0.0.1/8", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10/8"] {
        assert!(read_cidr(text).is_err(), "{text:?}");
    }
    let net = read_cidr("10.0.0.0/8").expect("a net");
    assert!(in_cidr(read_ip("::ffff:10.1.1.1").expect("an ip"), &net));
}

proptest! {
    #[test]
    fn a_net_holds_what_shares_its_bits(net in any::<u32>(), ip in any::<u32>(), near in any::<bool>(), prefix in 0_u8..=32) {
        let mask = u32::MAX.checked_shl(u32::from(32 - prefix)).unwrap_or(0);
        let ip = if near { (net & mask) | (ip & !mask) } else { ip };
        let cidr = read_cidr(&format!("{}/{prefix}", Ipv4Addr::from(net & mask))).expect("a net");
        prop_assert_eq!(in_cidr(Ipv4Addr::from(ip).into(), &cidr), ip & mask == net & mask);
    }

    #[test]
    fn reading_a_url_twice_is_reading_it_once(text in r"(https?|ftp|ssh|x)://[a-zA-Z0-9.é%x:\[\]-]{0,20}(/[a-zé%20 ./\\]{0,10})?(\?[a-z=&]{0,6})?") {
        if let Ok(once) = UrlValue::read(&text) {
            prop_assert_eq!(UrlValue::read(once.text()), Ok(once));
        }
    }

    #[test]
    fn reading_a_host_or_ref_twice_is_reading_it_once(text in r"[a-zA-Z0-9._éß-]{0,20}|(refs/|heads/|origin/|remotes/|x/|main){0,5}|\PC{0,10}") {
        if let Ok(once) = read_host(&text) {
            prop_assert_eq!(read_host(&once), Ok(once));
        }
        if let Ok(once) = read_ref(&text) {
            prop_assert_eq!(read_ref(&once), Ok(once));
        }
    }
}
