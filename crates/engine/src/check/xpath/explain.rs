//! Explains why a path finds nothing. One explanation visits no more nodes than one evaluation may.

use super::{LOOKED_AT, Node, Page, Value, asked, parse};
use crate::check::candidates::{self, Kind};
use crate::check::look::fold;
use crate::check::nearest::LONGEST;
use crate::check::unmatched;
use crate::page::Document;
use stepcast_suite::xpath::{Expression, Operator, Start, XPath};

/// An explanation like "`//ul` matches 1 element, `//ul/il` matches none; there is `li` (3)". For an expression that is
/// not a path, it explains the first path in the expression.
pub fn explain(text: &str, document: &Document) -> Option<String> {
    explain_within(text, document, LOOKED_AT)
}

fn explain_within(text: &str, document: &Document, nodes: usize) -> Option<String> {
    let page = Page::new(document, nodes);
    let mut longest: Option<(&str, Vec<Node>)> = None;
    for cut in parse(text).ok()?.cuts {
        let beginning = &text[cut];
        let xpath = parse(beginning).ok()?;
        let nodes = page.nodes(&xpath)?;
        if nodes.is_empty() {
            let near = near(&page, &xpath, beginning, longest.as_ref());
            return Some(unmatched::describe(longest.map(|(text, nodes)| (text, counted(&nodes))), beginning, near));
        }
        longest = Some((beginning, nodes));
    }
    None
}

fn counted(nodes: &[Node]) -> String {
    let are_elements = nodes.iter().all(|node| node.is_element());
    unmatched::counted(nodes.len(), if are_elements { "element" } else { "node" })
}

fn near(page: &Page, xpath: &XPath, text: &str, longest: Option<&(&str, Vec<Node>)>) -> Option<String> {
    let Expression::Path(start, steps) = &xpath.expression else { return near_id(page, &xpath.expression) };
    let predicates = match (steps.last(), start) {
        (Some(step), _) => &step.predicates,
        (None, Start::Nodes(_, predicates)) => predicates,
        (None, _) => return None,
    };
    let (Some(predicate), Some((before, nodes))) = (predicates.last(), longest) else {
        let kind = steps.last().map(asked::of_step)?;
        return near_step(page, &kind);
    };
    let kind = asked::of_predicate(page.broken(nodes, predicate)?);
    let elsewhere = text.strip_prefix(before).filter(|_| kind != Kind::Other).map(|rest| format!("//*{}", rest.trim()));
    if let Some(elsewhere) = elsewhere.and_then(|path| page.elsewhere(&path)) {
        return Some(elsewhere);
    }
    let Kind::Text(wanted) = kind else {
        return unmatched::there_is(&candidates::near(&kind, page.html), asked::written_as_predicate);
    };
    unmatched::there_is(&candidates::near_text(wanted, &page.short_texts(nodes)?), asked::written_as_predicate)
}

fn near_step(page: &Page, kind: &Kind) -> Option<String> {
    if let Kind::Tag(name) = kind
        && let Some(explanation) = in_namespace(page, name)
    {
        return Some(explanation);
    }
    if *kind != Kind::Other
        && let Some(elsewhere) = page.elsewhere(&format!("//{}", asked::written_as_step(kind)))
    {
        return Some(elsewhere);
    }
    // Candidates are found by the local name alone and shown with the prefix.
    if let Kind::Tag(name) = kind
        && let Some((prefix, local)) = name.split_once(':')
    {
        let near = candidates::near(&Kind::Tag(local), page.html);
        return unmatched::there_is(&near, |kind| format!("{prefix}:{}", asked::written_as_step(kind)));
    }
    unmatched::there_is(&candidates::near(kind, page.html), asked::written_as_step)
}

/// Explains a namespace mismatch: a name without a prefix is in no namespace. People overlook that in XML with one
/// namespace for all names.
fn in_namespace(page: &Page, name: &str) -> Option<String> {
    if name.contains(':') || page.document.prefixes.is_none() {
        return None;
    }
    let same = page.nodes(&parse(&format!("//*[local-name() = '{name}']")).ok()?)?;
    let namespace = same.first()?.namespace();
    let counted = unmatched::counted(same.len(), "element");
    let explanation =
        format!("{counted} of that name {} in the namespace `{namespace}`", if same.len() == 1 { "is" } else { "are" });
    Some(match page.document.prefix_of(namespace) {
        _ if namespace.is_empty() => return None,
        Some(prefix) => format!("{explanation}: write `{prefix}:{name}`"),
        None => format!("{explanation}: give it a prefix under `namespaces` of `defaults`"),
    })
}

fn near_id(page: &Page, expression: &Expression) -> Option<String> {
    let Expression::Call("id", arguments) = expression else { return None };
    let [Expression::Literal(id)] = arguments.as_slice() else { return None };
    unmatched::there_is(&candidates::near(&Kind::Id(id), page.html), asked::written_as_step)
}

impl<'p> Page<'p> {
    fn nodes(&self, xpath: &XPath) -> Option<Vec<Node<'p>>> {
        match self.whole(xpath).ok()? {
            Value::Nodes(nodes) => Some(nodes),
            _ => None,
        }
    }

    fn elsewhere(&self, path: &str) -> Option<String> {
        let found = self.nodes(&parse(path).ok()?)?;
        (!found.is_empty()).then(|| unmatched::elsewhere(path, found.len()))
    }

    /// The first of several conditions joined by `and` that holds for none of the nodes for which the earlier ones
    /// hold.
    fn broken<'x>(&self, nodes: &[Node<'p>], predicate: &'x Expression) -> Option<&'x Expression> {
        let Expression::Binary(one, Operator::And, other) = predicate else { return Some(predicate) };
        let held = self.that_hold(nodes.to_vec(), one).ok()?;
        if held.is_empty() { self.broken(nodes, one) } else { self.broken(&held, other) }
    }

    /// The texts of the nodes, without long ones.
    fn short_texts(&self, nodes: &[Node<'p>]) -> Option<Vec<String>> {
        let mut texts = Vec::new();
        for node in nodes {
            let text = fold(&self.text(*node).ok()?);
            if text.len() <= LONGEST {
                texts.push(text);
            }
        }
        Some(texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<ul class=list id=menu><li class="products x">One<li class="products">Two<li>Three</ul>
        <form><input name=csrf_token><button type=submit data-action=buy>Log  in</button></form><p class=other>"#;

    fn explained(text: &str) -> Option<String> {
        explain(text, &Document::of_html(PAGE))
    }

    #[test]
    fn the_longest_part_that_finds_something_is_told_with_what_is_near() {
        for (text, expected) in [
            ("//ul/li[4]/a", r"`//ul/li` matches 3 elements, `//ul/li[4]` matches none"),
            ("//buton", r"nothing matches `//buton`; there is `button` (1)"),
            ("//menu", r#"nothing matches `//menu`; there is `*[@id="menu"]` (1)"#),
            ("//video", "nothing matches `//video`"),
            ("/li", "nothing matches `/li`; `//li` (3) is elsewhere in the page"),
            (
                "//p[contains(concat(' ', @class, ' '), ' othr ')]",
                r#"`//p` matches 1 element, `//p[contains(concat(' ', @class, ' '), ' othr ')]` matches none; there is `[contains(@class, "other")]` (1)"#,
            ),
            ("//form/p/a", "`//form` matches 1 element, `//form/p` matches none; `//p` (1) is elsewhere in the page"),
            (
                "//li[@class='product']/a",
                r#"`//li` matches 3 elements, `//li[@class='product']` matches none; there is `[@class="products"]` (1), `[@class="products x"]` (1)"#,
            ),
            (
                "//li[contains(concat(' ', normalize-space(@class), ' '), ' product ')]",
                r#"`//li` matches 3 elements, `//li[contains(concat(' ', normalize-space(@class), ' '), ' product ')]` matches none; there is `[contains(@class, "products")]` (2)"#,
            ),
            (
                "//button[@data-actions]",
                "`//button` matches 1 element, `//button[@data-actions]` matches none; there is `[@data-action]` (1)",
            ),
            (
                "//button/@data-actions",
                "`//button` matches 1 element, `//button/@data-actions` matches none; there is `@data-action` (1)",
            ),
            (
                "//button/@type[. = 'sumbit']",
                r#"`//button/@type` matches 1 node, `//button/@type[. = 'sumbit']` matches none; there is `[normalize-space()="submit"]` (1)"#,
            ),
            (
                "//button[@type='submit' and text()='Log in']",
                r#"`//button` matches 1 element, `//button[@type='submit' and text()='Log in']` matches none; there is `[normalize-space()="Log in"]` (1)"#,
            ),
            (
                "//button[@type='sumbit' and text()='Log  in']",
                r#"`//button` matches 1 element, `//button[@type='sumbit' and text()='Log  in']` matches none; there is `[@type="submit"]` (1)"#,
            ),
            (
                "//ul[. = 'Two']",
                "`//ul` matches 1 element, `//ul[. = 'Two']` matches none; `//*[. = 'Two']` (1) is elsewhere in the page",
            ),
            ("//form[buton]", "`//form` matches 1 element, `//form[buton]` matches none; there is `[button]` (1)"),
            ("(//ul/li)[9]/a", "`//ul/li` matches 3 elements, `(//ul/li)[9]` matches none"),
            ("count(//ul/a)", "`//ul` matches 1 element, `//ul/a` matches none"),
            ("id('menus')/li", r#"nothing matches `id('menus')`; there is `*[@id="menu"]` (1)"#),
        ] {
            assert_eq!(explained(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_finds_something_needs_no_explanation() {
        for text in ["//li", "//li | //nothing", "count(//li)", "1 + 1"] {
            assert_eq!(explained(text), None, "{text}");
        }
    }

    #[test]
    fn what_takes_too_long_is_left_out() {
        let html = Document::of_html(&"<p><b>x</b></p>".repeat(300));
        assert_eq!(explain_within("//p[count(//*) = 1]/a", &html, 10_000), None);
        let expected = "`//b` matches 300 elements, `//b[.=\"y\"]` matches none";
        assert_eq!(explain_within("//b[.=\"y\"]", &html, 5_000).as_deref(), Some(expected));
    }
}
