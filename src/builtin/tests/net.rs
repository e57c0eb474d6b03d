use super::*;

#[test]
fn parts_of_a_url() {
    let of = |name| property(name, &Type::Url, value(&Type::Url, "HTTPS://API.Example.com/a/../b?q=1"));
    for (name, shown) in [
        ("scheme", "https"),
        ("host", "api.example.com"),
        ("port", "443"),
        ("origin", "https://api.example.com"),
        ("path_text", "/b"),
        ("query", "q=1"),
        ("is_private", "false"),
    ] {
        assert_eq!(of(name), shown, "{name}");
    }
    assert_eq!(property("port", &Type::Url, value(&Type::Url, "redis://h.example")), "-");
}

#[test]
fn private_by_url_host_and_address() {
    assert_eq!(property("is_private", &Type::Url, value(&Type::Url, "http://0x7f.1/")), "true");
    assert_eq!(property("is_private", &Type::Host, value(&Type::Host, "a.internal")), "true");
    assert_eq!(property("is_private", &Type::Ip, value(&Type::Ip, "169.254.169.254")), "true");
    assert_eq!(property("is_private", &Type::Ip, value(&Type::Ip, "8.8.8.8")), "false");
    assert_eq!(property("ip", &Type::Host, value(&Type::Host, "[::1]")), "::1");
    assert_eq!(property("ip", &Type::Host, value(&Type::Host, "a.example")), "-");
}

#[test]
fn under_a_host() {
    let host = |text| value(&Type::Host, text);
    let under = |a, b| truth(Form::Relation, "under", &Type::Host, &[host(a), host(b)]);
    assert!(under("a.example.com", "example.com"));
    assert!(!under("aexample.com", "example.com"));
}
