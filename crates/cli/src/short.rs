//! `kubectl msel`: the same under its short name.

fn main() -> std::process::ExitCode {
    cli::main()
}
