//! Logs to stderr, and traces if they are enabled.

use std::fmt;
use std::io::IsTerminal as _;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::{FormatFields, JsonFields, Writer, debug_fn};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormattedFields};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, filter::LevelFilter};

use super::args::LogFormat;
use super::exit_reason::Error;
use super::traces::{self, Traces};
use platform::clock;

/// Excluded from the logs: kube logs each refused request and each watch failure a second time, without saying which
/// object it was about; the AWS SDK logs why it found no credentials, which readiness says.
const TWICE: &str = "kube_client::client::builder=off,kube_runtime=off,aws_config=error";
/// Excluded at any level: at `trace`, the AWS SDK logs requests with their bodies, which contain tokens and environment
/// variables.
const SECRET: &str = "aws_smithy_runtime=debug";

/// Starts logging, filtered by `RUST_LOG`, and sending traces to `collector`.
pub(super) fn start(format: LogFormat, collector: Option<&str>) -> Result<Traces, Error> {
    let asked = std::env::var("RUST_LOG").ok().filter(|asked| !asked.is_empty());
    let asked = asked.as_deref().unwrap_or("info");
    let (asked, ignored) = if is_no_level(asked) { ("info", Some(asked)) } else { (asked, None) };
    let filter = filter(asked);
    let logs = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let logs = match format {
        LogFormat::Text => {
            let fields = debug_fn(text_field).delimited(" ");
            logs.with_ansi(has_colours()).fmt_fields(fields).with_filter(filter).boxed()
        }
        LogFormat::Json => logs.fmt_fields(JsonFields::new()).event_format(Flat).with_filter(filter).boxed(),
    };
    // Logs start first, so that problems with the collector can be logged.
    let traces = Traces::new(collector);
    let spans = traces.as_ref().ok().and_then(Traces::layer);
    tracing_subscriber::registry().with(logs).with(spans).init();
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string);
        tracing::error!(
            place,
            panic = info.payload_as_str(),
            "the operator panicked, which is a defect; please report it"
        );
    }));
    if let Some(ignored) = ignored {
        tracing::warn!(
            "RUST_LOG is '{ignored}', which is not a log level (error, warn, info, debug, trace); using `info`"
        );
    }
    traces
}

/// Writes a field of a text line. Its value may be foreign text, so it is escaped: it can neither end the line nor
/// colour it.
fn text_field(writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    let value = format!("{value:?}");
    match field.name() {
        "message" => write!(writer, "{}", api::plain(&value)),
        name => write!(writer, "{name}={}", api::plain(&value)),
    }
}

/// Whether text logs have colours: on a terminal that supports them, unless `NO_COLOR` is set (no-color.org).
fn has_colours() -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    std::io::stderr().is_terminal() && set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb")
}

/// Whether a single word was given that is not a log level. As a filter it would be a module name that matches nothing.
/// Real module names contain an underscore or a path separator.
fn is_no_level(asked: &str) -> bool {
    asked.parse::<LevelFilter>().is_err() && asked.chars().all(char::is_alphabetic)
}

/// The log filter. A level alone applies to this program; below `info` it applies to all crates, because somebody who
/// asks for that is debugging.
fn filter(asked: &str) -> EnvFilter {
    let of_ours = match asked.parse::<LevelFilter>() {
        Ok(level) if level <= LevelFilter::INFO => level,
        Ok(level) => return EnvFilter::new(format!("{level},{SECRET}")),
        Err(_) => return EnvFilter::new(asked),
    };
    let of_others = of_ours.min(LevelFilter::WARN);
    // A directive matches by prefix: `modelselection` covers every crate of the operator.
    EnvFilter::new(format!("{of_others},{TWICE},modelselection={of_ours}"))
}

/// One JSON object per line, with the fields of the event and of its spans side by side. The JSON format of
/// tracing-subscriber overwrites a field `name`, which here is the selection's name, with the name of the span.
struct Flat;

impl<S, N> FormatEvent<S, N> for Flat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(&self, ctx: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut line = Map::new();
        for span in ctx.event_scope().into_iter().flat_map(tracing_subscriber::registry::Scope::from_root) {
            let extensions = span.extensions();
            let fields = extensions.get::<FormattedFields<N>>().map_or("", |fields| fields.fields.as_str());
            if let Ok(Value::Object(fields)) = serde_json::from_str(fields) {
                line.extend(fields);
            }
        }
        event.record(&mut Fields(&mut line));
        // A log line without a span belongs to no trace.
        if let Some((trace, span)) = ctx.lookup_current().and_then(|span| traces::ids(&span.id())) {
            line.insert("trace_id".to_owned(), trace.into());
            line.insert("span_id".to_owned(), span.into());
        }
        let metadata = event.metadata();
        line.insert("timestamp".to_owned(), clock::now().to_string().into());
        line.insert("level".to_owned(), metadata.level().as_str().into());
        line.insert("target".to_owned(), metadata.target().into());
        writeln!(writer, "{}", Value::Object(line))
    }
}

struct Fields<'a>(&'a mut Map<String, Value>);

impl Fields<'_> {
    fn set(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Arc;

    use parking_lot::Mutex;

    use super::*;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_level_alone_applies_to_this_program() {
        for (asked, filter) in [
            ("info", "aws_config=error,kube_client::client::builder=off,kube_runtime=off,modelselection=info,warn"),
            ("error", "aws_config=error,error,kube_client::client::builder=off,kube_runtime=off,modelselection=error"),
            ("debug", "aws_smithy_runtime=debug,debug"),
            ("info,kube=debug", "info,kube=debug"),
        ] {
            let chosen = super::filter(asked).to_string();
            let mut directives: Vec<&str> = chosen.split(',').collect();
            directives.sort_unstable();
            assert_eq!(directives.join(","), filter, "{asked}");
        }
    }

    #[test]
    fn a_word_that_is_no_level_is_recognized() {
        for level in ["verbose", "warning", "inf"] {
            assert!(is_no_level(level), "{level}");
        }
        for other in ["warn", "INFO", "off", "modelselection_operator", "kube=debug", "info,kube=debug", "kube::client"]
        {
            assert!(!is_no_level(other), "{other}");
        }
    }

    #[test]
    fn a_line_is_one_object_with_the_fields_of_the_span() {
        let buffer = Buffer::default();
        let written = buffer.clone();
        let logs = tracing_subscriber::fmt()
            .fmt_fields(JsonFields::new())
            .event_format(Flat)
            .with_writer(move || buffer.clone())
            .finish();
        tracing::subscriber::with_default(logs, || {
            let span = tracing::info_span!("selection", namespace = "vision", name = "caltech256");
            span.in_scope(|| tracing::info!(job = "ms-x", failures = 3, "two\nlines"));
        });
        let text = String::from_utf8(written.0.lock().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["namespace"], "vision");
        assert_eq!(line["name"], "caltech256");
        assert_eq!(line["message"], "two\nlines");
        assert_eq!((line["job"].as_str(), line["failures"].as_i64()), (Some("ms-x"), Some(3)));
        assert_eq!(line["level"], "INFO");
    }

    #[test]
    fn foreign_text_cannot_forge_a_log_line() {
        let buffer = Buffer::default();
        let written = buffer.clone();
        let logs = tracing_subscriber::fmt()
            .with_ansi(false)
            .fmt_fields(debug_fn(text_field).delimited(" "))
            .with_writer(move || buffer.clone())
            .finish();
        tracing::subscriber::with_default(logs, || {
            let reason = "bad\n2026-01-01T00:00:00Z  INFO forged\u{1b}[31m";
            let span = tracing::info_span!("selection", name = reason);
            span.in_scope(|| tracing::info!(why = %reason, debug = ?reason, "two\nlines"));
        });
        let text = String::from_utf8(written.0.lock().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(!text.contains('\u{1b}') && text.contains("why=bad 2026"), "{text}");
    }
}
