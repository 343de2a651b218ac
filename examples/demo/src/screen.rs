use std::{io::IsTerminal as _, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};

use crate::report::Step;

/// Where the story is told while it happens: standard error, or nowhere.
#[derive(Clone)]
pub(crate) enum Screen {
    /// Lines, with a bar below them that shows what is going on.
    Terminal(ProgressBar),
    /// Lines alone.
    Plain,
    /// Nothing, for scripts.
    Silent,
}

impl Screen {
    pub(crate) fn new(silent: bool) -> Self {
        if silent {
            Self::Silent
        } else if std::io::stderr().is_terminal() {
            Self::Terminal(bar())
        } else {
            Self::Plain
        }
    }

    /// The title of the step that begins.
    pub(crate) fn begin(&self, step: Step) {
        self.line(&format!("{:>2}  {}", step.number(), step.title()));
        if let Self::Terminal(bar) = self {
            bar.set_position(step.number());
            bar.set_message(step.title());
        }
    }

    /// Something that happens in the step.
    pub(crate) fn say(&self, line: &str) {
        self.line(&format!("      {line}"));
    }

    /// Takes the bar away; the lines stay.
    pub(crate) fn end(&self) {
        self.line("");
        if let Self::Terminal(bar) = self {
            bar.finish_and_clear();
        }
    }

    fn line(&self, line: &str) {
        match self {
            Self::Terminal(bar) => bar.println(line),
            Self::Plain => eprintln!("{line}"),
            Self::Silent => {}
        }
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(Step::count());
    // The default style serves if the template cannot be read.
    if let Ok(style) = ProgressStyle::with_template("{spinner} {bar:24} {pos}/{len}  {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
