//! Detects secrets: names that secrets have, and formats of secrets.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// The replacement for a secret.
pub(super) const REDACTED: &str = "<redacted>";

/// Parts of the names of secrets, in lower case and without separators.
const NAMES: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "signingkey",
    "encryptionkey",
    "credential",
    "authorization",
    "bearer",
    "cookie",
    "connectionstring",
];
/// Suffixes of the names of secrets.
const ENDS: &[&str] = &["pass", "pwd", "auth", "dsn"];
/// Words that look like a token but are not secret: `max_tokens`, `tokenizer`.
const NO_TOKENS: &[&str] = &["tokens", "tokeniz"];
/// Fields of Kubernetes that name a Secret or its location.
const REFERENCES: &[&str] = &[
    "secretkeyref",
    "secretref",
    "secretname",
    "imagepullsecrets",
    "serviceaccounttoken",
    "automountserviceaccounttoken",
];

/// Whether a value under this name is a secret, judged by the name only.
pub(super) fn is_secret(name: &str) -> bool {
    let mut plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    plain.make_ascii_lowercase();
    if REFERENCES.contains(&plain.as_str()) {
        return false;
    }
    for word in NO_TOKENS {
        plain = plain.replace(word, "");
    }
    let ends_in_key = name.to_ascii_lowercase().ends_with("_key");
    ends_in_key || NAMES.iter().any(|part| plain.contains(part)) || ENDS.iter().any(|end| plain.ends_with(end))
}

/// Environment variables of the operator that contain no secret. All others are treated as secrets.
pub(super) fn is_known_variable(name: &str) -> bool {
    let known = ["AWS_REGION", "AWS_DEFAULT_REGION", "RUST_LOG", "POD_NAME", "POD_NAMESPACE", "POD_UID", "TZ"];
    let prefixes = ["MODELSELECTION_", "AWS_ENDPOINT_URL", "OTEL_EXPORTER_OTLP_ENDPOINT"];
    (known.contains(&name) || prefixes.iter().any(|prefix| name.starts_with(prefix))) && !is_secret(name)
}

/// A format of secrets in text: its name, its pattern, and the text to keep before and after it.
struct Form {
    called: &'static str,
    found: Regex,
}

/// The secret is the group `secret`, or otherwise the whole match.
static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| {
    let forms = [
        ("private key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"),
        ("AWS access key", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
        ("JSON web token", r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
        ("token", r"\b(?:ghp|gho|ghs|ghu|github_pat|glpat|hf|sk|xox[abp])[-_][A-Za-z0-9_-]{16,}"),
        ("password in a URL", r"(?i)\b[a-z][a-z0-9+.-]*://(?<secret>[^/\s@<]+)@"),
        (
            "parameter of a URL",
            r"(?i)[?&](?:X-Amz-(?:Signature|Credential|Security-Token)|sig|signature)=(?<secret>[^&\s\x22'<]+)",
        ),
        ("authorization", r"(?i)\bbearer\s+(?<secret>[A-Za-z0-9+/=._~-]{8,})"),
        (
            "value of a secret name",
            r#"(?i)[a-z0-9_.-]*(?:password|passwd|passphrase|secret|token|api_?key|access_?key|private_?key)[a-z0-9_.-]*\\?["']?\s*[=:]\s*\\?["']?(?<secret>[^\s"'\\,;&<]+)"#,
        ),
    ];
    let form = |(called, found): (&'static str, &str)| Some(Form { called, found: Regex::new(found).ok()? });
    forms.into_iter().filter_map(form).collect()
});

/// The text without secrets, and the formats that were found.
pub(super) fn without_forms(text: &str) -> (String, Vec<&'static str>) {
    let mut kept = text.to_owned();
    let mut found = Vec::new();
    for Form { called, found: pattern } in FORMS.iter() {
        let replaced = pattern.replace_all(&kept, |captures: &Captures| {
            let whole = &captures[0];
            match captures.name("secret") {
                Some(secret) => {
                    let start = secret.start() - captures.get(0).map_or(0, |whole| whole.start());
                    format!("{}{REDACTED}{}", &whole[..start], &whole[start + secret.len()..])
                }
                None => REDACTED.to_owned(),
            }
        });
        if replaced != kept {
            found.push(*called);
            kept = replaced.into_owned();
        }
    }
    (kept, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_known() {
        for name in [
            "DB_PASSWORD",
            "dbPassword",
            "WANDB_API_KEY",
            "hf-token",
            "AWS_SECRET_ACCESS_KEY",
            "clientSecret",
            "MYSQL_PWD",
            "SSH_KEY",
            "authorization",
            "SENTRY_DSN",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["max_tokens", "tokenizer", "secretKeyRef", "key", "epochs", "topologyKey", "passes", "author"] {
            assert!(!is_secret(name), "{name}");
        }
        assert!(is_known_variable("MODELSELECTION_NAMESPACES") && is_known_variable("AWS_REGION"));
        assert!(!is_known_variable("OTEL_EXPORTER_OTLP_HEADERS") && !is_known_variable("MODELSELECTION_TOKEN"));
    }

    #[test]
    fn forms_of_secrets_are_known() {
        assert_eq!(FORMS.len(), 8, "each pattern compiles");
        for (text, kept) in [
            ("uses AKIAIOSFODNN7EXAMPLE now", "uses <redacted> now"),
            ("Authorization: Bearer abcdefgh12345", "Authorization: Bearer <redacted>"),
            ("postgres://me:hunter2@db/x", "postgres://<redacted>@db/x"),
            (
                "s3.amazonaws.com/x?a=1&X-Amz-Signature=0a1b&b=2",
                "s3.amazonaws.com/x?a=1&X-Amz-Signature=<redacted>&b=2",
            ),
            (r#"{"dbPassword":"hunter2","epochs":"5"}"#, r#"{"dbPassword":"<redacted>","epochs":"5"}"#),
            (r#"{\"token\": \"hunter2\"}"#, r#"{\"token\": \"<redacted>\"}"#),
            ("--api-key=hunter2 --epochs=5", "--api-key=hunter2 --epochs=5"),
            ("api_key=hunter2", "api_key=<redacted>"),
            ("hf_abcdefghijklmnopqrst", "<redacted>"),
            ("-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\nx", "<redacted>\nx"),
            ("the role may not get secrets in vision", "the role may not get secrets in vision"),
        ] {
            assert_eq!(without_forms(text).0, kept, "{text}");
        }
    }
}
