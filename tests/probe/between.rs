//! A gateway between the probe and the simulator that alters replies after they took effect.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// A reply on its way.
pub struct Reply {
    pub status: u16,
    /// Its content type; empty for none.
    pub kind: String,
    pub body: String,
    /// The other headers, as lines.
    headers: Vec<String>,
}

/// Alters the reply to a request, of which it gets the first line.
pub type Edit = fn(&str, &mut Reply);

/// The URL under which the tenant with this URL answers so. It serves until the test ends.
pub fn gateway(tenant_url: &str, edit: Edit) -> String {
    let (host, path) = tenant_url.trim_start_matches("http://").split_once('/').unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/{path}", listener.local_addr().unwrap());
    let host = host.to_owned();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, host) = (stream.unwrap(), host.clone());
            // A probe that is gone needs no reply.
            thread::spawn(move || _ = carry(stream, &host, edit));
        }
    });
    url
}

fn carry(mut caller: TcpStream, host: &str, edit: Edit) -> std::io::Result<()> {
    let (request, mut headers, body) = read(&mut BufReader::new(caller.try_clone()?))?;
    headers.retain(|line| !is(line, "connection") && !is(line, "content-length"));
    let mut isc = TcpStream::connect(host)?;
    write(&mut isc, &request, &headers, &body)?;
    let (line, mut headers, body) = read(&mut BufReader::new(isc))?;
    let status = line.split(' ').nth(1).unwrap().parse().unwrap();
    let kind = headers.iter().find_map(|line| line.strip_prefix("content-type: "));
    let kind = kind.unwrap_or_default().to_owned();
    headers.retain(|line| {
        !["connection", "content-length", "content-type"].iter().any(|name| is(line, name))
    });
    let mut reply = Reply { status, kind, body, headers };
    edit(&request, &mut reply);
    if !reply.kind.is_empty() {
        reply.headers.push(format!("content-type: {}", reply.kind));
    }
    write(&mut caller, &format!("HTTP/1.1 {} altered", reply.status), &reply.headers, &reply.body)
}

fn is(line: &str, header: &str) -> bool {
    line.to_ascii_lowercase().starts_with(&format!("{header}:"))
}

/// First line, headers and body of a message.
fn read(from: &mut BufReader<TcpStream>) -> std::io::Result<(String, Vec<String>, String)> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if from.read_line(&mut line)? <= 2 {
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    if lines.is_empty() {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    let length = lines.iter().find(|line| is(line, "content-length"));
    let length = length.map_or(0, |line| line.split(' ').nth(1).unwrap().parse().unwrap());
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    let first = lines.remove(0);
    Ok((first, lines, String::from_utf8(body).unwrap()))
}

fn write(to: &mut TcpStream, first: &str, headers: &[String], body: &str) -> std::io::Result<()> {
    let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let length = body.len();
    write!(to, "{first}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}")
}
