//! What is judged before a token is made: access tokens, and what LIST shows.
use super::*;

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn what_comes_with_an_access_token() {
    use Question::*;
    check(&[
        (ScopeClaim, |f| access(f).claim = Claim::Absent, "holds", "none"),
        (ScopeClaim, |f| access(f).claim = Claim::Other, "unknown", "an unknown form"),
        (ScopeClaim, |f| access(f).claim = Claim::Unreadable, "unknown", "not a readable JWT"),
        (
            ScopeText,
            |f| f.token.text = Some(Text::Names(set(&SCOPES))),
            "does not hold",
            "also one that gives none",
        ),
        (ScopeText, |f| f.token.text = None, "holds", "yes"),
        (ScopeText, nameless, "does not hold", "read write"),
        (ScopeText, |f| (nameless(f), access(f).names_in_claim = true).1, "holds", "read write"),
        (ScopeText, |f| (nameless(f), answers(f)).1, "holds", "read write"),
        (CheckToken, nameless, "does not hold", "404"),
        (CheckToken, |f| (nameless(f), answers(f)).1, "holds", "with names"),
        (CheckToken, |f| (nameless(f), access(f).names_in_claim = true).1, "holds", "not needed"),
        (
            CheckToken,
            |f| f.check = Some(Check { said: Said::Status(200), names: false }),
            "holds",
            "names no scopes",
        ),
        (
            ExpiresIn,
            |f| access(f).life = Life::Odd(599),
            "does not hold",
            "599 s, but not as a whole number",
        ),
        (ExpiresIn, |f| access(f).life = Life::Seconds(0), "does not hold", "0 s"),
        (
            ExpiresIn,
            |f| access(f).life = Life::Seconds(u64::MAX),
            "does not hold",
            "18446744073709551615 s",
        ),
        (ExpiresIn, |f| access(f).life = Life::Absent, "does not hold", "absent"),
        (ExpiresIn, |f| access(f).life = Life::Other, "does not hold", "not a number"),
        (Identity, |f| access(f).identity = Named::default(), "holds", "by LIST"),
        (
            Identity,
            |f| access(f).identity.claims = Some("you".into()),
            "does not hold",
            "different users",
        ),
        (
            Identity,
            |f| own(f).owner = Some("you".into()),
            "does not hold",
            "the claims and LIST name different",
        ),
        (
            Identity,
            |f| (access(f).identity = Named::default(), own(f).owner = None).1,
            "does not hold",
            "by none of them",
        ),
        (TenantId, |f| access(f).tenant_id = Named::default(), "holds", "by /oauth/info"),
        (
            TenantId,
            |f| (access(f).tenant_id = Named::default(), f.info = None).1,
            "does not hold",
            "by none of them",
        ),
        (
            TenantId,
            |f| access(f).tenant_id.claims = Some("u".into()),
            "does not hold",
            "different ones",
        ),
        (TenantName, |f| f.info.as_mut().unwrap().name = None, "unknown", "in the pod p1"),
        (TenantName, |f| f.info = None, "unknown", "does not say"),
        (TenantName, |f| (f.info = None, access(f).name = Some("a\u{1b}b".into())).1, "holds", "…"),
    ]);
}

fn nameless(facts: &mut Facts) {
    access(facts).text = Text::Words;
    facts.token.text = Some(Text::Words);
}

fn answers(facts: &mut Facts) {
    facts.check = Some(Check { said: Said::Status(200), names: true });
}

#[test]
fn what_list_shows() {
    use Question::*;
    check(&[
        (ListOwner, |f| list(f).nobodys = 1, "does not hold", "not of 1 of 1"),
        (ListOwner, |f| list(f).owners = set(&["me", "you"]), "does not hold", "2 users"),
        (ListOwner, |f| list(f).owners = set(&[]), "unknown", "no token"),
        (ListOwn, |f| list(f).own = None, "does not hold", "no"),
        (
            OwnExpiry,
            |f| own(f).expires = Shown::Is(T + 15 * 24 * 60 * MINUTE),
            "holds",
            "on 2027-01-30 at 08:00:00 UTC",
        ),
        (
            OwnExpiry,
            |f| own(f).expires = Shown::Is(T + 13 * 24 * 60 * MINUTE),
            "does not hold",
            "on 2027-01-28",
        ),
        (OwnExpiry, |f| own(f).expires = Shown::Absent, "unknown", "does not say"),
        (OwnExpiry, |f| own(f).expires = Shown::Other, "unknown", "not a date"),
        (ListLife, |f| listed(f).created = None, "does not hold", "not when it was made"),
        (ListLife, |f| listed(f).expires = Shown::Null, "does not hold", "never expires"),
        (ListLife, |f| listed(f).expires = Shown::Absent, "does not hold", "not when it expires"),
        (ListLife, |f| listed(f).expires = Shown::Other, "does not hold", "not a date"),
        (ListLife, |f| f.token.listed = None, "unknown", "not known"),
        (ListLife, |f| (f.token.listed = None, f.token.shown = untold()).1, "unknown", "not known"),
        (ListLife, |f| (f.token.listed = None, f.token.shown = None).1, "unknown", "not asked"),
        (ListScope, |f| listed(f).scope = None, "does not hold", "no"),
        (
            ListScope,
            |f| listed(f).scope = Some(set(&["a:b"])),
            "does not hold",
            "not as they were asked for",
        ),
        (ListLastUsed, |f| listed(f).last_used = Shown::Absent, "holds", "yes"),
        (ListLastUsed, |f| unused(f, &Shown::Absent), "does not hold", "no"),
        (ListLastUsed, |f| unused(f, &Shown::Null), "unknown", "no use"),
        (Tokens, |f| list(f).count = 8, "holds", "8 of 10"),
        (Tokens, |f| list(f).count = 9, "does not hold", "9 of 10"),
        (Tokens, |f| list(f).count = 11, "does not hold", "more than the 10"),
    ]);
}

fn unused(facts: &mut Facts, shown: &Shown<i64>) {
    own(facts).last_used = shown.clone();
    listed(facts).last_used = shown.clone();
}
