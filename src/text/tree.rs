//! Parents and children, as a tree.

use std::fmt::Write;

/// What stands on one line.
pub struct Node {
    pub id: i32,
    pub parent: i32,
    pub label: String,
}

/// The node `root` and all that descend from it; nothing where there is none.
pub fn tree(nodes: &[Node], root: i32) -> String {
    let mut text = String::new();
    if let Some(node) = nodes.iter().find(|node| node.id == root) {
        let _ = writeln!(text, "{}", node.label);
        branches(&mut text, nodes, root, "");
    }
    text
}

fn branches(text: &mut String, nodes: &[Node], parent: i32, indent: &str) {
    let is_child = |node: &&Node| node.parent == parent;
    let mut children = nodes.iter().filter(is_child).peekable();
    while let Some(child) = children.next() {
        let (branch, below) = match children.peek() {
            Some(_) => ("├─ ", "│  "),
            None => ("└─ ", "   "),
        };
        let _ = writeln!(text, "{indent}{branch}{}", child.label);
        branches(text, nodes, child.id, &format!("{indent}{below}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stands_below_its_parent() {
        let node = |(id, parent)| Node {
            id,
            parent,
            label: format!("n{id}"),
        };
        let nodes = [(1, 0), (5, 1), (6, 5), (7, 1), (8, 2)].map(node);
        assert_eq!(tree(&nodes, 1), "n1\n├─ n5\n│  └─ n6\n└─ n7\n");
        assert_eq!(tree(&nodes, 9), "");
    }
}
