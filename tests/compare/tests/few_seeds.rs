//! A few seeds with each strategy: what leaks and fails without a ledger, and does not with one.
use std::collections::BTreeMap;

use compare::life::Air;
use compare::strategies::Strategy;
use compare::table::{Row, measure};
use judge::Property;

fn is_flawless(row: &Row) {
    let Row { figures, leaking, wrong } = row;
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(
        (figures.orphans, *leaking, figures.refused, figures.outages),
        (0, 0, 0, 0),
        "{figures:#?}"
    );
    assert!(figures.most_unrecorded <= 1 && figures.broken.is_empty(), "{figures:#?}");
    assert!(figures.rotations > 0 && figures.authentications > 100, "{figures:#?}");
}

fn broken(rows: &BTreeMap<Strategy, Row>, strategy: Strategy, property: Property) -> usize {
    rows[&strategy].figures.broken.get(&property).copied().unwrap_or_default()
}

#[test]
fn faults_cost_orphans_and_outages_without_a_ledger_and_nothing_with_one() {
    let rows = measure(0..20, None, Air::Rough);
    is_flawless(&rows[&Strategy::PatOperator]);
    let (mint, delete) =
        (&rows[&Strategy::MintThenRecord].figures, &rows[&Strategy::DeleteThenCreate].figures);
    assert!(mint.orphans > 0 && mint.most_unrecorded > 1, "{mint:#?}");
    assert!(broken(&rows, Strategy::MintThenRecord, Property::P4) > 0, "{mint:#?}");
    assert!(
        delete.orphans > 0 && delete.refused > 0 && delete.outages > 0 && delete.outage > 0,
        "{delete:#?}"
    );
    assert!(broken(&rows, Strategy::DeleteThenCreate, Property::P3) > 0, "{delete:#?}");
}

/// The references are no straw men: what they do wrong without faults is only what their order of
/// steps is.
#[test]
fn without_faults_only_what_deletes_first_has_outages() {
    let rows = measure(0..2, None, Air::Calm);
    is_flawless(&rows[&Strategy::PatOperator]);
    is_flawless(&rows[&Strategy::MintThenRecord]);
    let delete = &rows[&Strategy::DeleteThenCreate].figures;
    assert_eq!((delete.orphans, delete.most_unrecorded), (0, 1), "{delete:#?}");
    assert!(delete.outages > 0, "{delete:#?}");
}

#[test]
fn a_seed_has_the_same_figures_each_time() {
    let rows = || measure(20..21, None, Air::Rough);
    assert_eq!(rows(), rows());
}
