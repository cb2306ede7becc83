//! Scopes as ISC packs them into an access token: one bit for each scope of the table.
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::scopes::{ExtraScopes, table};

/// These scopes as base64 text such as `FA==`; scopes that are not in the table get lost.
pub fn pack(scopes: &[String], extra: &ExtraScopes) -> String {
    let mut bytes = vec![0_u8];
    for (index, name) in table(extra).enumerate() {
        if scopes.iter().any(|scope| scope == name) {
            bytes.resize(bytes.len().max(index / 8 + 1), 0);
            bytes[index / 8] |= 1 << (index % 8);
        }
    }
    STANDARD.encode(bytes)
}

/// The scopes that such a text stands for, in the order of their names.
pub fn unpack(text: &str, extra: &ExtraScopes) -> Vec<String> {
    let bytes = STANDARD.decode(text).unwrap_or_default();
    let is_set =
        |index: usize| bytes.get(index / 8).is_some_and(|byte| byte & (1 << (index % 8)) != 0);
    let set = table(extra).enumerate().filter(|(index, _)| is_set(*index));
    let mut scopes: Vec<String> = set.map(|(_, name)| name.to_owned()).collect();
    scopes.sort();
    scopes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(list: &[&str]) -> Vec<String> {
        list.iter().map(|s| (*s).to_owned()).collect()
    }

    #[test]
    fn what_is_packed_comes_out_again() {
        let extra = ExtraScopes::from([("idn:new:read".to_owned(), Vec::new())]);
        for scopes in [
            &[][..],
            &["sp:scopes:all"],
            &["das:applications:read", "idn:new:read", "sp:scopes:default"],
        ] {
            assert_eq!(
                unpack(&pack(&strings(scopes), &extra), &extra),
                scopes,
                "{}",
                pack(&strings(scopes), &extra)
            );
        }
    }

    #[test]
    fn a_few_scopes_make_a_short_text_without_their_names() {
        let text = pack(
            &strings(&["sp:my-personal-access-tokens:manage", "no:such:scope"]),
            &ExtraScopes::new(),
        );
        assert_eq!(text, "BA==");
        assert_eq!(unpack("not base64", &ExtraScopes::new()), Vec::<String>::new());
    }
}
