//! Objects in S3: parts of them, their headers, and operations that are refused instead of guessed.

use emulator_client::Client;
use reqwest::{Method, Response};

use super::harness::Emulator;

async fn s3(client: &Client, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Response {
    let credential = "AWS4-HMAC-SHA256 Credential=AKID/20261124/us-west-2/s3/aws4_request, Signature=00";
    let ask = client.request(method, path).header("authorization", credential);
    headers.iter().fold(ask, |ask, (name, value)| ask.header(*name, *value)).body(body).send().await.unwrap()
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

/// An emulator with an object of twenty bytes that are not text.
async fn with_object() -> (Emulator, Vec<u8>) {
    let emulator = Emulator::start(&[]);
    let content: Vec<u8> = (240..=255).chain(0..4).collect();
    s3(&emulator, Method::PUT, "mine", &[], Vec::new()).await;
    let kind = [("content-type", "application/gzip")];
    assert_eq!(s3(&emulator, Method::PUT, "mine/k", &kind, content.clone()).await.status(), 200);
    (emulator, content)
}

#[tokio::test]
async fn parts_of_an_object() {
    let (emulator, content) = with_object().await;
    let get = async |headers: &[(&str, &str)]| s3(&emulator, Method::GET, "mine/k", headers, Vec::new()).await;
    let whole = get(&[]).await;
    assert_eq!((whole.status().as_u16(), header(&whole, "content-type")), (200, "application/gzip"));
    assert_eq!((header(&whole, "accept-ranges"), header(&whole, "content-length")), ("bytes", "20"));
    assert!(header(&whole, "last-modified").ends_with(" GMT"));
    let etag = header(&whole, "etag").to_owned();
    let mut joined = Vec::new();
    for (range, expected) in
        [("bytes=0-7", "bytes 0-7/20"), ("bytes=8-15", "bytes 8-15/20"), ("bytes=16-", "bytes 16-19/20")]
    {
        let part = get(&[("range", range), ("if-match", &etag)]).await;
        assert_eq!((part.status().as_u16(), header(&part, "content-range")), (206, expected));
        assert_eq!(header(&part, "etag"), etag, "that of the whole object");
        joined.extend(part.bytes().await.unwrap());
    }
    assert_eq!(joined, content);
    let outside = get(&[("range", "bytes=20-")]).await;
    assert_eq!((outside.status().as_u16(), header(&outside, "content-range")), (416, "bytes */20"));
    assert!(outside.text().await.unwrap().contains("<Code>InvalidRange</Code>"));
    let changed = get(&[("range", "bytes=0-7"), ("if-range", "\"other\"")]).await;
    assert_eq!(changed.status(), 200, "the whole of what it became");
    assert_eq!(get(&[("if-match", "\"other\"")]).await.status(), 412);
    let head = s3(&emulator, Method::HEAD, "mine/k", &[("range", "bytes=-5")], Vec::new()).await;
    assert_eq!((head.status().as_u16(), header(&head, "content-range")), (206, "bytes 15-19/20"));
    assert_eq!(header(&head, "content-length"), "5");
}

#[tokio::test]
async fn what_is_not_implemented_changes_nothing() {
    let (emulator, content) = with_object().await;
    for (method, path, headers) in [
        (Method::PUT, "mine/k", vec![("x-amz-copy-source", "/mine/other")]),
        (Method::PUT, "mine/k?acl", vec![]),
        (Method::PUT, "mine/k?tagging", vec![]),
        (Method::PUT, "mine/k?partNumber=1&uploadId=x", vec![]),
        (Method::DELETE, "mine/k?tagging", vec![]),
        (Method::DELETE, "mine/k?uploadId=x", vec![]),
        (Method::POST, "mine/k?uploads", vec![]),
        (Method::GET, "mine/k?acl", vec![]),
        (Method::PUT, "mine?policy", vec![]),
    ] {
        let answer = s3(&emulator, method.clone(), path, &headers, b"<xml/>".to_vec()).await;
        assert_eq!(answer.status(), 501, "{method} {path}");
        assert!(answer.text().await.unwrap().contains("<Code>NotImplemented</Code>"), "{method} {path}");
    }
    let exists = s3(&emulator, Method::PUT, "mine/k", &[("if-none-match", "*")], b"new".to_vec()).await;
    assert_eq!(exists.status(), 412);
    let kept = s3(&emulator, Method::GET, "mine/k", &[], Vec::new()).await;
    assert_eq!(kept.bytes().await.unwrap(), content);
}

#[tokio::test]
async fn contents_that_are_not_text_have_tags_of_their_own() {
    let (emulator, _) = with_object().await;
    let put = async |body: Vec<u8>| {
        let answer = s3(&emulator, Method::PUT, "mine/x", &[], body).await;
        header(&answer, "etag").to_owned()
    };
    assert_ne!(put(vec![0xff]).await, put(vec![0xfe]).await);
    let get = s3(&emulator, Method::GET, "mine/x", &[], Vec::new()).await;
    assert_eq!(header(&get, "content-type"), "binary/octet-stream");
}
