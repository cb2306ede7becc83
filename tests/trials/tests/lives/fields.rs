//! A part of all spoilt fields.
use trials::fields;

#[test]
fn a_spoilt_field_is_mended_or_freezes_its_owner_loudly() {
    // Every class of fields has some of these; `make simulate-fields` tries all.
    assert!(fields::run(3, 83, None), "the output says which case, and how it is told");
}
