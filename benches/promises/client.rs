//! A keep-alive HTTP/1.1 client that costs little: it sends the same bytes again and again and reads answers of a known length.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::Outcome;

/// How many clients ask at once.
pub const CONNECTIONS: usize = 16;

/// A request, and where it goes.
#[derive(Debug, Clone)]
pub struct Target {
    authority: String,
    request: Vec<u8>,
}

impl Target {
    /// A GET of `path`, with a cookie or without.
    pub fn get(authority: &str, path: &str, cookie: Option<&str>) -> Self {
        let cookie = cookie.map(|cookie| format!("Cookie: {cookie}\r\n")).unwrap_or_default();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\n{cookie}\r\n").into_bytes();
        Self { authority: authority.to_owned(), request }
    }
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(authority: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(authority).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 64 * 1024] })
    }

    /// Asks once; how many bytes the body has. Anything but 200 is an error.
    async fn ask(&mut self, target: &Target) -> Outcome<usize> {
        self.stream.write_all(&target.request).await?;
        let mut filled = self.stream.read(&mut self.buffer).await?;
        let (head, body) = loop {
            if let Some(end) = self.buffer[..filled].windows(4).position(|four| four == b"\r\n\r\n") {
                break (end + 4, body_length(&self.buffer[..end])?);
            }
            filled += self.more(filled).await?;
        };
        if self.buffer.len() < head + body {
            self.buffer.resize(head + body, 0);
        }
        while filled < head + body {
            filled += self.more(filled).await?;
        }
        Ok(body)
    }

    async fn more(&mut self, filled: usize) -> Outcome<usize> {
        match self.stream.read(&mut self.buffer[filled..]).await? {
            0 => Err("the server hung up".into()),
            read => Ok(read),
        }
    }
}

fn body_length(head: &[u8]) -> Outcome<usize> {
    let head = std::str::from_utf8(head)?;
    if !head.starts_with("HTTP/1.1 200 ") {
        return Err(format!("not the page: {head}").into());
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    Ok(length.ok_or("an answer without its length")?.parse()?)
}

/// Asks once on a connection of its own; how many bytes the body has.
pub async fn once(target: &Target) -> Outcome<usize> {
    Connection::open(&target.authority).await?.ask(target).await
}

/// Answers a second, over all connections, for as long as `turn`.
pub async fn rate(target: &Target, turn: Duration) -> Outcome<f64> {
    let mut clients = JoinSet::new();
    let began = Instant::now();
    for _ in 0..CONNECTIONS {
        let target = target.clone();
        clients.spawn(async move {
            let mut connection = Connection::open(&target.authority).await?;
            let mut answers = 0_u32;
            while began.elapsed() < turn {
                connection.ask(&target).await?;
                answers += 1;
            }
            Outcome::Ok(answers)
        });
    }
    let mut answers = 0;
    while let Some(client) = clients.join_next().await {
        answers += client??;
    }
    Ok(f64::from(answers) / began.elapsed().as_secs_f64())
}

/// How long each answer took, in milliseconds, over all connections, for as long as `turn`. Each connection asks for one target
/// after the other, beginning with one of its own.
pub async fn times(targets: &[Target], turn: Duration) -> Outcome<Vec<f64>> {
    let mut clients = JoinSet::new();
    let began = Instant::now();
    for place in 0..CONNECTIONS {
        let targets = targets.to_vec();
        clients.spawn(async move {
            let first = targets.first().ok_or("nothing to ask for")?;
            let mut connection = Connection::open(&first.authority).await?;
            let mut times = Vec::new();
            for target in targets.iter().cycle().skip(place) {
                if began.elapsed() >= turn {
                    break;
                }
                let asked = Instant::now();
                connection.ask(target).await?;
                times.push(asked.elapsed().as_secs_f64() * 1000.0);
            }
            Outcome::Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(client) = clients.join_next().await {
        times.extend(client??);
    }
    Ok(times)
}
