//! The table of dialects in docs/reliability.md, and whether it names what the simulator can be
//! drawn to speak.

/// Heading of the section that the table is in.
const SECTION: &str = "## The ISC it was tried against";

/// What is wrong with the table: fields and forms of the simulator that it does not name, and rows
/// of fields that are not there. `dialect`: where the fields and forms are declared; `draw`: where
/// they are drawn; `switches`: where all that can be switched is declared.
pub fn problems(document: &str, dialect: &str, draw: &str, switches: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let drawn = drawn(draw);
    for field in fields(dialect).iter().filter(|field| drawn.iter().all(|(name, _)| name != *field))
    {
        wrong.push(format!("{field} of Dialect is never drawn"));
    }
    for (field, choice) in &drawn {
        let name = camel(field);
        match row(document, &name) {
            None => wrong.push(format!("there is no row for `{name}`")),
            Some(row) => {
                let missing = forms(choice, dialect)
                    .into_iter()
                    .filter(|form| !words(row).any(|word| word == form));
                wrong.extend(
                    missing
                        .map(|form| format!("the row for `{name}` does not name the form {form}")),
                );
            }
        }
    }
    let known: Vec<String> =
        [dialect, switches].into_iter().flat_map(fields).map(|field| camel(&field)).collect();
    let strange =
        rows(document).map(name_of).filter(|name| !known.iter().any(|known| known == name));
    wrong.extend(strange.map(|name| format!("the simulator has no field `{name}`")));
    wrong
}

fn rows(document: &str) -> impl Iterator<Item = &str> {
    let section = document.split(SECTION).nth(1).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    section.lines().filter(|line| line.starts_with("| `"))
}

fn row<'a>(document: &'a str, name: &str) -> Option<&'a str> {
    rows(document).find(|row| name_of(row) == name)
}

/// The first word in code of a row.
fn name_of(row: &str) -> &str {
    row.split('`').nth(1).unwrap_or_default()
}

fn words(row: &str) -> impl Iterator<Item = &str> {
    row.split(|c: char| !c.is_ascii_alphanumeric())
}

/// The public fields that a source declares.
fn fields(source: &str) -> Vec<String> {
    let field = |line: &str| {
        let (name, _) = line
            .trim()
            .strip_prefix("pub")?
            .trim_start_matches("(crate)")
            .trim_start()
            .split_once(": ")?;
        name.chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            .then(|| name.to_owned())
    };
    source.lines().filter_map(field).collect()
}

/// Fields that chance decides, each with the expression that it is drawn by: beside it, or that of
/// a variable of its name.
fn drawn(source: &str) -> Vec<(String, String)> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let mut all = Vec::new();
    for line in
        code.lines().map(|line| line.trim().trim_end_matches(',')).filter(|line| !line.is_empty())
    {
        let variable = || code.split(&format!("let {line} = ")).nth(1)?.split(';').next();
        let (name, choice) =
            line.split_once(": ").unwrap_or_else(|| (line, variable().unwrap_or_default()));
        if choice.contains("chance.") {
            all.push((name.to_owned(), choice.to_owned()));
        }
    }
    all
}

/// The forms that an expression chooses from: numbers, variants, and all variants of a type of
/// which it has `ALL`.
fn forms(choice: &str, dialect: &str) -> Vec<String> {
    if choice.contains("chance.coin(") {
        return vec!["false".into(), "true".into()];
    }
    let plain = choice.replace('_', "");
    let end_of = |rest: &str| if rest.starts_with('[') { ']' } else { ')' };
    let lists = plain.split("oneof(").skip(1).filter_map(|rest| rest.split(end_of(rest)).next());
    let mut all = Vec::new();
    for word in lists.flat_map(|list| list.split(|c: char| !c.is_ascii_alphanumeric() && c != ':'))
    {
        match word.split_once("::") {
            Some((kind, "ALL")) => all.extend(variants(dialect, kind)),
            Some((_, variant)) => all.push(camel(variant)),
            None if !word.is_empty() && word.chars().all(|c| c.is_ascii_digit()) => {
                all.push(word.to_owned());
            }
            None => {}
        }
    }
    all
}

fn variants(source: &str, kind: &str) -> Vec<String> {
    let body = source.split(&format!("pub enum {kind} {{")).nth(1).unwrap_or_default();
    let lines = body.split("\n}").next().unwrap_or_default().lines().map(str::trim);
    lines
        .filter(|line| line.starts_with(char::is_uppercase))
        .map(|line| camel(line.trim_end_matches(',')))
        .collect()
}

/// A name as JSON has it.
fn camel(name: &str) -> String {
    let mut after_line = false;
    let mut camel = String::new();
    for (at, c) in name.chars().enumerate() {
        match c {
            '_' => after_line = true,
            c if after_line => {
                camel.push(c.to_ascii_uppercase());
                after_line = false;
            }
            c if at == 0 => camel.push(c.to_ascii_lowercase()),
            c => camel.push(c),
        }
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIALECT: &str = "pub enum Shown {\n    /// As it is.\n    #[default]\n    Value,\n    Refuses401,\n}\n\npub struct Dialect {\n    pub list_scope: Shown,\n    pub tenant: Shown,\n    pub info: Shown,\n    pub more: bool,\n}";
    const DRAW: &str = "Self {\n    dialect: dialect(&mut chance),\n    cap_status: chance.one_of([400, 86_400]),\n}\nlet tenant = chance.one_of(Shown::ALL);\nlet info = match tenant {\n    Shown::Value => chance.one_of([Shown::Refuses401]),\n};\nDialect {\n    list_scope: chance.one_of(Shown::ALL),\n    tenant,\n    info,\n    more: chance.coin(),\n}\n#[cfg(test)]\nmod tests {}";
    const SWITCHES: &str = "pub struct Switches {\n    pub cap_status: u16,\n}";

    fn found(rows: &str) -> Vec<String> {
        problems(&format!("{SECTION}\n{rows}\n## Else\n| `lost` |"), DIALECT, DRAW, SWITCHES)
    }

    #[test]
    fn a_table_that_names_every_field_and_form_is_right() {
        let rows = "| `listScope` | **`value`**, `refuses401` |\n| `tenant` | `value`, refuses401 |\n| `capStatus` | **400**, 86400 |\n| `info` | refuses401 |\n| `more` | true, false |";
        assert_eq!(found(rows), [""; 0]);
    }

    #[test]
    fn a_field_or_a_form_that_is_not_named_is_found_and_so_is_one_that_is_not_there() {
        let rows = "| `listScope` | **`value`** |\n| `tenant` | `value`, `refuses401` |\n| `capStates` | 400 |\n| `info` | refuses401 |\n| `more` | true |";
        let expected = [
            "there is no row for `capStatus`",
            "the row for `listScope` does not name the form refuses401",
            "the row for `more` does not name the form false",
            "the simulator has no field `capStates`",
        ];
        assert_eq!(found(rows), expected);
        let undrawn = DIALECT.replace("}", "    pub errors: Shown,\n}");
        let wrong = problems("", &undrawn, DRAW, SWITCHES);
        assert!(wrong.contains(&"errors of Dialect is never drawn".into()), "{wrong:?}");
    }
}
