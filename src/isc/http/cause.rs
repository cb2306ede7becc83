//! The cause of a failed request in one line.
use std::error::Error;
use std::io;

use jiff::Timestamp;
use rustls::CertificateError;

/// The name that reqwest gives failures of a proxy on the way; the type is not public.
const TUNNEL: &str = "tunnel error";
/// Where a person finds the proxy.
pub(super) const AT_THE_PROXY: &str = "at the proxy of HTTPS_PROXY";
/// Longest cause that is told: that of a certificate for another host lists all its names.
pub(super) const LONGEST_CAUSE: usize = 400;

/// The first cause of an error, without the URL (a path may hold what a user wrote).
pub(super) fn cause(error: &dyn Error) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        match ended(cause) {
            Some(told) => said.push(told),
            None => said.push(cause.to_string()),
        }
        source = cause.source();
    }
    let is_proxy = said.iter().any(|cause| cause.starts_with(TUNNEL));
    let mut first = said.pop().unwrap_or_else(|| "the request failed".into());
    if let Some((end, _)) = first.char_indices().nth(LONGEST_CAUSE) {
        first.truncate(end);
        first.push('…');
    }
    if is_proxy { format!("{first}, {AT_THE_PROXY}") } else { first }
}

/// An expired certificate with the time of its end: rustls counts the seconds since.
fn ended(cause: &(dyn Error + 'static)) -> Option<String> {
    let mut of_tls: &dyn Error = cause;
    if let Some(outer) = cause.downcast_ref::<io::Error>() {
        of_tls = outer.get_ref()?;
    }
    let rustls::Error::InvalidCertificate(flaw) = of_tls.downcast_ref()? else { return None };
    let CertificateError::ExpiredContext { not_after, .. } = flaw else { return None };
    let Ok(seconds) = i64::try_from(not_after.as_secs()) else { return None };
    let Ok(end) = Timestamp::from_second(seconds) else { return None };
    Some(format!("invalid peer certificate: it expired at {end}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustls::pki_types::UnixTime;

    use super::*;

    #[test]
    fn an_expired_certificate_is_told_with_the_time_of_its_end() {
        let said = |seconds| {
            let flaw = CertificateError::ExpiredContext {
                time: UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
                not_after: UnixTime::since_unix_epoch(Duration::from_secs(60)),
            };
            let of_tls = rustls::Error::InvalidCertificate(flaw);
            ended(&io::Error::new(io::ErrorKind::InvalidData, of_tls)).unwrap()
        };
        assert_eq!(said(90), "invalid peer certificate: it expired at 1970-01-01T00:01:00Z");
        assert_eq!(said(90), said(91));
    }
}
