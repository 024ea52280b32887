//! What is installed beside the kubectl plugin: man pages, completions of shells, and the programs that kubectl asks for
//! completions.

use clap::{Command, CommandFactory as _};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::Result;

/// Where the files are.
pub const FOLDER: &str = "deploy/kubectl-plugin";
/// The names of the program.
const PROGRAMS: [&str; 2] = ["kubectl-modelselection", "kubectl-msel"];

/// The files, each with its path in the repository.
pub fn files() -> Result<Vec<(String, String)>> {
    let mut files = man_pages()?;
    for program in PROGRAMS {
        for (shell, file) in [
            (Shell::Bash, format!("completions/{program}.bash")),
            (Shell::Zsh, format!("completions/_{program}")),
            (Shell::Fish, format!("completions/{program}.fish")),
        ] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut cli::Args::command(), program, &mut script);
            files.push((file, String::from_utf8(script)?));
        }
        let plugin = program.trim_start_matches("kubectl-");
        files.push((format!("bin/kubectl_complete-{plugin}"), complete(program)));
    }
    Ok(files.into_iter().map(|(file, text)| (format!("{FOLDER}/{file}"), text)).collect())
}

/// The program that kubectl runs to complete the arguments of the plugin.
fn complete(program: &str) -> String {
    format!(
        "#!/bin/sh\n# kubectl runs this program of this name on the PATH to complete the plugin's arguments.\nexec {program} __complete \"$@\"\n"
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
    let name = command.get_display_name().unwrap_or(PROGRAMS[0]).to_owned();
    let mut text = Vec::new();
    Man::new(command.clone()).render(&mut text)?;
    Ok((format!("man/{name}.1"), String::from_utf8(text)?))
}
