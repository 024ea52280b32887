//! Sends events over plain HTTP/1.1, one POST each: unchanged to an endpoint, or as a message to an SQS queue.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::str::FromStr;
use std::time::Duration;

use serde_json::{Value, json};

/// Number of tries for one event, and the timeout of each.
const TRIES: u32 = 3;
const PATIENCE: Duration = Duration::from_secs(5);

/// The target of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    url: String,
    /// Host and port.
    address: String,
    path: String,
}

impl FromStr for Target {
    type Err = String;

    /// `http://HOST[:PORT]/PATH`.
    fn from_str(url: &str) -> Result<Self, String> {
        let wrong = || format!("{url}: expected http://HOST[:PORT]/PATH");
        let rest = url.strip_prefix("http://").ok_or_else(wrong)?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        if host.is_empty() || url.contains(char::is_whitespace) {
            return Err(wrong());
        }
        let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let address = if has_port { host.to_owned() } else { format!("{host}:80") };
        Ok(Self { url: url.to_owned(), address, path: format!("/{path}") })
    }
}

impl Target {
    /// The path of a queue consists of an account and a name.
    fn is_queue(&self) -> bool {
        let mut parts = self.path.split('/').skip(1);
        let account =
            parts.next().is_some_and(|part| part.len() == 12 && part.bytes().all(|byte| byte.is_ascii_digit()));
        account && parts.next().is_some_and(|name| !name.is_empty()) && parts.next().is_none()
    }

    fn request(&self, event: &Value) -> String {
        let region = event.get("region").and_then(Value::as_str).unwrap_or("us-west-2");
        let (path, kind, more, body) = if self.is_queue() {
            let body = json!({"QueueUrl": self.url, "MessageBody": event.to_string()}).to_string();
            // SQS stand-ins read the region from the signature and check nothing else.
            let signature = format!(
                "X-Amz-Target: AmazonSQS.SendMessage\r\nAuthorization: AWS4-HMAC-SHA256 \
                 Credential=AKID/20260101/{region}/sqs/aws4_request, SignedHeaders=host, Signature=0\r\n"
            );
            ("/", "application/x-amz-json-1.0", signature, body)
        } else {
            (self.path.as_str(), "application/json", String::new(), event.to_string())
        };
        format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: {kind}\r\n{more}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.address,
            body.len()
        )
    }

    /// Sends an event; after several failed tries it is lost.
    pub async fn send(&self, event: &Value) {
        let request = self.request(event);
        for attempt in 1..=TRIES {
            let (address, text) = (self.address.clone(), request.clone());
            let sent = tokio::task::spawn_blocking(move || post(&address, &text)).await;
            match sent.unwrap_or_else(|error| Err(io::Error::other(error))) {
                Ok(()) => return,
                Err(error) => tracing::warn!(%error, attempt, url = self.url, "an event was not taken"),
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

fn post(address: &str, request: &str) -> io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    match line.split(' ').nth(1).and_then(|status| status.parse::<u16>().ok()) {
        Some(200..300) => Ok(()),
        _ => Err(io::Error::other(format!("answered {line:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_as_queues_or_endpoints() {
        for (url, address, queue) in [
            ("http://127.0.0.1:5000/111122223333/events", "127.0.0.1:5000", true),
            ("http://localhost/hook", "localhost:80", false),
            ("http://[::1]:9/1111/events", "[::1]:9", false),
        ] {
            let target: Target = url.parse().unwrap();
            assert_eq!((target.address.as_str(), target.is_queue()), (address, queue), "{url}");
        }
        for wrong in ["", "https://x/y", "http://", "http:///x", "http://a b/"] {
            assert!(wrong.parse::<Target>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_queue_gets_the_event_as_its_message() {
        let queue: Target = "http://127.0.0.1:5000/111122223333/events".parse().unwrap();
        let request = queue.request(&json!({"region": "eu-west-1"}));
        assert!(request.contains("AmazonSQS.SendMessage") && request.contains("/eu-west-1/sqs/"), "{request}");
        let body: Value = serde_json::from_str(request.rsplit("\r\n").next().unwrap()).unwrap();
        assert_eq!(body["MessageBody"], "{\"region\":\"eu-west-1\"}");
        assert_eq!(body["QueueUrl"], "http://127.0.0.1:5000/111122223333/events");
    }
}
