//! The names and scopes of the probe's tokens, and by what an earlier probe's are known.
use super::facts::{Listed, Shown};

/// The beginning of each name; the operator's own begin with `pat1-`.
pub const PREFIX: &str = "pat-operator probe ";
/// The end of the name of one that was renamed.
const RENAMED: &str = " renamed";
/// A scope that every user has, and one that does not exist. Never none: ISC would grant
/// everything.
pub const SCOPES: [&str; 2] = ["sp:scopes:default", "idn:pat-operator-probe:read"];
/// The life that each is given, in milliseconds.
pub const LIFE: i64 = 10 * 60 * 1_000;
/// The longest life that any of them was ever given, in milliseconds. It was ten minutes, by a
/// clock that may be off.
const LONGEST_LIFE: i64 = 15 * 60 * 1_000;

/// A name that no other token has.
#[expect(clippy::disallowed_methods, reason = "no two probes may use the same name")]
pub fn fresh() -> String {
    format!("{PREFIX}{:016x}", rand::random::<u64>())
}

/// Another name for the same token.
pub fn renamed(name: &str) -> String {
    format!("{name}{RENAMED}")
}

/// True for a name of the probe's form.
fn is_one(name: &str) -> bool {
    let Some(rest) = name.strip_prefix(PREFIX) else { return false };
    let number = rest.strip_suffix(RENAMED).unwrap_or(rest);
    number.len() == 16 && number.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// True if a probe made this token, and it may go: by its form, its owner and the life it was
/// given.
pub fn is_ours(token: &Listed, owner: &str, own_id: &str) -> bool {
    // Negative for the token that the probe asks to have ended in the past.
    let life = match (token.created, &token.expires) {
        (Some(created), Shown::Is(expires)) => expires.saturating_sub(created),
        // Without both times it cannot be told from a token of another tool.
        _ => return false,
    };
    is_one(&token.name)
        && token.owner.as_deref() == Some(owner)
        && token.id != own_id
        && !token.managed
        && life.saturating_abs() <= LONGEST_LIFE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(name: &str) -> Listed {
        let (created, expires) = (Some(1_000_000), Shown::Is(1_600_000));
        Listed {
            id: "a1".into(),
            name: name.into(),
            owner: Some("me".into()),
            created,
            expires,
            ..Listed::default()
        }
    }

    #[test]
    fn names_are_of_the_form_and_never_the_same() {
        let (one, other) = (fresh(), fresh());
        assert!(
            one != other
                && is_ours(&token(&one), "me", "b2")
                && is_ours(&token(&renamed(&one)), "me", "b2")
        );
        assert!(!one.starts_with("pat1-"));
    }

    #[test]
    fn only_short_lived_tokens_of_this_user_with_such_a_name_are_the_probes() {
        let ours = token(&fresh());
        assert!(is_ours(&ours, "me", "b2"));
        let past = Listed { expires: Shown::Is(880_000), ..ours.clone() };
        assert!(is_ours(&past, "me", "b2"), "made with an expiry in the past");
        let renames = [
            "pat-operator probe",
            "pat-operator probe x",
            "My pat-operator probe 0123456789abcdef",
        ];
        let mut others: Vec<Listed> = renames.map(token).into();
        others.extend([
            token("pat-operator probe 0123456789ABCDEF"),
            token("pat-operator probe 0123456789abcdef renamed by me"),
            Listed { owner: Some("you".into()), ..ours.clone() },
            Listed { owner: None, ..ours.clone() },
            Listed { id: "b2".into(), ..ours.clone() },
            Listed { managed: true, ..ours.clone() },
            Listed { created: None, ..ours.clone() },
            Listed { expires: Shown::Null, ..ours.clone() },
            Listed { expires: Shown::Is(1_000_000 + LONGEST_LIFE + 1), ..ours.clone() },
            Listed { created: Some(1_600_000 + LONGEST_LIFE + 1), ..ours.clone() },
        ]);
        for other in others {
            assert!(!is_ours(&other, "me", "b2"), "{other:?}");
        }
    }
}
