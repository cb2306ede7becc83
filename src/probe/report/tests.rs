//! The report as text and as JSON.
use super::*;

fn report(verdicts: &[Verdict]) -> Report {
    let lines = verdicts.iter().zip(Question::ALL).map(|(verdict, question)| {
        Line::new(question, Finding { answer: "so it is".into(), verdict: verdict.clone() })
    });
    let lines: Vec<Line> = lines.collect();
    let (api_url, client_id, counts) =
        ("https://acme.example".into(), "0a".into(), Counts::of(&lines));
    Report { api_url, client_id, user: None, stopped: false, counts, lines, left: Vec::new() }
}

#[test]
fn the_exit_code_tells_the_worst() {
    let (holds, fails, unknown) =
        (Verdict::Holds, Verdict::DoesNotHold("then".into()), Verdict::Unknown("why".into()));
    for (verdicts, code) in [
        (&[holds.clone(), holds.clone()][..], 0),
        (&[holds.clone(), unknown.clone()], 2),
        (&[unknown, fails.clone()], 1),
        (&[fails, holds], 1),
    ] {
        assert_eq!(report(verdicts).exit_code(), code, "{verdicts:?}");
        assert_eq!(Report { stopped: true, ..report(verdicts) }.exit_code(), 2, "{verdicts:?}");
    }
}

#[test]
fn what_may_be_left_is_part_of_the_report() {
    let left = |name: Option<&str>| Left {
        name: name.map(str::to_owned),
        until: "2026-01-01T00:10:00Z".into(),
    };
    let mut report = report(&[Verdict::Holds]);
    report.left = vec![left(Some("pat-operator probe 0a")), left(None)];
    assert_eq!(report.exit_code(), 2);
    let json: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
    assert_eq!(json["left"][0]["name"], "pat-operator probe 0a");
    assert_eq!(
        (json["left"][1].get("name"), &json["left"][1]["until"]),
        (None, &"2026-01-01T00:10:00Z".into())
    );
    assert_eq!(report.text().matches("may be left: ").count(), 2, "{}", report.text());
}

#[test]
fn json_and_text_say_the_same() {
    let note = "word ".repeat(40);
    let report = report(&[Verdict::Holds, Verdict::DoesNotHold(note.trim().into())]);
    let json: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
    assert_eq!(json["lines"][0]["id"], "scope-claim");
    assert_eq!(
        (&json["lines"][0]["verdict"], json["lines"][0].get("note")),
        (&"holds".into(), None)
    );
    assert_eq!(
        (&json["lines"][1]["verdict"], &json["lines"][1]["note"]),
        (&"does not hold".into(), &note.trim().into())
    );
    let text = report.text();
    assert!(text.contains("\nholds: 1, does not hold: 1, unknown: 0\n"), "{text}");
    assert_eq!(text.matches("word").count(), 40);
    assert!(text.lines().all(|line| line.len() <= WIDTH + 30), "{text}");
}
