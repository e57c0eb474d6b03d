//! Data: the families of tokens, from what their vendors publish about them.

/// The characters of a piece of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// `0-9`
    Digits,
    /// `0-9a-f`
    Hex,
    /// `0-9a-fA-F`
    AnyHex,
    /// `0-9a-z`
    Lower,
    /// `0-9A-Z`
    Upper,
    /// `0-9A-Za-z`
    Alnum,
    /// `0-9A-Za-z+/=`
    Base64,
    /// `0-9A-Za-z_-`
    Url,
    /// `0-9A-Za-z_-` and dots
    Dotted,
    /// `0-9A-Za-z_.~-`, `+/=` and other marks of passwords and signatures
    Printable,
}

/// A piece of a token after its anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Between so many and so many characters.
    Some(Alphabet, usize, usize),
    /// This text.
    Text(&'static str),
}

/// How a token is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// One of the anchors, what may stand before it, and the pieces after it.
    Token {
        /// What belongs to the token before its anchor.
        before: Option<(Alphabet, usize)>,
        /// What follows the anchor.
        after: &'static [Piece],
    },
    /// A name that holds the anchor, in any case, is given a value: `datadog_api_key = "…"`.
    Named(Alphabet, usize, usize),
    /// A password: a name that holds the anchor is given a value that looks chosen.
    Password,
    /// A secret: a name that holds the anchor is given a value that looks drawn by lot.
    Secret,
    /// `-----BEGIN … PRIVATE KEY-----`
    PrivateKey,
    /// `scheme://user:password@host`
    Credentials,
}

/// A family of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    /// The variant of `SecretKind`.
    pub kind: &'static str,
    /// What it is, for people.
    pub about: &'static str,
    /// Texts that a token of this family holds; the scan looks for these first.
    pub(super) anchors: &'static [&'static str],
    pub(super) shape: Shape,
}

use Alphabet::{Alnum, AnyHex, Base64, Digits, Dotted, Hex, Lower, Printable, Upper, Url};
use Piece::{Some as Run, Text};

/// No end is published.
const MANY: usize = 2048;

const fn token(
    kind: &'static str,
    about: &'static str,
    anchors: &'static [&'static str],
    after: &'static [Piece],
) -> Family {
    Family { kind, about, anchors, shape: Shape::Token { before: None, after } }
}

const fn named(
    kind: &'static str,
    about: &'static str,
    anchors: &'static [&'static str],
    alphabet: Alphabet,
    least: usize,
    most: usize,
) -> Family {
    Family { kind, about, anchors, shape: Shape::Named(alphabet, least, most) }
}

/// Every family. The order is that of the variants of `SecretKind`: new ones go to the end.
#[rustfmt::skip]
pub(super) const FAMILIES: &[Family] = &[
    token("aws_access_key", "AWS access key id", &["AKIA", "ASIA", "ABIA", "ACCA"], &[Run(Upper, 16, 16)]),
    named("aws_secret_key", "AWS secret access key", &["aws_secret_access_key", "aws_secret_key", "secretaccesskey", "aws-secret-access-key"], Base64, 40, 40),
    token("aws_bedrock_key", "Amazon Bedrock API key", &["ABSK"], &[Run(Base64, 109, 269)]),
    token("github_token", "GitHub token", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], &[Run(Alnum, 36, 255)]),
    token("github_fine_grained_token", "GitHub fine-grained token", &["github_pat_"], &[Run(Alnum, 22, 22), Text("_"), Run(Alnum, 59, 59)]),
    token("gitlab_token", "GitLab token", &["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-", "gloas-", "glsoat-"], &[Run(Dotted, 20, 300)]),
    token("slack_token", "Slack token", &["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxo-", "xoxe-", "xoxe.xoxp-", "xoxe.xoxb-", "xapp-"], &[Run(Url, 10, 400)]),
    token("slack_webhook", "Slack webhook", &["hooks.slack.com/services/", "hooks.slack.com/workflows/"], &[Text("T"), Run(Alnum, 6, 14), Text("/"), Run(Alnum, 6, 14), Text("/"), Run(Alnum, 16, 64)]),
    token("stripe_key", "Stripe key", &["sk_live_", "sk_test_", "rk_live_", "rk_test_", "sk_prod_", "rk_prod_"], &[Run(Alnum, 16, 247)]),
    token("stripe_webhook_secret", "Stripe webhook secret", &["whsec_"], &[Run(Base64, 32, 128)]),
    token("google_api_key", "Google API key", &["AIza"], &[Run(Url, 35, 35)]),
    token("google_oauth_secret", "Google OAuth client secret", &["GOCSPX-"], &[Run(Url, 28, 28)]),
    token("google_oauth_token", "Google OAuth token", &["ya29."], &[Run(Url, 20, MANY)]),
    token("google_refresh_token", "Google refresh token", &["1//0"], &[Run(Url, 40, 256)]),
    token("gcp_service_account", "key of a Google service account", &["\"private_key_id\"", "\\\"private_key_id\\\""], &[]),
    token("openai_key", "OpenAI key", &["sk-proj-", "sk-svcacct-", "sk-admin-", "sk-None-", "sk-"], &[Run(Url, 40, 300)]),
    token("anthropic_key", "Anthropic key", &["sk-ant-"], &[Run(Url, 32, 300)]),
    token("openrouter_key", "OpenRouter key", &["sk-or-v1-"], &[Run(Hex, 64, 64)]),
    token("groq_key", "Groq key", &["gsk_"], &[Run(Alnum, 48, 64)]),
    token("xai_key", "xAI key", &["xai-"], &[Run(Alnum, 80, 80)]),
    token("perplexity_key", "Perplexity key", &["pplx-"], &[Run(Alnum, 48, 64)]),
    token("replicate_token", "Replicate token", &["r8_"], &[Run(Alnum, 37, 40)]),
    token("hugging_face_token", "Hugging Face token", &["hf_", "api_org_"], &[Run(Alnum, 34, 40)]),
    token("npm_token", "npm token", &["npm_"], &[Run(Alnum, 36, 36)]),
    token("pypi_token", "PyPI token", &["pypi-AgEIcHlwaS5vcmc", "pypi-AgENdGVzdC5weXBpLm9yZw"], &[Run(Url, 50, MANY)]),
    token("rubygems_key", "RubyGems key", &["rubygems_"], &[Run(Hex, 48, 48)]),
    token("crates_io_token", "crates.io token", &["cio"], &[Run(Alnum, 32, 32)]),
    token("nuget_key", "NuGet key", &["oy2"], &[Run(Lower, 43, 43)]),
    token("clojars_token", "Clojars token", &["CLOJARS_"], &[Run(Lower, 60, 60)]),
    token("docker_token", "Docker token", &["dckr_pat_", "dckr_oat_"], &[Run(Url, 27, 40)]),
    token("digitalocean_token", "DigitalOcean token", &["dop_v1_", "doo_v1_", "dor_v1_"], &[Run(Hex, 64, 64)]),
    token("shopify_token", "Shopify token", &["shpat_", "shpca_", "shppa_", "shpss_"], &[Run(AnyHex, 32, 32)]),
    token("square_token", "Square token", &["sq0atp-", "sq0csp-", "sq0idp-", "EAAA"], &[Run(Url, 22, 60)]),
    token("twilio_key", "Twilio key or account", &["SK", "AC"], &[Run(Hex, 32, 32)]),
    token("sendgrid_key", "SendGrid key", &["SG."], &[Run(Url, 22, 22), Text("."), Run(Url, 43, 43)]),
    token("mailgun_key", "Mailgun key", &["key-"], &[Run(Hex, 32, 32)]),
    Family { kind: "mailchimp_key", about: "Mailchimp key", anchors: &["-us"], shape: Shape::Token { before: Some((Hex, 32)), after: &[Run(Digits, 1, 2)] } },
    token("brevo_key", "Brevo key", &["xkeysib-"], &[Run(Hex, 64, 64), Text("-"), Run(Alnum, 16, 16)]),
    token("resend_key", "Resend key", &["re_"], &[Run(Alnum, 8, 8), Text("_"), Run(Alnum, 24, 24)]),
    token("postmark_token", "Postmark token", &["X-Postmark-Server-Token: ", "X-Postmark-Account-Token: "], &[Run(Url, 36, 36)]),
    Family { kind: "telegram_bot_token", about: "Telegram bot token", anchors: &[":AA"], shape: Shape::Token { before: Some((Digits, 8)), after: &[Run(Url, 33, 33)] } },
    Family { kind: "discord_token", about: "Discord bot token", anchors: &["."], shape: Shape::Token { before: Some((Url, 24)), after: &[Run(Url, 6, 7), Text("."), Run(Url, 27, 40)] } },
    token("discord_webhook", "Discord webhook", &["discord.com/api/webhooks/", "discordapp.com/api/webhooks/"], &[Run(Digits, 17, 20), Text("/"), Run(Url, 60, 80)]),
    named("heroku_key", "Heroku key", &["heroku"], Url, 36, 36),
    token("heroku_token", "Heroku token", &["HRKU-"], &[Run(Url, 30, 70)]),
    token("databricks_token", "Databricks token", &["dapi"], &[Run(Hex, 32, 32)]),
    token("linear_key", "Linear key", &["lin_api_", "lin_oauth_"], &[Run(Alnum, 40, 64)]),
    token("notion_token", "Notion token", &["ntn_", "secret_"], &[Run(Alnum, 43, 50)]),
    token("postman_key", "Postman key", &["PMAK-"], &[Run(Hex, 24, 24), Text("-"), Run(Hex, 34, 34)]),
    token("new_relic_key", "New Relic key", &["NRAK-", "NRJS-", "NRII-", "NRIQ-", "NRRA-", "NRSP-"], &[Run(Url, 19, 42)]),
    token("sentry_token", "Sentry token", &["sntrys_", "sntryu_"], &[Run(Base64, 40, MANY)]),
    token("grafana_token", "Grafana token", &["glsa_", "glc_"], &[Run(Base64, 32, 400)]),
    token("vault_token", "HashiCorp Vault token", &["hvs.", "hvb.", "hvr."], &[Run(Url, 24, 300)]),
    Family { kind: "terraform_token", about: "Terraform Cloud token", anchors: &[".atlasv1."], shape: Shape::Token { before: Some((Alnum, 14)), after: &[Run(Url, 60, 70)] } },
    token("pulumi_token", "Pulumi token", &["pul-"], &[Run(Hex, 40, 40)]),
    token("fly_token", "Fly.io token", &["fo1_", "fm1_", "fm2_", "FlyV1 fm2_"], &[Run(Base64, 40, MANY)]),
    named("cloudflare_token", "Cloudflare token", &["cloudflare", "cf_api_token", "cf_api_key"], Url, 37, 40),
    token("cloudflare_ca_key", "Cloudflare origin CA key", &["v1.0-"], &[Run(Hex, 24, 24), Text("-"), Run(Hex, 146, 146)]),
    token("azure_storage_key", "Azure storage key", &["AccountKey="], &[Run(Base64, 86, 88)]),
    token("azure_sas_signature", "Azure shared access signature", &["&sig=", "?sig="], &[Run(Printable, 43, 80)]),
    Family { kind: "azure_client_secret", about: "Azure client secret", anchors: &["8Q~", "7Q~"], shape: Shape::Token { before: Some((Alnum, 3)), after: &[Run(Printable, 31, 34)] } },
    token("azure_devops_token", "Azure DevOps token", &["AZDO"], &[Run(Alnum, 20, 80)]),
    named("datadog_key", "Datadog key", &["datadog", "dd_api_key", "dd_app_key", "dd-api-key"], Hex, 32, 40),
    token("private_key_putty", "PuTTY private key", &["PuTTY-User-Key-File-"], &[Run(Digits, 1, 1), Text(": ")]),
    Family { kind: "private_key", about: "private key", anchors: &["-----BEGIN "], shape: Shape::PrivateKey },
    token("jwt", "JSON web token", &["eyJ"], &[Run(Url, 10, MANY), Text(".eyJ"), Run(Url, 4, MANY), Text("."), Run(Url, 10, MANY)]),
    token("age_key", "age secret key", &["AGE-SECRET-KEY-1"], &[Run(Upper, 58, 58)]),
    token("one_password_token", "1Password service token", &["ops_eyJ"], &[Run(Base64, 100, MANY)]),
    token("doppler_token", "Doppler token", &["dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit."], &[Run(Url, 40, 80)]),
    token("planetscale_token", "PlanetScale token", &["pscale_tkn_", "pscale_pw_", "pscale_oauth_"], &[Run(Url, 32, 64)]),
    token("supabase_key", "Supabase key", &["sbp_", "sb_secret_"], &[Run(Url, 30, 64)]),
    token("vercel_token", "Vercel token", &["vcp_", "vci_", "vca_", "vcr_", "vck_"], &[Run(Alnum, 24, 80)]),
    token("netlify_token", "Netlify token", &["nfp_", "nfc_", "nfo_", "nfu_"], &[Run(Alnum, 36, 50)]),
    token("airtable_token", "Airtable token", &["pat"], &[Run(Alnum, 14, 14), Text("."), Run(Hex, 64, 64)]),
    token("asana_token", "Asana token", &["1/", "2/"], &[Run(Digits, 15, 20), Text("/"), Run(Digits, 15, 20), Text(":"), Run(Hex, 32, 32)]),
    token("atlassian_token", "Atlassian token", &["ATATT3", "ATCTT3", "ATBB"], &[Run(Base64, 32, 400)]),
    token("circleci_token", "CircleCI token", &["CCIPAT_", "CCIPRJ_"], &[Run(Alnum, 22, 22), Text("_"), Run(Hex, 40, 40)]),
    token("buildkite_token", "Buildkite token", &["bkua_"], &[Run(Hex, 40, 40)]),
    token("dynatrace_token", "Dynatrace token", &["dt0c01.", "dt0s01."], &[Run(Upper, 24, 24), Text("."), Run(Upper, 64, 64)]),
    token("elastic_key", "Elastic Cloud key", &["essu_"], &[Run(Base64, 40, 200)]),
    token("figma_token", "Figma token", &["figd_", "figo_"], &[Run(Url, 38, 60)]),
    token("prefect_key", "Prefect key", &["pnu_", "pnb_"], &[Run(Alnum, 36, 36)]),
    token("readme_key", "ReadMe key", &["rdme_"], &[Run(Lower, 70, 70)]),
    token("sonar_token", "SonarQube token", &["squ_", "sqp_", "sqa_"], &[Run(Hex, 40, 40)]),
    token("tailscale_key", "Tailscale key", &["tskey-auth-", "tskey-api-", "tskey-client-", "tskey-scim-", "tskey-webhook-"], &[Run(Url, 20, 80)]),
    token("contentful_token", "Contentful token", &["CFPAT-"], &[Run(Url, 43, 43)]),
    token("duffel_token", "Duffel token", &["duffel_live_", "duffel_test_"], &[Run(Url, 43, 43)]),
    token("easypost_key", "EasyPost key", &["EZAK", "EZTK"], &[Run(Alnum, 54, 54)]),
    token("flutterwave_key", "Flutterwave key", &["FLWSECK-", "FLWSECK_TEST-"], &[Run(AnyHex, 32, 32)]),
    token("facebook_token", "Facebook access token", &["EAACEdEose0cBA", "EAAG", "EAAC"], &[Run(Alnum, 80, 400)]),
    token("paypal_braintree_token", "Braintree token", &["access_token$production$", "access_token$sandbox$"], &[Run(Lower, 16, 16), Text("$"), Run(Hex, 32, 32)]),
    Family { kind: "url_credentials", about: "address with a password", anchors: &["://"], shape: Shape::Credentials },
    Family { kind: "assigned_password", about: "assigned password", anchors: &["password", "passwd", "passphrase", "pwd"], shape: Shape::Password },
    Family { kind: "assigned_secret", about: "assigned secret", anchors: &["secret", "token", "api_key", "apikey", "api-key", "access_key", "access-key", "accesskey", "auth_key", "private_key", "privatekey", "encryption_key", "signing_key", "credential"], shape: Shape::Secret },
];

impl Alphabet {
    /// Whether this byte is one of its characters.
    pub(super) fn holds(self, b: u8) -> bool {
        match self {
            Digits => b.is_ascii_digit(),
            Hex => b.is_ascii_digit() || matches!(b, b'a'..=b'f'),
            AnyHex => b.is_ascii_hexdigit(),
            Lower => b.is_ascii_digit() || b.is_ascii_lowercase(),
            Upper => b.is_ascii_digit() || b.is_ascii_uppercase(),
            Alnum => b.is_ascii_alphanumeric(),
            Base64 => b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'_' | b'-'),
            Url => b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'),
            Dotted => b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'),
            Printable => {
                b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'~' | b'+' | b'/' | b'=' | b'%')
            }
        }
    }
}
