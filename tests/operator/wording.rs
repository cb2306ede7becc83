//! The check of how messages are worded finds what it is for.
use stage::says_each_thing_once;

#[test]
#[should_panic = "stands twice"]
fn what_is_said_twice_is_found() {
    says_each_thing_once("Tenant \"a\" does not lead to ISC: spec.apiUrl does not lead to ISC");
}
