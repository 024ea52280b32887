//! STS as far as the SDKs need it to find out which account they work in: `GetCallerIdentity`.

use axum::http::{HeaderMap, header};
use serde_json::json;

use crate::http::xml::HEAD;
use crate::service::calls::Entry;
use crate::service::emulator::Emulator;

/// The operation of STS that a request is; nothing when it is not signed for STS.
pub fn operation<'a>(headers: &HeaderMap, body: &'a [u8]) -> Option<&'a str> {
    let signed = headers.get(header::AUTHORIZATION)?.to_str().ok()?.contains("/sts/aws4_request");
    let form = std::str::from_utf8(body).ok().filter(|_| signed)?;
    form.split('&').find_map(|pair| pair.strip_prefix("Action="))
}

/// Status and XML.
pub fn answer(emulator: &Emulator, operation: &str) -> (u16, String) {
    let account = &emulator.settings().account;
    let (status, error, body) = if operation == "GetCallerIdentity" {
        (200, None, identity(account))
    } else {
        (400, Some("InvalidAction".to_owned()), refusal())
    };
    emulator.calls().record(Entry {
        time: emulator.clock().now().seconds(),
        real_millis: u64::try_from(emulator.clock().real().as_millis()).unwrap_or(u64::MAX),
        operation: format!("sts:{operation}"),
        request: json!({}),
        status,
        error,
        unknown_members: Vec::new(),
        authorization_present: true,
        security_token_present: false,
    });
    (status, format!("{HEAD}{body}"))
}

fn identity(account: &str) -> String {
    format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>arn:aws:iam::{account}:user/emulator</Arn><UserId>AIDAEMULATOREMULATOR1</UserId><Account>{account}</Account>\
         </GetCallerIdentityResult><ResponseMetadata><RequestId>00000000-0000-4000-a000-000000000000</RequestId>\
         </ResponseMetadata></GetCallerIdentityResponse>"
    )
}

fn refusal() -> String {
    "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>InvalidAction</Code>\
     <Message>Of STS the emulator knows GetCallerIdentity only.</Message></Error></ErrorResponse>"
        .to_owned()
}
