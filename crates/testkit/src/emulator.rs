//! The emulator as a process, with a client for it.

use std::ops::Deref;
use std::time::Duration;

use emulator_client::Client;

use super::await_until::await_until;
use super::process::{Process, Program};
use super::programs;
use super::run_folder::{numbered, run_folder};

const READY_DEADLINE: Duration = Duration::from_secs(20);

/// A running emulator with a client. If a test panics, the end of its log is printed.
pub struct Emulator {
    process: Process,
    client: Client,
}

impl Deref for Emulator {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Emulator {
    /// Starts one on a free port.
    pub async fn start(extra_arguments: &[&str]) -> Self {
        let mut arguments = vec!["--listen".to_owned(), "127.0.0.1:0".to_owned()];
        arguments.extend(extra_arguments.iter().map(ToString::to_string));
        let name = numbered("sagemaker-emulator");
        let environment =
            vec![("RUST_LOG".to_owned(), std::env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned()))];
        let mut process = Process::start(Program {
            name: &name,
            binary: programs::emulator(),
            arguments,
            environment,
            folder: run_folder(),
        });
        let url = await_until("the emulator is ready", READY_DEADLINE, async || {
            assert!(process.is_running(), "the emulator ended by itself\n{}\n{}", process.output(), process.tail());
            let output = process.output();
            ready_url(&output).ok_or_else(|| format!("{output}\n{}", process.tail()))
        })
        .await;
        Self { process, client: Client::new(&url) }
    }

    /// Kills it; the port is then closed, as if the network were down.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Its log.
    pub fn logs(&self) -> String {
        self.process.log()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.process.tail());
        }
    }
}

/// The address in the first line of the output, once a later line says that it is ready.
fn ready_url(output: &str) -> Option<String> {
    let whole = &output[..output.rfind('\n')?];
    let first = whole.lines().next()?;
    let url = first.split_whitespace().find(|word| word.starts_with("http://"))?;
    whole.lines().any(|line| line.starts_with("ready")).then(|| url.to_owned())
}
