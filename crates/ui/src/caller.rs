//! Who makes a request.

use sha2::{Digest as _, Sha256};

/// Maximum length of a token; tokens of service accounts have about 1 KB, those of identity providers a few KB.
const LONGEST: usize = 16 * 1024;

/// Who makes a request.
#[derive(Clone)]
pub(crate) enum Caller {
    /// A program on this machine.
    ThisMachine,
    /// The owner of this token, which was valid when the request arrived.
    User(Token),
}

/// A bearer token. It cannot be printed.
#[derive(Clone)]
pub(crate) struct Token(String);

impl Token {
    /// The token of an `Authorization` header: `Bearer TOKEN`, according to RFC 6750.
    pub(crate) fn from_header(value: Option<&str>) -> Option<Self> {
        let (scheme, token) = value?.split_once(' ')?;
        let token = token.trim();
        let valid = token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte));
        let whole = scheme.eq_ignore_ascii_case("Bearer") && valid && (1..=LONGEST).contains(&token.len());
        whole.then(|| Self(token.to_owned()))
    }

    /// For the API server only.
    pub(crate) fn secret(&self) -> &str {
        &self.0
    }

    /// A substitute for the token where the token itself is not needed.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_that_of_the_bearer_scheme() {
        let token = |value: &str| Token::from_header(Some(value)).map(|token| token.0);
        assert_eq!(token("Bearer a.b-c_d~e+f/g=="), Some("a.b-c_d~e+f/g==".to_owned()));
        assert_eq!(token("bearer  x "), Some("x".to_owned()));
        for none in ["", "Bearer", "Bearer ", "Basic eDp5", "x", "Bearer a b", "Bearer a\u{e9}"] {
            assert_eq!(token(none), None, "{none}");
        }
        assert_eq!(token(&format!("Bearer {}", "x".repeat(LONGEST + 1))), None);
    }
}
