//! The form and XML services that SDKs call: STS for the caller's identity, IAM for the permissions of a role.

use axum::http::{HeaderMap, header};
use serde_json::json;

use crate::http::xml::HEAD;
use crate::service::calls::Entry;
use crate::service::emulator::Emulator;

/// A call of STS or IAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call<'a> {
    service: &'static str,
    action: &'a str,
}

impl<'a> Call<'a> {
    /// The call in a request; `None` if it is signed for another service.
    pub fn read(headers: &HeaderMap, body: &'a [u8]) -> Option<Self> {
        let authorization = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let signed = |service: &&str| authorization.contains(&format!("/{service}/aws4_request"));
        let service = ["sts", "iam"].into_iter().find(signed)?;
        let action = std::str::from_utf8(body).ok()?.split('&').find_map(|pair| pair.strip_prefix("Action="))?;
        Some(Self { service, action })
    }

    /// Status and XML.
    pub fn answer(&self, emulator: &Emulator) -> (u16, String) {
        let account = &emulator.settings().account;
        let (status, error, body) = match (self.service, self.action) {
            ("sts", "GetCallerIdentity") => (200, None, identity(account)),
            // The emulator has no IAM. SDKs treat this response as a missing permission to ask, and continue.
            (service, action) => (403, Some("AccessDenied".to_owned()), denial(account, service, action)),
        };
        emulator.calls().record(Entry {
            time: emulator.clock().now().seconds(),
            real_millis: u64::try_from(emulator.clock().real().as_millis()).unwrap_or(u64::MAX),
            operation: format!("{}:{}", self.service, self.action),
            request: json!({}),
            status,
            error,
            unknown_members: Vec::new(),
            authorization_present: true,
            security_token_present: false,
        });
        (status, format!("{HEAD}{body}"))
    }
}

fn identity(account: &str) -> String {
    format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>arn:aws:iam::{account}:user/emulator</Arn><UserId>AIDAEMULATOREMULATOR1</UserId><Account>{account}</Account>\
         </GetCallerIdentityResult><ResponseMetadata><RequestId>00000000-0000-4000-a000-000000000000</RequestId>\
         </ResponseMetadata></GetCallerIdentityResponse>"
    )
}

fn denial(account: &str, service: &str, action: &str) -> String {
    format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: arn:aws:iam::{account}:user/emulator \
         is not authorized to perform: {service}:{}</Message></Error></ErrorResponse>",
        crate::http::xml::escaped(action)
    )
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_service_comes_from_the_signature() {
        let signed = |service: &str| {
            let value =
                format!("AWS4-HMAC-SHA256 Credential=AKID/20261124/us-west-2/{service}/aws4_request, Signature=0");
            HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_str(&value).unwrap())])
        };
        let body = b"Action=GetCallerIdentity&Version=2011-06-15";
        for service in ["sts", "iam"] {
            assert_eq!(Call::read(&signed(service), body), Some(Call { service, action: "GetCallerIdentity" }));
        }
        assert_eq!(Call::read(&signed("sagemaker"), body), None);
        assert_eq!(Call::read(&HeaderMap::new(), body), None);
    }
}
