//! Variables that depend on themselves, found in time linear in their references: the strongly connected components of
//! a graph, by Kosaraju's algorithm, without recursion. A suite can hold a chain of variables longer than any stack.

use crate::template;
use std::collections::{BTreeMap, HashMap};

/// The variables that are part of a cycle, in order.
pub(super) fn in_circles(vars: &BTreeMap<String, String>) -> Vec<&str> {
    let names: Vec<&str> = vars.keys().map(String::as_str).collect();
    let numbers: HashMap<&str, usize> = names.iter().enumerate().map(|(number, name)| (*name, number)).collect();
    let uses: Vec<Vec<usize>> = vars
        .values()
        .map(|value| template::names(value).into_iter().filter_map(|name| numbers.get(name).copied()).collect())
        .collect();
    let component = components(&uses);
    let mut sizes: HashMap<usize, usize> = HashMap::new();
    for component in &component {
        *sizes.entry(*component).or_default() += 1;
    }
    let is_in_circle = |number: &usize| sizes[&component[*number]] > 1 || uses[*number].contains(number);
    (0..names.len()).filter(is_in_circle).map(|number| names[number]).collect()
}

/// For each node the number of the component it is in.
fn components(edges: &[Vec<usize>]) -> Vec<usize> {
    let mut back = vec![Vec::new(); edges.len()];
    for (from, targets) in edges.iter().enumerate() {
        for to in targets {
            back[*to].push(from);
        }
    }
    let mut finished = Vec::with_capacity(edges.len());
    let mut seen = vec![false; edges.len()];
    for node in 0..edges.len() {
        visit(node, edges, &mut seen, &mut finished);
    }
    let (mut component, mut seen) = (vec![0; edges.len()], vec![false; edges.len()]);
    for node in finished.into_iter().rev() {
        let mut members = Vec::new();
        visit(node, &back, &mut seen, &mut members);
        for member in members {
            component[member] = node;
        }
    }
    component
}

/// Visits everything reachable from a node that was not visited yet; records each node after everything reachable from
/// it.
fn visit(node: usize, edges: &[Vec<usize>], seen: &mut [bool], finished: &mut Vec<usize>) {
    if std::mem::replace(&mut seen[node], true) {
        return;
    }
    let mut open = vec![(node, 0)];
    while let Some((node, next)) = open.last_mut() {
        if let Some(target) = edges[*node].get(*next) {
            *next += 1;
            if !std::mem::replace(&mut seen[*target], true) {
                open.push((*target, 0));
            }
        } else {
            finished.push(*node);
            open.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circles(vars: &[(&str, &str)]) -> Vec<String> {
        let vars = vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        in_circles(&vars).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn only_what_needs_itself_is_in_a_circle() {
        let vars = [("a", "${b}"), ("b", "${c} ${x}"), ("c", "${b}"), ("d", "${d}"), ("e", "${a}"), ("x", "1")];
        assert_eq!(circles(&vars), ["b", "c", "d"]);
        // A path from one cycle to another is in neither.
        assert_eq!(circles(&[("a", "${a}${m}"), ("m", "${z}"), ("z", "${z}")]), ["a", "z"]);
    }
}
