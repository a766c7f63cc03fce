//! The parts of a suite that not every reader of a message may see: messages neither quote them nor show their lines.

use super::problem::Problem;

/// Whether a credential, or a value that is easily mistaken for one, may be at this place or below it.
pub(super) fn is_private(path: &str) -> bool {
    let parts: Vec<&str> = path.split('.').collect();
    let keys = match parts.as_slice() {
        ["defaults", keys @ ..] => keys,
        [test, step, keys @ ..] if test.starts_with("tests[") && step.ends_with(']') => keys,
        [test, keys @ ..] if test.starts_with("tests[") => keys,
        _ => return false,
    };
    match keys {
        ["proxy" | "ca" | "client_certificate" | "basic" | "bearer" | "digest", ..] => true,
        ["headers", name] => name.eq_ignore_ascii_case("authorization"),
        _ => false,
    }
}

/// Hides the lines with something private from all problems: any other problem in such a line would show it.
pub fn hide_private_lines(problems: &mut [Problem]) {
    let line = |problem: &Problem| problem.position.map(|position| position.line);
    let private: Vec<usize> = problems.iter().filter(|problem| problem.is_private).filter_map(line).collect();
    for problem in problems {
        problem.is_private |= line(problem).is_some_and(|line| private.contains(&line));
    }
}
