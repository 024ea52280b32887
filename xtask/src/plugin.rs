//! What is installed beside the kubectl plugin: man pages, completions of shells, and the programs that kubectl asks
//! for completions.

use clap::{Command, CommandFactory as _};
use clap_complete::Shell;
use clap_mangen::Man;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Where the files are.
pub const FOLDER: &str = "deploy/kubectl-plugin";
const PROGRAM: &str = "kubectl-modelselection";

/// The files, each with its path in the repository.
pub fn files() -> Result<Vec<(String, String)>> {
    let mut files = man_pages()?;
    for (shell, file) in [
        (Shell::Bash, format!("completions/{PROGRAM}.bash")),
        (Shell::Zsh, format!("completions/_{PROGRAM}")),
        (Shell::Fish, format!("completions/{PROGRAM}.fish")),
    ] {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut cli::Args::command(), PROGRAM, &mut script);
        files.push((file, String::from_utf8(script)?));
    }
    for program in [PROGRAM, "kubectl-msel"] {
        let plugin = program.trim_start_matches("kubectl-");
        files.push((format!("bin/kubectl_complete-{plugin}"), complete(program)));
    }
    Ok(files.into_iter().map(|(file, text)| (format!("{FOLDER}/{file}"), text)).collect())
}

/// The program that kubectl runs to complete the arguments of the plugin.
fn complete(program: &str) -> String {
    format!(
        "#!/bin/sh\n# kubectl runs the program of this name on the PATH to complete the plugin's arguments.\nexec {program} __complete \"$@\"\n"
    )
}

/// A page for the program, and one for each verb.
fn man_pages() -> Result<Vec<(String, String)>> {
    let mut command = cli::Args::command();
    command.build();
    let mut pages = vec![page(&command)?];
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set() && verb.get_name() != "help") {
        pages.push(page(verb)?);
    }
    Ok(pages)
}

fn page(command: &Command) -> Result<(String, String)> {
    let name = command.get_display_name().unwrap_or(PROGRAM).to_owned();
    let mut text = Vec::new();
    Man::new(command.clone()).render(&mut text)?;
    Ok((format!("man/{name}.1"), String::from_utf8(text)?))
}
