//! Every family found, and ordinary text left alone. Tokens are put together here, so none stands in the code.

use super::families::{Alphabet, FAMILIES, Family, Piece, Shape};
use super::{MAX_BYTES, families, mask, scan, scan_all};

/// So many characters of an alphabet, no two neighbours alike.
fn fill(alphabet: Alphabet, count: usize) -> String {
    let letters: Vec<char> =
        (33_u8..127).filter(|b| alphabet.holds(*b) && (b.is_ascii_alphanumeric())).map(char::from).collect();
    (0..count).map(|i| letters[(i * 7 + 3) % letters.len()]).collect()
}

/// A token with its last run `short` characters shorter than the least, or with a wrong one in it.
fn build(family: &Family, anchor: &str, short: usize, wrong: bool) -> Option<String> {
    let cut = |n: usize, last: bool| if last { n - short } else { n };
    Some(match family.shape {
        Shape::Token { before, after } => {
            let mut out = before.map_or(String::new(), |(a, n)| fill(a, n));
            out.push_str(anchor);
            let last = after.iter().rposition(|p| matches!(p, Piece::Some(..)))?;
            for (i, piece) in after.iter().enumerate() {
                match piece {
                    Piece::Text(text) => out.push_str(text),
                    Piece::Some(alphabet, least, _) => {
                        let run = fill(*alphabet, cut(*least, i == last));
                        let half = run.len() / 2;
                        if wrong && i == last {
                            out.push_str(&run[..half]);
                            out.push('!');
                            out.push_str(&run[half + 1..]);
                        } else {
                            out.push_str(&run);
                        }
                    }
                }
            }
            out
        }
        Shape::Named(alphabet, least, _) => {
            let mut run = fill(alphabet, cut(least, true));
            if wrong {
                run.replace_range(5..6, "!");
            }
            format!("{anchor} = \"{run}\"")
        }
        Shape::Password | Shape::Secret | Shape::PrivateKey | Shape::Credentials => return None,
    })
}

fn kinds(text: &str) -> Vec<&'static str> {
    scan(text).names().collect()
}

fn encode64(text: &str) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for group in text.as_bytes().chunks(3) {
        let byte = |i: usize| group.get(i).map_or(0, |b| u32::from(*b));
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..=group.len() {
            out.push(char::from(alphabet[(word >> (18 - 6 * i) & 63) as usize]));
        }
    }
    out
}

fn percent(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}

fn unicode_escapes(text: &str) -> String {
    text.bytes().map(|b| format!("\\u{b:04x}")).collect()
}

#[test]
fn there_are_many_families_each_with_a_name_of_its_own() {
    assert!(families().len() >= 60, "{}", families().len());
    for (i, family) in families().iter().enumerate() {
        assert!(
            family.kind.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
            "{}",
            family.kind
        );
        assert!(!FAMILIES[..i].iter().any(|f| f.kind == family.kind), "{} is there twice", family.kind);
        assert!(!family.about.is_empty() && !family.anchors.is_empty());
    }
}

#[test]
fn every_family_is_found_plain_and_encoded() {
    for family in families() {
        for anchor in family.anchors {
            let Some(token) = build(family, anchor, 0, false) else { continue };
            for text in [
                token.clone(),
                format!("before {token} after"),
                format!("x = '{token}';\n"),
                format!("\u{15b}\u{17c}{}{token}\u{1f600}", " "),
                format!("{{\"k\": \"a\\n{token}\"}}"),
                encode64(&format!("a {token} b")),
                format!("data {} end", encode64(&token)),
                percent(&token),
                unicode_escapes(&token),
            ] {
                assert!(
                    kinds(&text).contains(&family.kind),
                    "{} {anchor}: {text} gave {:?}",
                    family.kind,
                    kinds(&text)
                );
            }
        }
    }
}

#[test]
fn too_short_and_wrong_letters_are_not_found() {
    for family in families() {
        for anchor in family.anchors {
            for (short, wrong) in [(1, false), (0, true)] {
                let Some(token) = build(family, anchor, short, wrong) else { continue };
                // `sk-proj-…`, cut short, may still be a good `sk-…`.
                if family.anchors.iter().any(|a| a != anchor && anchor.starts_with(a)) {
                    continue;
                }
                assert!(!kinds(&token).contains(&family.kind), "{} {anchor}: {token}", family.kind);
            }
        }
    }
}

#[test]
fn words_that_merely_hold_an_anchor_are_not_found() {
    for family in families() {
        for anchor in family.anchors {
            if matches!(family.shape, Shape::Token { before: None, .. })
                && anchor.starts_with(|c: char| c.is_ascii_alphanumeric())
            {
                let Some(token) = build(family, anchor, 0, false) else { continue };
                let joined = format!("q{token}");
                assert!(
                    !scan(&joined)
                        .spans()
                        .iter()
                        .any(|(s, f)| s.start == 1 && FAMILIES[*f as usize].kind == family.kind),
                    "{joined}"
                );
            }
        }
    }
}

#[test]
fn private_keys_of_every_kind() {
    for label in ["", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED ", "ANY "] {
        let header = format!("-----BEGIN {label}PRIVATE {}-----", "KEY");
        assert_eq!(kinds(&header), ["private_key"]);
        let block = format!("a\n{header}\n{}\n-----END {label}PRIVATE {}-----\nb", fill(Alphabet::Base64, 200), "KEY");
        assert_eq!(mask(&block), "a\n[private_key]\nb");
        assert_eq!(kinds(&block.replace('\n', "\\n")), ["private_key"]);
    }
    assert_eq!(kinds(&format!("-----BEGIN PGP PRIVATE {} BLOCK-----", "KEY")), ["private_key"]);
    assert!(kinds("-----BEGIN PUBLIC KEY-----").is_empty());
    assert!(kinds("-----BEGIN CERTIFICATE-----").is_empty());
}

#[test]
fn the_cases_that_were_asked_for() {
    assert_eq!(kinds(&format!("AKIA{}", "A".repeat(16))), ["aws_access_key"]);
    assert_eq!(kinds(&format!("API_KEY={}", "abcdefghijklmnopqrstuvwx")), ["assigned_secret"]);
    assert_eq!(kinds(&format!("-----BEGIN OPENSSH PRIVATE {}-----", "KEY")), ["private_key"]);
    assert_eq!(kinds(&format!("sk_live_{}", "a".repeat(24))), ["stripe_key"]);
}

#[test]
fn assignments() {
    let lot = fill(Alphabet::Alnum, 24);
    for name in [
        "api_key",
        "API_KEY",
        "apiKey",
        "APIKEY",
        "x-api-key",
        "secret",
        "client_secret",
        "SECRET_TOKEN",
        "access_token",
        "auth.token",
        "credential",
    ] {
        for form in [
            format!("{name}={lot}"),
            format!("{name}: {lot}"),
            format!("\"{name}\": \"{lot}\""),
            format!("{name} := '{lot}'"),
            format!("export {name}=\"{lot}\""),
            format!("{name} => '{lot}'"),
        ] {
            assert_eq!(kinds(&form), ["assigned_secret"], "{form}");
        }
    }
    for text in [
        format!("password={}", "hunter2hunter"),
        format!("PASSWORD: {}", "'S3cure!pass'"),
        format!("\"db_password\": \"{}\"", "k9#mQ2vL"),
    ] {
        assert_eq!(kinds(&text), ["assigned_password"], "{text}");
    }
    for text in [
        "password=short1",
        "password: changeme123",
        "password = getpass()",
        "password=$DB_PASSWORD1",
        "password: ${{ secrets.PW1 }}",
        "password=<your-password-1>",
        "secret=abc",
        "token = self.get_token_from_request",
        "token: internationalization",
        "tokenizer_path = bert-base-uncased-2021-v2",
        "token_url = https://a.example/oauth2/token/v2/x",
        "max_tokens=1234567890123456",
        "secret_name: prod-db-credentials-2024",
        "api_key = os.environ['API_KEY_2']",
        "token=***************************",
        "let token = parse_token(input1234567890);",
        "api_key_id: abcdefghij1234567890",
        "const token: Option<String> = None",
        "secretariat: abcdefghijklmnop12345",
    ] {
        assert!(kinds(text).is_empty(), "{text}: {:?}", kinds(text));
    }
}

#[test]
fn addresses_with_passwords() {
    let pw = ["h8", "Kq", "2x"].concat();
    for scheme in ["postgres", "mysql", "mongodb+srv", "redis", "amqp", "https", "ftp"] {
        let text = format!("{scheme}://admin:{pw}@db.example:5432/x");
        assert_eq!(kinds(&text), ["url_credentials"], "{text}");
        assert_eq!(mask(&text), format!("{scheme}://admin:[url_credentials]@db.example:5432/x"));
    }
    for text in [
        "https://example.com/a@b",
        "https://user@example.com/",
        "postgres://user:password@host/db",
        "postgres://u:${PW}@h/d",
        "http://a.example:8080/x@y",
        "see a://b",
    ] {
        assert!(kinds(text).is_empty(), "{text}: {:?}", kinds(text));
    }
}

#[test]
fn ordinary_text_is_left_alone() {
    for text in include_str!("clean.txt").split("\n----\n") {
        let found = scan(text);
        let shown: Vec<_> = found.spans().iter().map(|(s, f)| (&text[s.clone()], FAMILIES[*f as usize].kind)).collect();
        assert!(found.is_empty(), "{shown:?}");
    }
    // A picture in base64: bytes drawn by lot.
    let mut state = 7_u64;
    let noise: Vec<u8> = (0..60_000)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        })
        .collect();
    let picture: String = noise
        .iter()
        .map(|b| char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[usize::from(*b & 63)]))
        .collect();
    assert!(scan(&format!("data:image/png;base64,{picture}")).is_empty(), "{:?}", kinds(&picture));
}

#[test]
fn masking_keeps_the_rest() {
    let token = build(&FAMILIES[3], FAMILIES[3].anchors[0], 0, false).expect("a token");
    assert_eq!(mask(&format!("żółw {token} ł {token}")), "żółw [github_token] ł [github_token]");
    assert_eq!(mask("nothing here"), "nothing here");
    assert_eq!(mask(&format!("a%20{}", percent(&token))), "a%20[github_token]");
}

#[test]
fn special_kinds_win_over_general_ones() {
    let token = build(&FAMILIES[3], FAMILIES[3].anchors[0], 0, false).expect("a token");
    assert_eq!(kinds(&format!("token={token}")), ["github_token"]);
    let claude = format!("sk-ant-{}", fill(Alphabet::Url, 60));
    assert_eq!(kinds(&claude), ["anthropic_key"]);
}

#[test]
fn more_than_the_limit_is_a_fault() {
    let half = "a ".repeat(MAX_BYTES / 4);
    assert!(scan_all([half.as_str(), half.as_str()]).is_ok());
    assert!(scan_all([half.as_str(), half.as_str(), "x"]).is_err());
    let token = build(&FAMILIES[3], FAMILIES[3].anchors[0], 0, false).expect("a token");
    let found = scan_all(["clean", token.as_str()]).expect("short");
    assert_eq!(found.names().collect::<Vec<_>>(), ["github_token"]);
}

#[test]
fn hostile_text_is_quick_and_never_panics() {
    for piece in [
        "eyJ",
        "eyJaaaaaaaaaaaa.",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY-----",
        "://",
        "a://b:",
        "password=",
        "secret:",
        "sk-",
        "1//0",
        "%41",
        "\\u0041",
        "\\",
        "%",
        "=",
        "ż",
        "\u{1f600}",
        ".",
        ":AA",
        "-us",
        "AKIA",
        "token=\"",
        "A",
        "ops_eyJ",
        "a.b",
    ] {
        let text = piece.repeat(MAX_BYTES / 4 / piece.len());
        let start = std::time::Instant::now();
        let _ = mask(&text);
        assert!(start.elapsed() < std::time::Duration::from_secs(2), "{piece}: {:?}", start.elapsed());
    }
}

#[test]
fn clean_text_is_scanned_fast() {
    let text = include_str!("clean.txt").repeat(40);
    let text = &text[..text.len().min(200_000)];
    let start = std::time::Instant::now();
    let rounds = if cfg!(debug_assertions) { 2 } else { 200 };
    for _ in 0..rounds {
        assert!(scan(text).is_empty());
    }
    let rate = (rounds * text.len()) as f64 / start.elapsed().as_secs_f64() / 1e6;
    println!("{rate:.0} MB/s");
    assert!(cfg!(debug_assertions) || rate > 50.0, "{rate:.0} MB/s");
}

#[test]
fn the_manual_lists_every_family() {
    let page = include_str!("../../../../docs/src/reference/secrets.md");
    for family in families() {
        assert!(page.contains(&format!("| `{}` | {} |", family.kind, family.about)), "{}", family.kind);
    }
}
