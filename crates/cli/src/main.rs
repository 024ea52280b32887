//! `kubectl modelselection`.

fn main() -> std::process::ExitCode {
    cli::main()
}
