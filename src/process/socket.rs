//! The listening socket of the admin endpoints: on `[::]` it serves IPv6 and IPv4, as far as the
//! kernel has them.
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, ipproto, socket_with, sockopt};

/// Connections that wait to be accepted; the kernel takes fewer if it allows fewer.
const BACKLOG: i32 = 128;

/// Listens on an address, without blocking. `[::]` is all of IPv4 too, and only that where the
/// kernel has no IPv6.
pub(super) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    listen_with(address, open)
}

fn listen_with(
    address: SocketAddr,
    open: impl Fn(SocketAddr) -> Result<TcpListener, Errno>,
) -> io::Result<TcpListener> {
    let opened = match open(address) {
        Err(Errno::AFNOSUPPORT | Errno::ADDRNOTAVAIL) if is_all_of_ipv6(address) => {
            open((Ipv4Addr::UNSPECIFIED, address.port()).into())
        }
        opened => opened,
    };
    Ok(opened?)
}

fn is_all_of_ipv6(address: SocketAddr) -> bool {
    address.is_ipv6() && address.ip().is_unspecified()
}

// The standard library's `bind` leaves IPv4 to a setting of the kernel, and tokio takes over no
// listener that blocks.
fn open(address: SocketAddr) -> Result<TcpListener, Errno> {
    let family = if address.is_ipv6() { AddressFamily::INET6 } else { AddressFamily::INET };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family, SocketType::STREAM, flags, Some(ipproto::TCP))?;
    // A restart need not wait for connections of the process before.
    sockopt::set_socket_reuseaddr(&socket, true)?;
    if address.is_ipv6() {
        sockopt::set_ipv6_v6only(&socket, !is_all_of_ipv6(address))?;
    }
    bind(&socket, &address)?;
    rustix::net::listen(&socket, BACKLOG)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv6Addr, TcpStream};

    fn kernel_has_ipv6() -> bool {
        TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok()
    }

    fn answers(listener: &TcpListener, host: &str) -> bool {
        TcpStream::connect((host, listener.local_addr().unwrap().port())).is_ok()
    }

    #[test]
    fn the_default_address_answers_on_both_loopbacks() {
        let listener = listen("[::]:0".parse().unwrap()).unwrap();
        assert!(answers(&listener, "127.0.0.1"));
        assert_eq!(answers(&listener, "::1"), kernel_has_ipv6());
    }

    #[test]
    fn any_other_address_is_only_itself() {
        let listener = listen("0.0.0.0:0".parse().unwrap()).unwrap();
        assert!(answers(&listener, "127.0.0.1") && !answers(&listener, "::1"));
        if kernel_has_ipv6() {
            let listener = listen("[::1]:0".parse().unwrap()).unwrap();
            assert!(answers(&listener, "::1") && !answers(&listener, "127.0.0.1"));
        }
    }

    #[test]
    fn without_ipv6_it_is_all_of_ipv4_and_no_other_address_is_replaced() {
        for refusal in [Errno::AFNOSUPPORT, Errno::ADDRNOTAVAIL] {
            let kernel = |address: SocketAddr| {
                if address.is_ipv6() { Err(refusal) } else { open(address) }
            };
            let listener = listen_with("[::]:0".parse().unwrap(), kernel).unwrap();
            assert!(listener.local_addr().unwrap().is_ipv4());
            assert!(answers(&listener, "127.0.0.1"));
            let error = listen_with("[::1]:0".parse().unwrap(), kernel).err().unwrap();
            assert_eq!(error.raw_os_error(), Some(refusal.raw_os_error()));
        }
    }

    #[test]
    fn a_port_that_is_taken_on_ipv4_alone_is_an_error() {
        let taken = TcpListener::bind("0.0.0.0:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = listen((Ipv6Addr::UNSPECIFIED, port).into()).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }
}
