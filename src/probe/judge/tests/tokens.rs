//! What is judged of the probe's own token, and of all replies.
use super::*;

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn how_tokens_are_made() {
    use Question::*;
    check(&[
        (CreateReply, |f| f.token.posted = no(201), "holds", "201"),
        (
            CreateReply,
            |f| f.token.flaws = vec!["the id is not one".into()],
            "does not hold",
            "the id is not one",
        ),
        (CreateReply, |f| f.token.posted = no(403), "unknown", "no token was made (403)"),
        (
            ShortExpiry,
            |f| f.token.expiry = Shown::Is(T + 90 * 24 * 60 * MINUTE),
            "does not hold",
            "another expiry",
        ),
        (ShortExpiry, |f| f.token.expiry = Shown::Null, "does not hold", "another expiry"),
        (ShortExpiry, |f| f.token.expiry = Shown::Absent, "unknown", "a token was made"),
        (ShortExpiry, |f| f.token.posted = no(400), "unknown", "no token was made (400)"),
        (PastExpiry, |f| without_token(f), "holds", "yes (400)"),
        (
            PastExpiry,
            |f| (without_token(f), list(f).count = 9).1,
            "unknown",
            "it was refused (400)",
        ),
        (
            PastExpiry,
            |f| (without_token(f), f.token.past = yes()).1,
            "does not hold",
            "a token was made",
        ),
        (
            ShortExpiry,
            |f| (f.token.posted, f.token.posted_plainly) = (no(400), yes()),
            "holds",
            "yes",
        ),
        (
            ShortExpiry,
            |f| (f.token.posted, f.token.posted_plainly) = (no(400), no(422)),
            "does not hold",
            "no (422)",
        ),
        (
            ShortExpiry,
            |f| (f.token.posted = no(400), list(f).count = 9).1,
            "unknown",
            "no token was made",
        ),
        (ShortExpiry, |f| f.token.posted = no(403), "unknown", "403"),
        (ShortExpiry, |f| f.token.posted = no(429), "unknown", "429"),
        (ShortExpiry, |f| f.token.posted = no(500), "unknown", "500"),
        (ShortExpiry, |f| f.token.posted = silence(), "unknown", "closed"),
        (ShortExpiry, |f| f.token.posted = page(), "unknown", "a page for people (403)"),
        (PastExpiry, |f| f.token.past = page(), "unknown", "a page for people (403)"),
        (
            UnknownScope,
            |f| (f.token.posted, f.token.posted_plainly) = (no(400), yes()),
            "does not hold",
            "no (400)",
        ),
        (
            UnknownScope,
            |f| (f.token.posted, f.token.posted_plainly) = (no(400), no(400)),
            "unknown",
            "not known",
        ),
        (UnknownScope, |f| f.token.posted = silence(), "unknown", "no token"),
        (PastExpiry, |f| f.token.past = yes(), "does not hold", "a token was made (200)"),
        (PastExpiry, |f| f.token.control = no(400), "unknown", "it was refused (400)"),
        (PastExpiry, |f| f.token.control = None, "unknown", "it was refused (400)"),
        (PastExpiry, |f| f.token.past = no(403), "unknown", "no token was made (403)"),
        (PastExpiry, |f| f.token.past = silence(), "unknown", "closed"),
        (DuplicateName, |f| f.token.duplicate = no(409), "holds", "yes (409)"),
        (DuplicateName, |f| f.token.duplicate = no(201), "does not hold", "a token was made (201)"),
        (
            NewCredential,
            |f| f.token.accepted = Some(Lag::Within(Duration::from_millis(4_001))),
            "holds",
            "within 5 s",
        ),
        (NewCredential, |f| f.token.accepted = late(60), "does not hold", "not within 60 s"),
        (NewCredential, |f| f.token.accepted = late(3), "unknown", "not within 3 s"),
        (NewCredential, |f| f.token.accepted = untold(), "unknown", "not known"),
        (LagCreate, |f| f.token.shown = late(120), "does not hold", "not within 120 s"),
        (LagCreate, |f| f.token.shown = late(119), "unknown", "not within 119 s"),
        (LagCreate, |f| f.token.shown = untold(), "unknown", "not known"),
    ]);
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn how_tokens_are_changed_and_deleted() {
    use Question::*;
    check(&[
        (PatchName, |f| f.token.patched_name = no(403), "does not hold", "no (403)"),
        (PatchName, |f| f.token.patched_name = no(404), "does not hold", "does not know"),
        (PatchScope, |f| f.token.patched_scope = no(400), "does not hold", "no (400)"),
        (PatchScope, |f| f.token.patched_scope = no(429), "unknown", "429"),
        (PatchScope, |f| f.token.patched_scope = silence(), "unknown", "closed"),
        (PatchScope, |f| f.token.patched_scope = page(), "unknown", "a page for people (403)"),
        (
            PatchScope,
            |f| f.token.patched_scope = Some(Said::Unreadable("202, which is odd".into())),
            "does not hold",
            "no (202, which is odd)",
        ),
        (
            PatchExpiry,
            |f| f.token.patched_expiry = Some((Said::Status(200), Some(false))),
            "does not hold",
            "changes nothing",
        ),
        (
            PatchExpiry,
            |f| f.token.patched_expiry = Some((Said::Status(204), None)),
            "unknown",
            "accepted (204)",
        ),
        (
            PatchExpiry,
            |f| f.token.patched_expiry = Some((Said::Status(400), None)),
            "does not hold",
            "no (400)",
        ),
        (LagChange, |f| f.token.changed = late(121), "does not hold", "not within 121 s"),
        (
            LagChange,
            |f| (f.token.changed, f.token.shown) = (late(121), late(121)),
            "unknown",
            "not within",
        ),
        (LagChange, |f| f.token.changed = None, "unknown", "not asked"),
        (Delete, |f| f.token.deleted = no(200), "holds", "yes (200)"),
        (Delete, |f| f.token.deleted = no(403), "does not hold", "no (403)"),
        (Delete, |f| f.token.deleted = no(404), "does not hold", "does not know"),
        (Delete, |f| f.token.deleted = no(503), "unknown", "503"),
        (Delete, |f| f.token.deleted = no(206), "does not hold", "odd status (206)"),
        (Delete, |f| f.token.deleted = page(), "unknown", "a page for people (403)"),
        (SecondDelete, |f| f.token.deleted_again = no(204), "holds", "once more (204)"),
        (SecondDelete, |f| f.token.deleted_again = no(403), "does not hold", "no (403)"),
        (SecondDelete, |f| f.token.deleted_again = silence(), "unknown", "closed"),
        (SecondDelete, |f| f.token.deleted_again = page(), "unknown", "a page for people (403)"),
        (SecondDelete, |f| f.token.deleted_again = no(410), "does not hold", "by 404 (410)"),
        (
            CredentialAfterDelete,
            |f| f.token.refused = Some((late(30).unwrap(), Said::Status(200))),
            "does not hold",
            "not within 30 s",
        ),
        (
            CredentialAfterDelete,
            |f| f.token.refused = Some((untold().unwrap(), Said::Status(500))),
            "unknown",
            "not known",
        ),
        (
            AccessTokenAfterDelete,
            |f| f.token.used = Some((Said::Status(200), no(401))),
            "holds",
            "refused (401)",
        ),
        (
            AccessTokenAfterDelete,
            |f| f.token.used = Some((Said::Status(200), no(403))),
            "unknown",
            "403",
        ),
        (
            AccessTokenAfterDelete,
            |f| f.token.used = Some((Said::Status(403), no(401))),
            "unknown",
            "did not work before (403)",
        ),
        (
            AccessTokenAfterDelete,
            |f| f.token.used = Some((Said::Status(200), None)),
            "unknown",
            "not asked",
        ),
        (LagDelete, |f| f.token.vanished = late(120), "does not hold", "not within 120 s"),
        (LagDelete, |f| f.token.shown = late(5), "unknown", "not known"),
    ]);
}

#[test]
fn what_holds_for_all_replies() {
    use Question::*;
    check(&[
        (Date, |f| f.headers.dated = 0, "does not hold", "no"),
        (Date, |f| f.headers.dated = 29, "does not hold", "only 29 of 30"),
        (Date, |f| f.headers.contradicted = true, "does not hold", "contradict"),
        (ClockOffset, |f| f.headers.offset = Some(-30_000), "holds", "30 s behind"),
        (
            ClockOffset,
            |f| f.headers.offset = Some(90_000),
            "holds",
            "90 s ahead; the operator goes by ISC's",
        ),
        (ClockOffset, |f| f.headers.offset = Some(60 * MINUTE), "does not hold", "3600 s ahead"),
        (ClockOffset, |f| f.headers.offset = None, "unknown", "not known"),
        (
            RateLimit,
            |f| f.headers.limits = set(&["x-ratelimit-limit"]),
            "holds",
            "x-ratelimit-limit",
        ),
        (RateLimit, |f| f.headers.throttled = 2, "does not hold", "2 of 30 asked to wait"),
        (Deprecated, |f| f.headers.deprecated = true, "does not hold", "X-Deprecated"),
        (Nerm, |f| f.nerm = Some(NermFact::Refused(401)), "does not hold", "no (401)"),
        (Nerm, |f| f.nerm = Some(NermFact::AcceptedEmpty), "holds", "empty collection"),
        (Nerm, |f| f.nerm = Some(NermFact::NoAnswer("404".into())), "unknown", "not known (404)"),
    ]);
}

/// ISC refuses every token that the probe asks for.
fn without_token(facts: &mut Facts) {
    (facts.token.posted, facts.token.posted_plainly) = (no(400), no(400));
    (facts.token.duplicate, facts.token.past, facts.token.control) = (None, no(400), None);
}
