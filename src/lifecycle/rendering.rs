//! The data of a published Secret: one table of keys by format writes, compares and recognises it.
use std::collections::BTreeMap;

use k8s_openapi::ByteString;

use super::ledger::{Endpoint, Entry};
use crate::api::personal_access_token::SecretFormat;
use crate::credential::Credential;
use crate::redacted::Redacted;

/// The data of a Secret, as a read of it shows them.
pub type Found = BTreeMap<String, ByteString>;

/// The data that a Secret should have, by key. URLs and the client ID are no secrets, but stand
/// beside one.
pub type Rendered = BTreeMap<&'static str, Redacted>;

/// The keys of one format.
struct Keys {
    client_id: &'static str,
    client_secret: &'static str,
    api_url: &'static str,
    token_url: Option<&'static str>,
    nerm_url: &'static str,
}

const PLAIN: Keys = Keys {
    client_id: "clientId",
    client_secret: "clientSecret",
    api_url: "apiUrl",
    token_url: Some("tokenUrl"),
    nerm_url: "nermUrl",
};

const SAILPOINT_SDK: Keys = Keys {
    client_id: "SAIL_CLIENT_ID",
    client_secret: "SAIL_CLIENT_SECRET",
    api_url: "SAIL_BASE_URL",
    token_url: None,
    nerm_url: "SAIL_NERM_BASE_URL",
};

const ALL: [Keys; 2] = [PLAIN, SAILPOINT_SDK];

impl Keys {
    const fn of(format: SecretFormat) -> Self {
        match format {
            SecretFormat::Plain => PLAIN,
            SecretFormat::SailPointSdk => SAILPOINT_SDK,
        }
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        let always = [self.client_id, self.client_secret, self.api_url, self.nerm_url];
        always.into_iter().chain(self.token_url)
    }
}

/// Every key that any format writes: the operator's own, which a write may remove.
pub fn all_keys() -> impl Iterator<Item = &'static str> {
    ALL.iter().flat_map(Keys::names)
}

/// The data of a Secret that holds the pair of this token.
pub fn render(entry: &Entry, endpoint: &Endpoint, format: SecretFormat) -> Rendered {
    let keys = Keys::of(format);
    let text = |text: &str| Redacted::new(text.to_owned());
    let mut data = Rendered::from([
        (keys.client_id, text(&entry.id)),
        (keys.client_secret, entry.client_secret.clone()),
        (keys.api_url, text(&endpoint.api_url)),
    ]);
    if let Some(key) = keys.token_url {
        data.insert(key, Redacted::new(format!("{}/oauth/token", endpoint.api_url)));
    }
    if let Some(url) = &endpoint.nerm_url {
        data.insert(keys.nerm_url, text(url));
    }
    data
}

/// True if one of the operator's own keys holds something else, or should not be there.
pub fn differs(found: Option<&Found>, wanted: &Rendered) -> bool {
    // Keys of every format: a pair that another format left would be a second, stale one.
    all_keys().any(|key| {
        let bytes = found.and_then(|found| found.get(key));
        match (bytes, wanted.get(key)) {
            (Some(bytes), Some(value)) => !value.is_bytes(&bytes.0),
            (None, None) => false,
            (Some(_), None) | (None, Some(_)) => true,
        }
    })
}

/// The pair in a Secret's data; `None`: there is none, or half of one.
pub fn recognise(found: &Found) -> Option<Credential> {
    // Whatever the format is now: the spec may have changed since the Secret was written.
    for keys in ALL {
        if let (Some(id), Some(client_secret)) =
            (text(found, keys.client_id), text(found, keys.client_secret))
        {
            return Some(Credential::new(id, Redacted::new(client_secret)));
        }
    }
    None
}

fn text(found: &Found, key: &str) -> Option<String> {
    String::from_utf8(found.get(key)?.0.clone()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::ledger::State;
    use crate::lifecycle::sample;

    const FORMATS: [SecretFormat; 2] = [SecretFormat::Plain, SecretFormat::SailPointSdk];

    fn endpoint(nerm_url: Option<&str>) -> Endpoint {
        Endpoint { nerm_url: nerm_url.map(Into::into), ..sample::empty().endpoint }
    }

    fn stored(data: &Rendered) -> Found {
        data.iter()
            .map(|(key, value)| ((*key).to_owned(), ByteString(value.expose().into())))
            .collect()
    }

    #[test]
    fn what_is_rendered_is_right_and_recognised_in_every_format() {
        let entry = sample::entry(1, "a", State::Current);
        for format in FORMATS {
            for nerm in [None, Some("https://nerm.example")] {
                let wanted = render(&entry, &endpoint(nerm), format);
                let found = stored(&wanted);
                assert!(!differs(Some(&found), &wanted), "{format:?}");
                let pair = recognise(&found).unwrap();
                assert_eq!(
                    (&pair.client_id, &pair.client_secret),
                    (&entry.id, &entry.client_secret),
                    "{format:?}"
                );
            }
        }
    }

    #[test]
    fn each_key_of_the_operators_own_counts_and_no_other() {
        let entry = sample::entry(1, "a", State::Current);
        let wanted = render(&entry, &endpoint(None), SecretFormat::Plain);
        for key in all_keys() {
            let mut found = stored(&wanted);
            found.insert(key.into(), ByteString(vec![0xff]));
            assert!(differs(Some(&found), &wanted), "{key} is not text");
            let mut found = stored(&wanted);
            if found.remove(key).is_some() {
                assert!(differs(Some(&found), &wanted), "{key} is missing");
            }
        }
        let mut found = stored(&wanted);
        found.insert("users".into(), ByteString(b"own".into()));
        assert!(!differs(Some(&found), &wanted));
        assert!(differs(None, &wanted));
    }

    #[test]
    fn half_a_pair_is_none() {
        let found = |keys: &[&str]| {
            keys.iter().map(|key| ((*key).to_owned(), ByteString(b"x".into()))).collect()
        };
        assert_eq!(recognise(&found(&["clientId"])), None);
        assert_eq!(recognise(&found(&["clientId", "SAIL_CLIENT_SECRET"])), None);
        assert!(recognise(&found(&["clientId", "clientSecret"])).is_some());
    }
}
