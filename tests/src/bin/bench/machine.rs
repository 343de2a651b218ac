//! Where and when it was measured.

use std::{fmt, fs, thread};

use countersign::ports::{Clock as _, SystemClock};

/// The machine and the day. What cannot be told is left out.
pub(crate) struct Machine {
    date: String,
    processor: Option<String>,
    cores: usize,
    memory_gib: Option<u64>,
    system: Option<String>,
    kernel: Option<String>,
}

impl Machine {
    pub(crate) fn read() -> Self {
        let kib = field("/proc/meminfo", "MemTotal")
            .and_then(|text| text.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()));
        Self {
            date: SystemClock::new().now().to_string().chars().take_while(|c| *c != 'T').collect(),
            processor: field("/proc/cpuinfo", "model name"),
            cores: thread::available_parallelism().map_or(1, usize::from),
            memory_gib: kib.map(|kib| kib.div_ceil(1024 * 1024)),
            system: field("/etc/os-release", "PRETTY_NAME").map(|name| name.trim_matches('"').to_owned()),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease").ok().map(|text| text.trim().to_owned()),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { date, processor, cores, memory_gib, system, kernel } = self;
        write!(f, "Measured on {date}: {cores} cores")?;
        if let Some(processor) = processor {
            write!(f, " of {processor}")?;
        }
        if let Some(memory) = memory_gib {
            write!(f, ", {memory} GiB of memory")?;
        }
        if let Some(system) = system {
            write!(f, ", {system}")?;
        }
        if let Some(kernel) = kernel {
            write!(f, ", Linux {kernel}")?;
        }
        f.write_str("; release profile.")
    }
}

/// The value after `name` and `:` or `=`, in a file of such lines.
fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    text.lines().find_map(|line| {
        let (key, value) = line.split_once([':', '='])?;
        (key.trim() == name).then(|| value.trim().to_owned())
    })
}
