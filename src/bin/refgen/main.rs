//! Prints what is generated from the operator's code beside the CRD: see `make generate`.
#![allow(clippy::print_stdout)]

mod iam;
mod metrics;

fn main() -> Result<(), String> {
    let page = match std::env::args().nth(1).as_deref() {
        Some("--iam") => iam::operator(),
        Some("--iam-catalog") => iam::catalog(),
        Some("--metrics") => metrics::page(),
        _ => return Err("one of '--iam', '--iam-catalog' and '--metrics' must be given".to_owned()),
    };
    print!("{page}");
    Ok(())
}
