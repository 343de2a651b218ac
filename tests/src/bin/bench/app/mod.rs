//! The authenticator as a whole program, beside an empty window of Tauri, both seen from outside.

mod desktop;
mod screen;

use std::time::Duration;

use self::desktop::Desktop;
use crate::{
    error::BenchError,
    processes::Tree,
    programs::{Pair, Subject},
    report::{Row, Section, duration, mb},
    timing::{Samples, pass},
};

const STARTS: usize = 20;
/// The first starts, at which memory is read too.
const MEMORIES: usize = 5;
/// After its first paint a window is idle.
const SETTLED: Duration = Duration::from_secs(3);
const HIDDEN: Duration = Duration::from_mins(1);

pub(crate) async fn measure(subject: &Subject) -> Result<Section, BenchError> {
    const TITLE: &str = "App";
    match subject {
        Subject::LeftOut { left_out } => {
            Ok(Section::new(TITLE, format!("Not measured: {left_out}."), Vec::new()))
        }
        Subject::Built(pair) => {
            let desktop = Desktop::start().await?;
            let mut rows = beside_an_empty_window(pair, &desktop).await?;
            rows.push(hidden(pair, &desktop).await?);
            let how = format!(
                "The release build at its first run, and an empty window of Tauri, started in turns {STARTS} times each \
                 after one that is not counted, on a virtual screen, with a keyring that is unlocked. First paint is \
                 from before the process is made to when the window shows more than a plain area. Memory is the sum \
                 over all of its processes, the webview's too, where what several share counts once ({} s after the \
                 first paint, median of {MEMORIES}). Hidden is after the window was closed to the tray, at its \
                 first run too: there is no account whose server would be listened to. The system counts processor \
                 time in steps of 10 ms.",
                SETTLED.as_secs()
            );
            Ok(Section::new(TITLE, how, rows))
        }
    }
}

/// Of one program.
#[derive(Default)]
struct Figures {
    paints: Vec<Duration>,
    memories: Vec<u64>,
}

async fn beside_an_empty_window(pair: &Pair, desktop: &Desktop) -> Result<Vec<Row>, BenchError> {
    let (mut app, mut empty) = (Figures::default(), Figures::default());
    // The first of each finds nothing in the caches of the system.
    for round in 0..=STARTS {
        for (program, figures) in [(&pair.empty, &mut empty), (&pair.measured, &mut app)] {
            let running = desktop.run(program).await?;
            if (1..=MEMORIES).contains(&round) {
                pass(SETTLED).await;
                figures.memories.push(running.tree()?.memory());
            }
            if round > 0 {
                figures.paints.push(running.painted);
            }
            running.end().await?;
        }
    }
    let (app_memory, empty_memory) = (middle(app.memories), middle(empty.memories));
    let (app, empty) = (Samples::from(app.paints), Samples::from(empty.paints));
    let (later, more) =
        (app.median().saturating_sub(empty.median()), app_memory.saturating_sub(empty_memory));
    Ok(vec![
        Row::new("First paint, after that of an empty window (median)", duration(later))
            .beside(format!(
                "app {}, empty window {}; longest {} and {}",
                duration(app.median()),
                duration(empty.median()),
                duration(app.percentile(100)),
                duration(empty.percentile(100))
            ))
            .target("≤ 100 ms", later <= Duration::from_millis(100)),
        Row::new("Memory, idle, beyond an empty window", mb(more))
            .beside(format!("app {}, empty window {}", mb(app_memory), mb(empty_memory)))
            .target("< 40 MB", more * 1024 < 40_000_000),
    ])
}

async fn hidden(pair: &Pair, desktop: &Desktop) -> Result<Row, BenchError> {
    let app = desktop.run(&pair.measured).await?;
    pass(SETTLED).await;
    desktop.close_windows().await?;
    let empty = desktop.run(&pair.empty).await?;
    pass(SETTLED).await;
    let trees = [app.tree()?, empty.tree()?];
    let times = || trees.each_ref().map(Tree::processor_time);
    let [app_before, empty_before] = times();
    pass(HIDDEN).await;
    let [app_after, empty_after] = times();
    let (used, beside) = (app_after.saturating_sub(app_before), empty_after.saturating_sub(empty_before));
    app.end().await?;
    empty.end().await?;
    Ok(Row::new(
        "Hidden: processor time in 60 s",
        format!("{} ms, {:.2} %", used.as_millis(), 100.0 * used.div_duration_f64(HIDDEN)),
    )
    .beside(format!("an empty window that is seen, in the same minute: {} ms", beside.as_millis()))
    // In whole percents: the webview looks at its memory every few seconds, whatever it shows.
    .target("0 %", used < HIDDEN / 200))
}

fn middle(mut figures: Vec<u64>) -> u64 {
    figures.sort_unstable();
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}
