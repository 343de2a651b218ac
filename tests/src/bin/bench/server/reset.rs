//! Reset of a realm, between two tests as it were.

use std::path::Path;

use countersign::protocol::account::SignUp;
use hyper::StatusCode;

use super::{
    Bench,
    driver::{Connection, request},
    stub::Stub,
};
use crate::{
    error::BenchError,
    report::{Row, Section, duration},
    timing::{Samples, Stopwatch},
};

const RESETS: usize = 50;

pub(crate) async fn measure(bench: &Bench) -> Result<Section, BenchError> {
    let memory = resets(bench, Path::new("memory")).await?;
    let file = resets(bench, &bench.folder().join("reset.db")).await?;
    let row = |what, samples: &Samples| {
        let slowest = format!("slowest of {}: {}", samples.count(), duration(samples.percentile(100)));
        Row::new(what, duration(samples.median())).beside(slowest)
    };
    let met = memory.median().as_millis() < 3;
    let rows = vec![
        row("Reset of a realm in memory (median)", &memory).target("< 3 ms", met),
        row("Reset of a realm in a file, durable (median)", &file),
    ];
    let how = "`POST /_stub/reset` over an open connection, each time after a sign-up.";
    Ok(Section::new("Server: reset", how, rows))
}

async fn resets(bench: &Bench, database: &Path) -> Result<Samples, BenchError> {
    let stub = Stub::start(bench.program(), database).await?;
    let mut connection = Connection::open(stub.address()?).await?;
    let bearer = stub.bearer();
    let sign_up = serde_json::to_vec(&SignUp {
        company: "Kessler Books".parse()?,
        admin_email: "mia@kessler-books.example".parse()?,
        name: "Mia Kessler".parse()?,
        password: "three lanterns by the harbour".parse()?,
    })?;
    let watch = Stopwatch::default();
    let mut times = Vec::with_capacity(RESETS);
    for _ in 0..RESETS {
        let sign_up = request("POST", "/r/bench/signup", &[], sign_up.clone())?;
        connection.send(sign_up).await?.expect(StatusCode::ACCEPTED)?;
        let reset = request("POST", "/r/bench/_stub/reset", &[("authorization", &bearer)], Vec::new())?;
        let start = watch.read();
        connection.send(reset).await?.expect(StatusCode::NO_CONTENT)?;
        times.push(watch.since(start));
    }
    stub.stop().await?;
    Ok(times.into())
}
