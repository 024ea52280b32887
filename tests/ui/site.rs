//! The pages of an operator, as a program that asks for them sees them.
#![allow(clippy::unwrap_used)] // a test may panic

use std::path::Path;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HOST, HeaderMap};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;
use testkit::await_until;
use testkit::free_port::FreePort;
use testkit::world::DEADLINE;

/// A port for the pages of one operator.
pub struct Site {
    port: FreePort,
    http: Client,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// The text as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// The names in a model of the list.
    pub fn listed(&self) -> Vec<String> {
        let model = self.json();
        let summaries = model["summaries"].as_array().unwrap_or_else(|| panic!("no list: {self:?}")).iter();
        summaries
            .map(|one| format!("{}/{}", one["namespace"].as_str().unwrap(), one["name"].as_str().unwrap()))
            .collect()
    }
}

impl Site {
    pub fn new() -> Self {
        let http = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { port: FreePort::reserve(), http }
    }

    /// The environment of an operator that serves it to this machine only.
    pub fn for_this_machine(&self) -> Vec<(String, String)> {
        vec![("MODELSELECTION_UI_LISTEN".to_owned(), format!("127.0.0.1:{}", self.port.number()))]
    }

    /// The environment of an operator that serves it to others too.
    pub fn for_others(&self) -> Vec<(String, String)> {
        vec![
            ("MODELSELECTION_UI_LISTEN".to_owned(), format!("0.0.0.0:{}", self.port.number())),
            ("MODELSELECTION_UI_AUTHENTICATE".to_owned(), "true".to_owned()),
        ]
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port.number())
    }

    /// A request for a path.
    pub fn request(&self, path: &str) -> RequestBuilder {
        self.http.get(self.url(path)).timeout(Duration::from_secs(20))
    }

    /// The answer to a request, for which the port may not be open yet.
    pub async fn answer(&self, request: RequestBuilder) -> Answer {
        let send = async || request.try_clone().expect("it has no body").send().await;
        let response = await_until("the pages are served", DEADLINE, send).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, text: response.text().await.expect("a text") }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.answer(self.request(path)).await
    }

    /// The answer to a caller with a token.
    pub async fn get_as(&self, token: &str, path: &str) -> Answer {
        self.answer(self.request(path).header(AUTHORIZATION, format!("Bearer {token}"))).await
    }

    /// The answer to a browser that has come by another name.
    pub async fn get_for_host(&self, host: &str, path: &str) -> Answer {
        self.answer(self.request(path).header(HOST, host).header(ACCEPT, "text/html")).await
    }

    /// The stream of a path.
    pub async fn events(&self, path: &str) -> Events {
        Self::stream(self.http.get(self.url(path))).await
    }

    /// The stream of a path for a caller with a token.
    pub async fn events_as(&self, token: &str, path: &str) -> Events {
        Self::stream(self.http.get(self.url(path)).bearer_auth(token)).await
    }

    async fn stream(request: RequestBuilder) -> Events {
        let response = request.send().await.expect("a stream");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Events { response, read: String::new() }
    }
}

/// A stream of server-sent events.
pub struct Events {
    response: Response,
    read: String,
}

impl Events {
    /// The next event: its name and data; `None` at the end of the stream.
    pub async fn next(&mut self) -> Option<(String, String)> {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let field = |name: &str| {
                    let lines = event.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
                    lines.collect::<Vec<_>>().join("\n")
                };
                let (name, data) = (field("event"), field("data"));
                let rest = rest.to_owned();
                self.read = rest;
                // A comment keeps the connection open.
                if !name.is_empty() {
                    return Some((name, data));
                }
                continue;
            }
            let chunk = tokio::time::timeout(DEADLINE, self.response.chunk()).await.expect("an event in time");
            self.read += &String::from_utf8_lossy(&chunk.expect("the stream goes on")?);
        }
    }

    /// Waits for a model of which this holds.
    pub async fn await_model(&mut self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        loop {
            let (name, data) = self.next().await.unwrap_or_else(|| panic!("the stream ended before {what}"));
            assert_eq!(name, "model", "{data}");
            let model: Value = serde_json::from_str(&data).expect("a model");
            if holds(&model) {
                return model;
            }
        }
    }
}

/// The bearer token in a kubeconfig.
pub fn token(kubeconfig: &Path) -> String {
    let config: Value = serde_json::from_str(&std::fs::read_to_string(kubeconfig).unwrap()).unwrap();
    config["users"][0]["user"]["token"].as_str().expect("a token").to_owned()
}
