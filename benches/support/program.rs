//! A program beside the bench, in a process of its own.
#![allow(dead_code, reason = "not every bench asks for all of it")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

/// A server in a process of its own, ended with this one.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Of all its threads, since its start, to 10 ms.
    pub fn cpu(&self) -> Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name, in brackets, may hold anything; user and system time are 12 words after it.
        let (_, words) = stat.rsplit_once(") ").context("no stat")?;
        let ticks = words.split(' ').skip(11).take(2).map(str::parse::<u64>);
        Ok(Duration::from_millis(ticks.sum::<Result<u64, _>>()? * 10))
    }

    /// In bytes.
    pub fn peak_memory(&self) -> Result<u64> {
        self.status("VmHWM")
    }

    /// Now, in bytes.
    pub fn memory(&self) -> Result<u64> {
        self.status("VmRSS")
    }

    fn status(&self, name: &str) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let kilobytes = line.context("no such line")?.trim().trim_end_matches(" kB");
        Ok(kilobytes.parse::<u64>()? * 1024)
    }
}

/// Runs it and waits for the line in which it says where it listens.
pub fn start(command: &mut Command) -> Result<Server> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let output = child.stdout.take().context("no output")?;
    let mut server = Server { child, address: SocketAddr::from(([0, 0, 0, 0], 0)) };
    let mut lines = BufReader::new(output).lines();
    let found = lines.by_ref().find_map(|line| {
        line.ok()?.split_once("http://")?.1.split('/').next()?.trim().parse().ok()
    });
    server.address = found.context("the server did not start")?;
    // A full pipe would stop it.
    std::thread::spawn(move || lines.for_each(drop));
    Ok(server)
}
