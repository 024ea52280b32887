//! `__complete`: the completions at the cursor, in Cobra's protocol, which kubectl uses for its plugins.
//!
//! kubectl runs `kubectl_complete-msel WORD...`; the last word is the one to complete, possibly empty. The output has
//! one line for each word, with its description after a tab, and at the end `:` with a directive.

use std::process::ExitCode;

use clap::{Command, CommandFactory as _, FromArgMatches as _};
use kube::ResourceExt as _;
use kube::api::ListParams;
use view::training_job;

use crate::args::{Args, ClusterArgs};
use crate::cluster::Cluster;
use crate::failure::Outcome;
use crate::output;

/// Cobra's `ShellCompDirectiveNoFileComp`.
const NO_FILES: u8 = 4;
/// Cobra's `ShellCompDirectiveDefault`: files may follow.
const FILES: u8 = 0;

/// What to complete.
#[derive(Debug, PartialEq)]
enum Wanted {
    /// One of these words.
    Words(Vec<(String, String)>),
    /// A name of a selection.
    Selection,
    /// A dataset of the selection that was named.
    Dataset(Option<String>),
    /// A candidate of the selection that was named, with a result.
    Candidate(Option<String>),
    /// A run of the selection that was named.
    Run(Option<String>),
    /// A file.
    File,
    /// Nothing is known.
    Nothing,
}

pub(crate) async fn run(args: &ClusterArgs, words: &[String]) -> Outcome {
    let (last, before) = words.split_last().map_or(("", words), |(last, before)| (last.as_str(), before));
    let args = flags_among(before).unwrap_or_else(|| args.clone());
    let cluster = || Cluster::connect(&args);
    let mut directive = NO_FILES;
    // A completion must not print errors: without a response there are no completions.
    let found: Vec<(String, String)> = match wanted(before, last) {
        Wanted::Words(words) => words,
        Wanted::Nothing => Vec::new(),
        Wanted::File => {
            directive = FILES;
            Vec::new()
        }
        Wanted::Selection => match cluster().await {
            Ok(cluster) => {
                let selections = cluster.selections().list(&ListParams::default()).await;
                let described = |s: &api::ModelSelection| s.status.as_ref().and_then(|status| status.progress.clone());
                let items = selections.map(|list| list.items).unwrap_or_default();
                items.iter().map(|s| (s.name_any(), described(s).unwrap_or_default())).collect()
            }
            Err(_) => Vec::new(),
        },
        Wanted::Candidate(name) => match cluster().await {
            Ok(cluster) => {
                cluster.selection(name.as_deref()).await.map(|selection| candidates(&selection)).unwrap_or_default()
            }
            Err(_) => Vec::new(),
        },
        Wanted::Dataset(name) => match cluster().await {
            Ok(cluster) => {
                let selection = cluster.selection(name.as_deref()).await;
                let datasets = selection.map(|selection| selection.spec.datasets).unwrap_or_default();
                datasets.into_iter().map(|dataset| (dataset.name, String::new())).collect()
            }
            Err(_) => Vec::new(),
        },
        Wanted::Run(name) => match cluster().await {
            Ok(cluster) => {
                let selection = cluster.selection(name.as_deref()).await;
                let runs = selection.ok().and_then(|selection| selection.status).map(|status| status.runs);
                let described = |run: &api::RunStatus| (training_job::name(run), format!("{:?}", run.state));
                runs.iter().flatten().map(described).collect()
            }
            Err(_) => Vec::new(),
        },
    };
    output::text(&answer(&found, last, directive))?;
    Ok(ExitCode::SUCCESS)
}

/// The candidates that have a result, each once, and whether they are on a front.
fn candidates(selection: &api::ModelSelection) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for run in selection.status.iter().flat_map(|status| &status.runs).filter(|run| run.best.is_some()) {
        let described = if run.pareto_rank == Some(0) { "on the front" } else { "" };
        if !found.iter().any(|(name, _)| *name == run.candidate) {
            found.push((run.candidate.clone(), described.to_owned()));
        }
    }
    found
}

/// The connection flags among the words, even if other words are invalid.
fn flags_among(before: &[String]) -> Option<ClusterArgs> {
    let words = std::iter::once("kubectl-modelselection").chain(before.iter().map(String::as_str));
    let matches = Args::command().ignore_errors(true).try_get_matches_from(words).ok()?;
    ClusterArgs::from_arg_matches(&matches).ok()
}

fn answer(found: &[(String, String)], last: &str, directive: u8) -> String {
    let fitting = found.iter().filter(|(word, _)| word.starts_with(last));
    let line = |(word, description): &(String, String)| match description.as_str() {
        "" => format!("{word}\n"),
        description => format!("{word}\t{description}\n"),
    };
    fitting.map(line).collect::<String>() + &format!(":{directive}\n")
}

/// The completions after the words `before`, if `last` is the incomplete word.
fn wanted(before: &[String], last: &str) -> Wanted {
    let command = Args::command();
    let mut rest = before.iter();
    let mut verb: Option<&Command> = None;
    let mut names: Vec<&String> = Vec::new();
    let mut open: Option<clap::Arg> = None;
    while let Some(word) = rest.next() {
        open = None;
        if word.starts_with('-') {
            let flag = flag(&command, verb, word).filter(|flag| flag.get_action().takes_values());
            // The value follows it, or is the one to complete.
            open = flag.filter(|_| !word.contains('=') && rest.next().is_none());
        } else if verb.is_none() {
            verb = command.find_subcommand(word);
        } else {
            names.push(word);
        }
    }
    if let Some(flag) = open {
        return of_flag(&flag, names.first().map(|name| (*name).clone()));
    }
    if last.starts_with('-') {
        return Wanted::Words(flags(&command, verb));
    }
    match verb {
        None => {
            let verbs = command.get_subcommands().filter(|verb| !verb.is_hide_set());
            let about = |verb: &Command| verb.get_about().map(ToString::to_string).unwrap_or_default();
            Wanted::Words(verbs.map(|verb| (verb.get_name().to_owned(), about(verb))).collect())
        }
        Some(verb) => of_position(verb, &names),
    }
}

fn of_position(verb: &Command, names: &[&String]) -> Wanted {
    let positions: Vec<&clap::Arg> = verb.get_positionals().collect();
    // The last argument may be repeated.
    let several = || positions.last().copied().filter(|last| last.get_id() == "names");
    let position = positions.get(names.len()).copied().or_else(several);
    match position {
        Some(position) if ["name", "names"].contains(&position.get_id().as_str()) => Wanted::Selection,
        Some(position) => of_flag(position, names.first().map(|name| (*name).clone())),
        None => Wanted::Nothing,
    }
}

fn of_flag(flag: &clap::Arg, name: Option<String>) -> Wanted {
    let words: Vec<(String, String)> = flag
        .get_possible_values()
        .iter()
        .map(|value| (value.get_name().to_owned(), value.get_help().map(ToString::to_string).unwrap_or_default()))
        .collect();
    match flag.get_id().as_str() {
        _ if !words.is_empty() => Wanted::Words(words),
        "dataset" => Wanted::Dataset(name),
        "run" => Wanted::Run(name),
        "candidate" => Wanted::Candidate(name),
        "output" | "kubeconfig" | "file" | "directory" | "from_notebook" | "models" => Wanted::File,
        _ => Wanted::Nothing,
    }
}

/// The flag that a word names.
fn flag(command: &Command, verb: Option<&Command>, word: &str) -> Option<clap::Arg> {
    let name = word.trim_start_matches('-').split('=').next().unwrap_or_default();
    let all = command.get_arguments().chain(verb.into_iter().flat_map(Command::get_arguments));
    let mut short = name.chars();
    let single = short.next().filter(|_| short.next().is_none());
    all.into_iter().find(|arg| arg.get_long() == Some(name) || (single.is_some() && arg.get_short() == single)).cloned()
}

fn flags(command: &Command, verb: Option<&Command>) -> Vec<(String, String)> {
    let all = verb.into_iter().flat_map(Command::get_arguments).chain(command.get_arguments());
    let flag = |arg: &clap::Arg| {
        Some((format!("--{}", arg.get_long()?), arg.get_help().map(ToString::to_string).unwrap_or_default()))
    };
    all.filter_map(flag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(words: &[&str]) -> Wanted {
        let (last, before) = words.split_last().unwrap();
        wanted(&before.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(), last)
    }

    fn words(wanted: &Wanted) -> Vec<&str> {
        match wanted {
            Wanted::Words(words) => words.iter().map(|(word, _)| word.as_str()).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_place_has_its_words() {
        assert!(words(&asked(&["st"])).contains(&"status"));
        assert!(!words(&asked(&[""])).contains(&"__complete"));
        assert_eq!(asked(&["status", ""]), Wanted::Selection);
        assert_eq!(asked(&["status", "caltech256", ""]), Wanted::Nothing);
        assert_eq!(asked(&["get", "one", ""]), Wanted::Selection);
        assert_eq!(words(&asked(&["wait", "--for", ""])), ["complete", "launched", "front"]);
        assert!(words(&asked(&["pareto", "-o", ""])).contains(&"csv"));
        assert_eq!(asked(&["pareto", "caltech256", "--dataset", ""]), Wanted::Dataset(Some("caltech256".into())));
        assert_eq!(asked(&["promote", "caltech256", "--candidate", ""]), Wanted::Candidate(Some("caltech256".into())));
        assert_eq!(asked(&["promote", "--dataset", ""]), Wanted::Dataset(None));
        assert_eq!(words(&asked(&["promote", "-o", ""])), ["kustomize", "ack", "terraform", "sdk"]);
        assert_eq!(asked(&["logs", "caltech256", ""]), Wanted::Run(Some("caltech256".into())));
        assert!(words(&asked(&["doctor", "-o", ""])).contains(&"json"));
        assert_eq!(asked(&["plot", "-o", ""]), Wanted::File);
        assert_eq!(asked(&["support-bundle", "-o", ""]), Wanted::File);
        assert!(words(&asked(&["wait", "--"])).contains(&"--timeout"));
        assert!(words(&asked(&["completion", ""])).contains(&"bash"));
        // The value of a flag is not a name.
        assert_eq!(asked(&["status", "-n", "vision", ""]), Wanted::Selection);
    }

    #[test]
    fn the_candidates_with_a_result_can_be_named() {
        let mut object = samples::manifest("caltech256");
        object["status"] = samples::results::complete();
        let found = candidates(&serde_json::from_value(object).unwrap());
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names.len(), 4, "{names:?}");
        assert!(found.contains(&("mobilenet-v2-100-160".to_owned(), "on the front".to_owned())), "{found:?}");
    }

    #[test]
    fn the_flags_before_the_cursor_say_where() {
        let words = ["status", "-n", "vision", "--context=prod"].map(str::to_owned);
        let flags = flags_among(&words).unwrap();
        assert_eq!((flags.namespace.as_deref(), flags.context.as_deref()), (Some("vision"), Some("prod")));
    }

    #[test]
    fn the_answer_ends_with_the_directive() {
        let found = [("caltech256".to_owned(), "5/21".to_owned()), ("flowers".to_owned(), String::new())];
        assert_eq!(answer(&found, "cal", NO_FILES), "caltech256\t5/21\n:4\n");
        assert_eq!(answer(&found, "", NO_FILES), "caltech256\t5/21\nflowers\n:4\n");
    }
}
