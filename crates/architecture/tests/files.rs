//! Where code is placed: lengths of files, names of files, and unit tests; and how wide comments are.

use std::path::{Path, PathBuf};

use architecture::sources::sources;

/// The longest file, without its unit tests.
const LONGEST: usize = 420;
/// The longest unit tests at the end of a file. Longer ones have a file of their own.
const LONGEST_INLINE_TESTS: usize = 120;
/// The widest line of a comment, in columns: as wide as code. rustfmt does not wrap comments.
const COMMENT_WIDTH: usize = 120;
const TESTS: &str = "\n#[cfg(test)]\n";

/// All sources of programs and libraries, with their unit tests.
fn all() -> Vec<(PathBuf, String)> {
    ["src", "crates", "demo", "xtask"].into_iter().flat_map(sources).collect()
}

/// A file that holds tests and nothing else.
fn is_test_file(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs")
}

fn found(of: impl Fn(&Path, &str) -> Option<String>) -> Vec<String> {
    let named = |(path, text): (PathBuf, String)| Some(format!("{}: {}", path.display(), of(&path, &text)?));
    all().into_iter().filter_map(named).collect()
}

#[test]
fn files_stay_small_enough_to_read() {
    let long = found(|path, text| {
        let lines = text.split(TESTS).next().unwrap_or_default().lines().count();
        (lines > LONGEST && !is_test_file(path)).then(|| format!("{lines} lines"))
    });
    assert_eq!(long, [""; 0]);
}

#[test]
fn unit_tests_are_last_in_their_file_or_in_a_file_called_tests() {
    let misplaced = found(|_, text| {
        let (_, tests) = text.split_once(TESTS)?;
        let declared = ["mod tests;\n", "pub(crate) mod tests;\n"].contains(&tests);
        let inline = tests.contains("mod tests {\n") && tests.find("\n}\n").is_some_and(|end| end + 3 == tests.len());
        (!declared && !inline).then(|| "`mod tests` must be the last item, and the only one for tests".to_owned())
    });
    assert_eq!(misplaced, [""; 0]);
}

#[test]
fn long_unit_tests_have_a_file_of_their_own() {
    let long = found(|_, text| {
        let lines = text.split_once(TESTS)?.1.lines().count();
        (lines > LONGEST_INLINE_TESTS).then(|| format!("{lines} lines of tests; move them to tests.rs in its folder"))
    });
    assert_eq!(long, [""; 0]);
}

#[test]
fn a_module_has_the_name_of_its_file() {
    let unnamed = found(|path, text| {
        let is_mod = path.ends_with("mod.rs").then(|| "name it after its folder".to_owned());
        is_mod.or_else(|| text.contains("#[path").then(|| "`#[path]` hides where a module is".to_owned()))
    });
    assert_eq!(unnamed, [""; 0]);
}

#[test]
fn comments_are_not_wider_than_code() {
    // A link cannot be wrapped.
    let is_wide = |line: &str| line.chars().count() > COMMENT_WIDTH && !line.contains("https://");
    let wide_lines = |(path, text): (PathBuf, String)| {
        let comments = text.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with("//"));
        let wide = comments.filter(|(_, line)| is_wide(line));
        wide.map(|(number, _)| format!("{}:{}", path.display(), number + 1)).collect::<Vec<_>>()
    };
    let tests = ["tests", "benches"].into_iter().flat_map(sources);
    let wide: Vec<String> = all().into_iter().chain(tests).flat_map(wide_lines).collect();
    assert_eq!(wide, [""; 0], "wrap these comments");
}
