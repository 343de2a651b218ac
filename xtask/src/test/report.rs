//! What a stage tells, how the closing lines of test runners are read, and the closing table.

use std::{fmt::Write, ops::AddAssign, time::Duration};

use crate::command::Finished;

/// Tests as a runner counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl Counts {
    /// Sums the closing lines of libtest: `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    pub(crate) fn of_libtest(output: &str) -> Self {
        output.lines().filter(|line| line.starts_with("test result: ")).map(Self::of_line).sum()
    }

    /// Reads the closing line of pytest: `=== 3 passed, 1 skipped in 0.12s ===`.
    pub(crate) fn of_pytest(output: &str) -> Self {
        output.lines().rev().find(|line| line.contains(" in ")).map(Self::of_line).unwrap_or_default()
    }

    /// Sums the closing lines of Surefire, one a module: `Tests run: 3, Failures: 0, Errors: 0, Skipped: 1`. Those of
    /// each class look alike, but tell the time as well.
    pub(crate) fn of_surefire(output: &str) -> Self {
        let number = |line: &str, name: &str| -> u64 {
            let value =
                line.split_once(name).map_or("", |(_, rest)| rest.split(',').next().unwrap_or_default());
            value.trim().parse().unwrap_or_default()
        };
        let closing = |line: &&str| line.contains("Tests run:") && !line.contains("Time elapsed");
        output
            .lines()
            .filter(closing)
            .map(|line| {
                let failed = number(line, "Failures:") + number(line, "Errors:");
                let skipped = number(line, "Skipped:");
                let passed = number(line, "Tests run:").saturating_sub(failed + skipped);
                Self { passed, failed, skipped }
            })
            .sum()
    }

    /// Reads what Swift Testing prints: a line for each test, and `Test run with 3 tests passed after …` at the end.
    pub(crate) fn of_swift_testing(output: &str) -> Self {
        let mut counts = Self::default();
        let mut total = 0;
        for line in output.lines() {
            // Before it is a sign of the outcome, which depends on the terminal.
            let Some((_, line)) = line.split_once(" Test ") else { continue };
            if let Some(number) = line.strip_prefix("run with ").and_then(|rest| rest.split(' ').next()) {
                total = number.parse().unwrap_or(0);
            } else if line.contains(" failed after ") {
                counts.failed += 1;
            } else if line.ends_with(" skipped.") || line.contains(" skipped: ") {
                counts.skipped += 1;
            }
        }
        counts.passed = u64::saturating_sub(total, counts.failed + counts.skipped);
        counts
    }

    /// Reads the line of the app's own reporter: `App pages: 41 passed, 0 failed, 0 skipped`.
    pub(crate) fn of_vitest(output: &str) -> Self {
        output.lines().filter(|line| line.starts_with("App pages: ")).map(Self::of_line).sum()
    }

    /// Reads each number that is followed by a word the runners use.
    fn of_line(line: &str) -> Self {
        let words: Vec<_> = line.split([' ', ',', ';']).filter(|word| !word.is_empty()).collect();
        let mut counts = Self::default();
        for pair in words.windows(2) {
            let [number, word] = pair else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            match *word {
                "passed" => counts.passed += number,
                "failed" | "error" | "errors" => counts.failed += number,
                "ignored" | "skipped" | "xfailed" => counts.skipped += number,
                _ => {}
            }
        }
        counts
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(each: I) -> Self {
        each.fold(Self::default(), |mut sum, counts| {
            sum += counts;
            sum
        })
    }
}

/// How a stage ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) counts: Counts,
    /// What could not be run, and why.
    pub(crate) left_out: Vec<String>,
    /// Why the stage failed, if it did.
    pub(crate) failure: Option<String>,
}

impl Report {
    /// A check that counts nothing.
    pub(crate) fn passed() -> Self {
        Self::default()
    }

    pub(crate) fn failed(why: impl Into<String>) -> Self {
        Self { failure: Some(why.into()), ..Self::default() }
    }

    /// A run of tests, judged by its exit status and its counts together: no test at all is a failure too.
    pub(crate) fn of_run(finished: &Finished, count: fn(&str) -> Counts) -> Self {
        let counts = count(&finished.stdout);
        let failure = if !finished.status.success() {
            Some(format!("`{}` ended with {}", finished.line, finished.status))
        } else if counts.passed == 0 {
            Some(format!("`{}` ran no test", finished.line))
        } else {
            None
        };
        Self { counts, left_out: Vec::new(), failure }
    }

    pub(crate) fn leaving_out(mut self, what: impl Into<String>) -> Self {
        self.left_out.push(what.into());
        self
    }

    /// On CI what is left out is a failure.
    pub(crate) fn on_ci(mut self) -> Self {
        let why = match self.left_out.first() {
            Some(what) => Some(format!("left out, which CI does not allow: {what}")),
            None if self.counts.skipped > 0 => {
                Some(format!("{} tests were skipped, which CI does not allow", self.counts.skipped))
            }
            None => None,
        };
        self.failure = self.failure.or(why);
        self
    }

    fn ran_nothing(&self) -> bool {
        self.counts == Counts::default() && !self.left_out.is_empty()
    }

    fn verdict(&self) -> &'static str {
        match self.failure {
            Some(_) => "FAILED",
            None if self.ran_nothing() => "left out",
            None => "ok",
        }
    }
}

/// A stage that has been run.
pub(crate) struct Row {
    pub(crate) stage: &'static str,
    pub(crate) report: Report,
    pub(crate) took: Duration,
}

impl Row {
    /// The stage on one line.
    pub(crate) fn summary(&self) -> String {
        format!("{}: {} in {:.1} s", self.stage, self.report.verdict(), self.took.as_secs_f64())
    }
}

/// The table of the stages, what was left out, what failed, and last the sum: `N passed, 0 failed` when all went well.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut text = String::new();
    let mut line = |content: String| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", content.trim_end());
    };
    let number = |count: u64| if count == 0 { "–".to_owned() } else { count.to_string() };
    line(format!(
        "{:<16}{:<10}{:>8}{:>8}{:>9}{:>10}",
        "stage", "result", "passed", "failed", "skipped", "time"
    ));
    for row in rows {
        let Counts { passed, failed, skipped } = row.report.counts;
        line(format!(
            "{:<16}{:<10}{:>8}{:>8}{:>9}{:>8.1} s",
            row.stage,
            row.report.verdict(),
            number(passed),
            number(failed),
            number(skipped),
            row.took.as_secs_f64()
        ));
    }
    for row in rows {
        for what in &row.report.left_out {
            line(format!("left out, {}: {what}", row.stage));
        }
    }
    let failures: Vec<_> =
        rows.iter().filter_map(|row| Some((row.stage, row.report.failure.as_ref()?))).collect();
    for (stage, why) in &failures {
        line(format!("FAILED, {stage}: {why}"));
    }
    let Counts { passed, failed, .. } = rows.iter().map(|row| row.report.counts).sum();
    line(match failures.len() {
        0 => format!("{passed} passed, {failed} failed"),
        stages => format!("{passed} passed, {failed} failed; {stages} of {} stages failed", rows.len()),
    });
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIBTEST: &str = "\
running 2 tests
test a ... ok
test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 1 filtered out; finished in 0.00s
   Doc-tests x
test result: FAILED. 3 passed; 1 failed; 4 ignored; 0 measured; 0 filtered out; finished in 1.20s
";

    fn row(report: Report) -> Row {
        Row { stage: "Rust tests", report, took: Duration::from_millis(1500) }
    }

    fn counted(passed: u64, failed: u64, skipped: u64) -> Report {
        Report { counts: Counts { passed, failed, skipped }, ..Report::default() }
    }

    #[test]
    fn libtest_is_summed_over_its_closing_lines() {
        assert_eq!(Counts::of_libtest(LIBTEST), Counts { passed: 5, failed: 1, skipped: 4 });
        assert_eq!(Counts::of_libtest("test 9 passed in name ... ok\n"), Counts::default());
    }

    #[test]
    fn pytest_is_read_from_its_last_line() {
        let output =
            "tests/test_a.py ..  [100%]\n==== 1 failed, 12 passed, 1 skipped, 2 errors in 0.31s ====\n";
        assert_eq!(Counts::of_pytest(output), Counts { passed: 12, failed: 3, skipped: 1 });
        assert_eq!(Counts::of_pytest("7 passed in 0.01s\n"), Counts { passed: 7, failed: 0, skipped: 0 });
        assert_eq!(Counts::of_pytest("no tests ran in 0.01s\n"), Counts::default());
        let vitest = "App pages: 41 passed, 2 failed, 1 skipped\n Tests  41 passed (41)\n";
        assert_eq!(Counts::of_vitest(vitest), Counts { passed: 41, failed: 2, skipped: 1 });
    }

    #[test]
    fn surefire_is_summed_over_its_modules() {
        let output = "\
[INFO] Tests run: 4, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.1 s -- in dev.countersign.CodesTest
[INFO] Tests run: 4, Failures: 0, Errors: 0, Skipped: 0
[ERROR] Tests run: 9, Failures: 1, Errors: 2, Skipped: 1, Time elapsed: 0.2 s <<< FAILURE! -- in PathTest
[ERROR] Tests run: 9, Failures: 1, Errors: 2, Skipped: 1
[INFO] BUILD FAILURE
";
        assert_eq!(Counts::of_surefire(output), Counts { passed: 9, failed: 3, skipped: 1 });
        assert_eq!(Counts::of_surefire("[INFO] No tests to run.\n"), Counts::default());
    }

    #[test]
    fn swift_testing_is_read_line_by_line() {
        let output = "\
◇ Test run started.
◇ Suite CodeTests started.
◇ Test aLinkIsRead() started.
✔ Test aLinkIsRead() passed after 0.001 seconds.
✘ Test code(algorithm:) recorded an issue with 1 argument at CodeTests.swift:26:9: Expectation failed
✘ Test code(algorithm:) with 9 test cases failed after 0.010 seconds with 1 issue.
➜ Test keychain() skipped: \"no keychain\"
✘ Suite CodeTests failed after 0.020 seconds with 1 issue.
✘ Test run with 3 tests failed after 0.021 seconds with 1 issue.
";
        assert_eq!(Counts::of_swift_testing(output), Counts { passed: 1, failed: 1, skipped: 1 });
        let passed = "✔ Test run with 41 tests passed after 3.500 seconds.\n";
        assert_eq!(Counts::of_swift_testing(passed), Counts { passed: 41, failed: 0, skipped: 0 });
        assert_eq!(Counts::of_swift_testing("error: fatalError\n"), Counts::default());
    }

    #[test]
    fn on_ci_what_is_left_out_or_skipped_fails() {
        assert_eq!(counted(3, 0, 0).on_ci().failure, None);
        assert!(counted(3, 0, 1).on_ci().failure.unwrap().contains("1 tests were skipped"));
        assert!(counted(3, 0, 0).leaving_out("no initdb").on_ci().failure.unwrap().contains("no initdb"));
        let already = Report::failed("red").leaving_out("no initdb").on_ci();
        assert_eq!(already.failure.unwrap(), "red");
    }

    #[test]
    fn the_last_line_of_a_pass_is_the_plain_sum() {
        let text = table(&[
            row(counted(2, 0, 0)),
            row(Report::passed().leaving_out("no initdb")),
            row(counted(3, 0, 0)),
        ]);
        assert_eq!(text.lines().last().unwrap(), "5 passed, 0 failed");
        assert!(text.contains("left out, Rust tests: no initdb"), "{text}");
    }

    #[test]
    fn a_failure_without_a_failed_test_does_not_end_like_a_pass() {
        let text = table(&[row(counted(2, 0, 0)), row(Report::failed("clippy is not content"))]);
        assert_eq!(text.lines().last().unwrap(), "2 passed, 0 failed; 1 of 2 stages failed");
        assert!(text.contains("FAILED, Rust tests: clippy is not content"), "{text}");
    }
}
