//! A proxy on loopback that carries what it is asked to by CONNECT, and writes down all that it is
//! asked for.
use std::io;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request to the proxy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    /// `host:port` of a CONNECT, or the whole request line of anything else.
    pub target: String,
    /// Its `Proxy-Authorization`.
    pub authorization: Option<String>,
}

#[derive(Default)]
struct Book {
    asked: Vec<Asked>,
    refused: Option<String>,
}

/// A running proxy; it ends when dropped.
pub struct Proxy {
    port: u16,
    book: Arc<Mutex<Book>>,
    listening: JoinHandle<()>,
}

impl Proxy {
    /// Starts it on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let book = Arc::<Mutex<Book>>::default();
        let kept = book.clone();
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // What breaks off is told by the client.
                tokio::spawn(serve(client, kept.clone()));
            }
        });
        Self { port, book, listening }
    }

    /// `host:port`, under any name of this machine.
    pub fn address(&self, host: &str) -> String {
        format!("{host}:{}", self.port)
    }

    /// All that it was asked for since the last look, each once and in order of their names.
    pub fn asked(&self) -> Vec<Asked> {
        let mut asked = std::mem::take(&mut self.book.lock().unwrap().asked);
        asked.sort();
        asked.dedup();
        asked
    }

    /// Refuses this `host:port` from now on.
    pub fn refuse(&self, target: &str) {
        self.book.lock().unwrap().refused = Some(target.into());
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn serve(mut client: TcpStream, book: Arc<Mutex<Book>>) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    let asked = read(&String::from_utf8_lossy(&head));
    let refused = {
        let mut book = book.lock().unwrap();
        book.asked.push(asked.clone());
        book.refused.as_ref() == Some(&asked.target)
    };
    if refused {
        return client.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await;
    }
    let mut server = TcpStream::connect(&asked.target).await?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
    copy_bidirectional(&mut client, &mut server).await.map(drop)
}

fn read(head: &str) -> Asked {
    let mut lines = head.lines();
    let line = lines.next().unwrap_or_default();
    let connect = line.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next());
    let named = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("proxy-authorization").then(|| value.to_owned())
    };
    Asked { target: connect.unwrap_or(line).into(), authorization: lines.find_map(named) }
}
