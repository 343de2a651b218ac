//! What was measured, as people read it.

use std::{fmt, time::Duration};

use crate::machine::Machine;

/// A table of the report, with how its figures were taken.
pub(crate) struct Section {
    title: &'static str,
    how: String,
    rows: Vec<Row>,
}

/// One figure.
pub(crate) struct Row {
    what: String,
    measured: String,
    beside: Option<String>,
    target: Option<Target>,
}

struct Target {
    text: &'static str,
    met: bool,
}

impl Section {
    /// A table. `how` says in whole sentences what a row stands for.
    pub(crate) fn new(title: &'static str, how: impl Into<String>, rows: Vec<Row>) -> Self {
        Self { title, how: how.into(), rows }
    }
}

impl Row {
    pub(crate) fn new(what: impl Into<String>, measured: impl Into<String>) -> Self {
        Self { what: what.into(), measured: measured.into(), beside: None, target: None }
    }

    /// What it is to be read against, taken in the same run.
    pub(crate) fn beside(mut self, beside: impl Into<String>) -> Self {
        self.beside = Some(beside.into());
        self
    }

    /// What it should be, and whether it is.
    pub(crate) fn target(mut self, text: &'static str, met: bool) -> Self {
        self.target = Some(Target { text, met });
        self
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "## {}\n\n{}", self.title, self.how)?;
        if self.rows.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n| what | measured | beside it | target | met |\n|---|---|---|---|---|")?;
        for Row { what, measured, beside, target } in &self.rows {
            let beside = beside.as_deref().unwrap_or("–");
            let (target, met) =
                target.as_ref().map_or(("–", "–"), |Target { text, met }| (text, verdict(*met)));
            writeln!(f, "| {what} | {measured} | {beside} | {target} | {met} |")?;
        }
        Ok(())
    }
}

/// Begins what was measured by other commands, and is kept.
const OTHERS: &str =
    "<!-- What follows is measured by other commands; `cargo xtask bench` leaves it as it is. -->";

/// The whole report, and what others have added to the one before.
pub(crate) fn document(machine: &Machine, sections: &[Section], before: &str) -> String {
    let others = before.find(OTHERS).map_or(String::new(), |begin| format!("\n{}", &before[begin..]));
    let tables: Vec<_> = sections.iter().map(ToString::to_string).collect();
    format!(
        "# Benchmarks\n\nWritten by `cargo xtask bench`; do not edit. {machine}\n\nFigures are as they came out of one \
         run. What is below its target is a finding, and stands here as one.\n\n## Findings\n\n{}\n\n{}{others}",
        findings(sections),
        tables.join("\n")
    )
}

fn findings(sections: &[Section]) -> String {
    let rows = sections.iter().flat_map(|section| &section.rows);
    let missed: Vec<_> = rows
        .filter_map(|row| {
            let Target { text, .. } = row.target.as_ref().filter(|target| !target.met)?;
            Some(format!("- {}: {}; the target is {text}.", row.what, row.measured))
        })
        .collect();
    if missed.is_empty() { "Every target is met.".to_owned() } else { missed.join("\n") }
}

fn verdict(met: bool) -> &'static str {
    if met { "yes" } else { "**no**" }
}

/// Nanoseconds as people read them.
pub(crate) fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        n if n < 1e3 => format!("{n:.0} ns"),
        n if n < 1e6 => format!("{:.1} µs", n / 1e3),
        n if n < 1e9 => format!("{:.2} ms", n / 1e6),
        n => format!("{:.2} s", n / 1e9),
    }
}

/// A duration as people read it.
pub(crate) fn duration(duration: Duration) -> String {
    time(crate::timing::nanoseconds(duration))
}

/// How many of these there are in a second, as people read it.
pub(crate) fn per_second(nanoseconds: f64) -> String {
    format!("{}/s", grouped(1e9 / nanoseconds))
}

/// A number without its fraction, in groups of three digits.
pub(crate) fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// KiB as people read them.
pub(crate) fn mb(kib: u64) -> String {
    let tenths = (kib * 1024).div_ceil(100_000);
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

/// A factor as people read it.
pub(crate) fn factor(factor: f64) -> String {
    format!("{factor:.2}×")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_by_people() {
        assert_eq!(grouped(6.4), "6");
        assert_eq!(grouped(999.6), "1,000");
        assert_eq!(grouped(1_234_567.0), "1,234,567");
        assert_eq!(time(412.0), "412 ns");
        assert_eq!(time(1_500_000.0), "1.50 ms");
        assert_eq!(duration(Duration::from_micros(12)), "12.0 µs");
        assert_eq!(per_second(1e6), "1,000/s");
    }

    #[test]
    fn a_missed_target_is_a_finding() {
        let rows = vec![
            Row::new("codes", "0.5×").target("≥ 2×", false),
            Row::new("list", "0.4 ms").beside("1 ms").target("< 1 ms", true),
        ];
        let sections = [Section::new("Codes", "How.", rows)];
        assert_eq!(findings(&sections), "- codes: 0.5×; the target is ≥ 2×.");
        let text = sections[0].to_string();
        assert!(text.contains("| codes | 0.5× | – | ≥ 2× | **no** |"), "{text}");
        assert!(text.contains("| list | 0.4 ms | 1 ms | < 1 ms | yes |"), "{text}");
        assert_eq!(findings(&[]), "Every target is met.");
    }

    #[test]
    fn what_was_not_measured_has_no_table() {
        assert_eq!(Section::new("App", "Not here.", Vec::new()).to_string(), "## App\n\nNot here.\n");
    }

    #[test]
    fn what_others_measured_is_kept() {
        let others = format!("{OTHERS}\n\n## Size\n");
        let once = document(&Machine::read(), &[], &format!("# Old\n\n{others}"));
        assert!(once.ends_with(&format!("\n\n{others}")), "{once}");
        assert_eq!(once.matches("# Old").count(), 0);
        assert!(!document(&Machine::read(), &[], "# Old\n").contains(OTHERS));
    }
}
