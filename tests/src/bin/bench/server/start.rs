//! From the start of the process to its being ready, and the memory that it has then.

use std::path::Path;

use super::{Bench, stub::Stub};
use crate::{
    error::BenchError,
    report::{Row, Section, duration, mb},
    timing::{Samples, Stopwatch},
};

const STARTS: usize = 20;

pub(crate) async fn measure(bench: &Bench) -> Result<Section, BenchError> {
    let watch = Stopwatch::default();
    let mut times = Vec::with_capacity(STARTS);
    let mut peaks = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let start = watch.read();
        let stub = Stub::start(bench.program(), Path::new("memory")).await?;
        times.push(watch.since(start));
        peaks.extend(stub.memory().map(|memory| memory.peak));
        stub.stop().await?;
    }
    let times = Samples::from(times);
    let median = times.median();
    let mut rows = vec![
        Row::new("Process start to ready (median)", duration(median))
            .beside(format!("longest of {}: {}", times.count(), duration(times.percentile(100))))
            .target("< 60 ms", median.as_millis() < 60),
    ];
    if let Some(kib) = peaks.into_iter().max() {
        let memory = Row::new("Resident memory, idle, at its peak", mb(kib));
        rows.push(memory.target("< 25 MB", kib * 1024 < 25_000_000));
    }
    let how = "`countersign-server --port 0 --ready-json`, everything in memory, from before the process is made to \
               its line on standard output.";
    Ok(Section::new("Server: start", how, rows))
}
