//! The document around the model: style, script and policy.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::model::Model;

/// The style sheets, in the order in which they apply.
const STYLES: [&str; 5] = [
    include_str!("assets/colours.css"),
    include_str!("assets/page.css"),
    include_str!("assets/charts.css"),
    include_str!("assets/table.css"),
    include_str!("assets/print.css"),
];

/// The modules of the front-end. Each comes after those that it imports, so that together they are one module.
const MODULES: [&str; 18] = [
    include_str!("assets/dom.js"),
    include_str!("assets/format.js"),
    include_str!("assets/view.js"),
    include_str!("assets/scale.js"),
    include_str!("assets/marks.js"),
    include_str!("assets/axes.js"),
    include_str!("assets/labels.js"),
    include_str!("assets/tooltip.js"),
    include_str!("assets/scatter.js"),
    include_str!("assets/parallel.js"),
    include_str!("assets/history.js"),
    include_str!("assets/detail.js"),
    include_str!("assets/csv.js"),
    include_str!("assets/table.js"),
    include_str!("assets/head.js"),
    include_str!("assets/overview.js"),
    include_str!("assets/sections.js"),
    include_str!("assets/main.js"),
];

/// A complete HTML document that shows `model`.
pub fn page(model: &Model) -> String {
    let json = in_script(&model.json());
    let script = script();
    let body = format!(
        r#"<div id="page"><noscript><p>This page draws its figures with JavaScript. The data is in it as JSON, in the element with the id "model".</p></noscript></div>
<script type="application/json" id="model">{json}</script>
<script type="module">{script}</script>"#
    );
    document(&policy(model.live.is_some()), &model.title, &body)
}

/// A whole HTML document of one message in the look of the page, with a link to `home`: why a server does not give the
/// page.
pub fn notice(title: &str, message: &str, home: &str) -> String {
    let body = format!(
        r#"<main>
<header class="head"><p class="eyebrow">Model selection</p><div class="title"><h1>{}</h1></div><p class="verdict">{}</p></header>
<p class="notice"><a href="{}">All selections</a></p>
</main>"#,
        text(title),
        text(message),
        text(home)
    );
    document(&policy(false), title, &body)
}

/// The Content-Security-Policy of a page: its own style and script by hash, and if it is live, connections to its own
/// server.
pub fn policy(live: bool) -> String {
    static HASHES: LazyLock<(String, String)> = LazyLock::new(|| (hash(&STYLES.concat()), hash(&script())));
    let (style, script) = &*HASHES;
    let connect = if live { " connect-src 'self';" } else { "" };
    format!(
        "default-src 'none'; style-src '{style}'; script-src '{script}';{connect} base-uri 'none'; form-action 'none'"
    )
}

fn document(policy: &str, title: &str, body: &str) -> String {
    let (title, style) = (text(title), STYLES.concat());
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"#
    )
}

/// Bundles the modules: each gets a scope of its own and returns its exports, under the names with which later modules
/// import them.
fn script() -> String {
    MODULES.iter().map(|module| scope(module)).collect()
}

fn scope(module: &str) -> String {
    let exported: Vec<&str> = module.lines().filter_map(exported).collect();
    let lines = module.lines().filter(|line| !line.starts_with("import "));
    let plain: Vec<&str> = lines.map(|line| line.strip_prefix("export ").unwrap_or(line)).collect();
    let names = exported.join(", ");
    format!("const {{ {names} }} = (() => {{\n{}\nreturn {{ {names} }};\n}})();\n", plain.join("\n"))
}

/// The name that a line of a module exports.
fn exported(line: &str) -> Option<&str> {
    let mut words = line.strip_prefix("export ")?.split([' ', '(']);
    words.find(|word| !matches!(*word, "function" | "const"))
}

/// The source expression of a Content-Security-Policy that allows an inline script or style of exactly this content.
fn hash(content: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(content)))
}

/// Text escaped for use between tags or in a quoted attribute.
fn text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// JSON escaped for use in a script element: nothing in it can end the element or begin a comment, and it has no line
/// separators that JSON allows and JavaScript does not.
fn in_script(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => escaped.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_cannot_end_an_element() {
        assert_eq!(text(r#"</title><a b="c">&'"#), "&lt;/title&gt;&lt;a b=&quot;c&quot;&gt;&amp;&#39;");
        let escaped = in_script("{\"a\":\"</script><!--\u{2028}&\"}");
        assert_eq!(escaped, r#"{"a":"\u003c/script\u003e\u003c!--\u2028\u0026"}"#);
        let back: serde_json::Value = serde_json::from_str(&escaped).unwrap();
        assert_eq!(back["a"], "</script><!--\u{2028}&");
    }

    #[test]
    fn the_modules_are_bundled_into_one_script() {
        let script = script();
        for line in script.lines() {
            assert!(!line.starts_with("import ") && !line.starts_with("export "), "{line}");
        }
        assert!(script.starts_with("const { h, s, replace, link } = (() => {\n"));
        assert!(!script.contains("</script") && !script.contains("<!--"));
        assert!(!STYLES.concat().contains("</style"));
    }

    /// A module may import only from modules before it: modules run in this order.
    #[test]
    fn the_modules_are_in_order() {
        let names = include_str!("page.rs")
            .lines()
            .filter_map(|line| line.trim().strip_prefix("include_str!(\"assets/")?.strip_suffix(".js\"),"));
        let names: Vec<&str> = names.collect();
        assert_eq!(names.len(), MODULES.len());
        for (index, module) in MODULES.iter().enumerate() {
            for line in module.lines().filter(|line| line.starts_with("import ")) {
                let from = line.split("'./").nth(1).and_then(|rest| rest.split(".js'").next()).unwrap();
                assert!(names[..index].contains(&from), "{} imports {from}", names[index]);
            }
        }
    }
}
