//! Commits and their parents drawn in text, as `git log --graph` draws them. Pure.
//!
//! Every column waits for one commit. A commit takes the place of the column that waits for it, its first parent comes
//! after it in that column, and its other parents right beside. Columns that wait for the same commit run together.

use crate::store::CommitHash;
use std::collections::{BTreeSet, HashMap};

/// A commit to draw, and the parents that lines lead to. Lines to parents that are not drawn run on to the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub hash: CommitHash,
    pub parents: Vec<CommitHash>,
}

/// A line of the drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub text: String,
    /// The commit that the line is of, by its place in what was drawn; none where lines only move.
    pub commit: Option<usize>,
}

/// The commits in an order that draws well: children before parents, and what a merge brought in before what it
/// was brought into. Among unrelated ones the order stays.
pub fn order(nodes: &[Node]) -> Vec<usize> {
    let places: HashMap<CommitHash, usize> = (nodes.iter().enumerate())
        .map(|(place, node)| (node.hash, place))
        .collect();
    let parents = |place: usize| {
        let parents = nodes.get(place).map(|node| node.parents.as_slice());
        let parents = parents.unwrap_or_default().iter();
        parents.filter_map(|parent| places.get(parent).copied())
    };
    let mut children = vec![0_usize; nodes.len()];
    for place in 0..nodes.len() {
        for parent in parents(place) {
            children[parent] += 1;
        }
    }
    let mut ready: Vec<usize> = (0..nodes.len())
        .rev()
        .filter(|place| children[*place] == 0)
        .collect();
    let mut ordered = Vec::with_capacity(nodes.len());
    while let Some(place) = ready.pop() {
        ordered.push(place);
        for parent in parents(place) {
            children[parent] -= 1;
            if children[parent] == 0 {
                ready.push(parent);
            }
        }
    }
    ordered
}

/// `history` without the commits that `shown` lacks: a line leads to the nearest ancestors that are shown. Children come before
/// parents in `history`.
pub fn among(history: &[Node], shown: &BTreeSet<CommitHash>) -> Vec<Node> {
    let known: BTreeSet<CommitHash> = history.iter().map(|node| node.hash).collect();
    // What to draw instead of a commit: itself where it is shown.
    let mut instead: HashMap<CommitHash, Vec<CommitHash>> = HashMap::new();
    let mut nodes = Vec::new();
    for node in history.iter().rev() {
        let mut parents = Vec::new();
        for parent in node.parents.iter().filter(|parent| known.contains(parent)) {
            for found in instead.get(parent).map_or(&[][..], Vec::as_slice) {
                if !parents.contains(found) {
                    parents.push(*found);
                }
            }
        }
        if shown.contains(&node.hash) {
            instead.insert(node.hash, vec![node.hash]);
            let hash = node.hash;
            nodes.push(Node { hash, parents });
        } else {
            instead.insert(node.hash, parents);
        }
    }
    nodes.reverse();
    nodes
}

/// Draws commits in the order they are in.
pub fn draw(nodes: &[Node]) -> Vec<Line> {
    let mut drawing = Drawing::default();
    for (place, node) in nodes.iter().enumerate() {
        drawing.commit(place, node);
    }
    drawing.lines
}

#[derive(Default)]
struct Drawing {
    /// What each column waits for.
    columns: Vec<CommitHash>,
    lines: Vec<Line>,
}

/// Where the line of a column stands.
fn at(column: usize) -> usize {
    column * 2
}

impl Drawing {
    fn commit(&mut self, place: usize, node: &Node) {
        let waiting = self.columns.iter().position(|hash| *hash == node.hash);
        let column = waiting.unwrap_or_else(|| {
            self.columns.push(node.hash);
            self.columns.len() - 1
        });
        let mut parents: Vec<CommitHash> = Vec::new();
        for parent in &node.parents {
            if !parents.contains(parent) {
                parents.push(*parent);
            }
        }
        // Room for the parents of an octopus, but for the two that the next line makes.
        let extra = parents.len().saturating_sub(2);
        if column + 1 < self.columns.len() {
            for step in 0..extra {
                let mut cells = self.straight(0..=column);
                for right in column + 1..self.columns.len() {
                    cells.put(at(right + step) + 1, '\\');
                }
                self.push(cells, None);
            }
        }
        let mut cells = self.straight(0..column);
        cells.put(at(column), '*');
        for step in 0..extra {
            cells.put(at(column + step) + 1, '-');
            cells.put(
                at(column + step) + 2,
                if step + 1 == extra { '.' } else { '-' },
            );
        }
        for right in column + 1..self.columns.len() {
            cells.put(at(right + extra), '|');
        }
        self.push(cells, Some(place));
        match parents.len() {
            0 => self.close(column),
            1 => self.columns[column] = parents[0],
            count => {
                let mut cells = self.straight(0..=column);
                for side in 0..count - 1 {
                    cells.put(at(column + side) + 1, '\\');
                }
                for right in column + 1..self.columns.len() {
                    cells.put(at(right + extra) + 1, '\\');
                }
                self.push(cells, None);
                self.columns.splice(column..=column, parents);
            }
        }
        self.run_together();
    }

    /// A column ends, and those on its right move up.
    fn close(&mut self, column: usize) {
        self.columns.remove(column);
        if column < self.columns.len() {
            let mut cells = self.straight(0..column);
            for right in column..self.columns.len() {
                cells.put(at(right) + 1, '/');
            }
            self.push(cells, None);
        }
    }

    /// Columns that wait for the same commit become one, the leftmost.
    fn run_together(&mut self) {
        while let Some((left, right)) = self.double() {
            let between = right - left;
            self.columns.remove(right);
            let mut cells = self.straight(0..right);
            for column in left + 1..right.saturating_sub(1) {
                cells.put(at(column) + 1, '_');
            }
            for column in right..=self.columns.len() {
                cells.put(at(column) - 1, '/');
            }
            self.push(cells, None);
            if between > 1 {
                let mut cells = self.straight(0..self.columns.len());
                cells.put(at(left) + 1, '/');
                self.push(cells, None);
            }
        }
    }

    fn double(&self) -> Option<(usize, usize)> {
        self.columns.iter().enumerate().find_map(|(right, hash)| {
            let left = self.columns.iter().position(|other| other == hash)?;
            (left < right).then_some((left, right))
        })
    }

    /// Columns that go straight on.
    fn straight(&self, columns: impl IntoIterator<Item = usize>) -> Cells {
        let mut cells = Cells::default();
        for column in columns {
            if column < self.columns.len() {
                cells.put(at(column), '|');
            }
        }
        cells
    }

    fn push(&mut self, Cells(mut cells): Cells, commit: Option<usize>) {
        let end = cells.iter().rposition(|cell| *cell != ' ');
        cells.truncate(end.map_or(0, |end| end + 1));
        let text = cells.into_iter().collect();
        self.lines.push(Line { text, commit });
    }
}

/// A line as it is drawn.
#[derive(Default)]
struct Cells(Vec<char>);

impl Cells {
    fn put(&mut self, place: usize, cell: char) {
        if self.0.len() <= place {
            self.0.resize(place + 1, ' ');
        }
        self.0[place] = cell;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(name: &str) -> CommitHash {
        CommitHash::of(name.as_bytes())
    }

    /// `M: a b` for each commit with its parents.
    fn nodes(history: &[&str]) -> Vec<(String, Node)> {
        history
            .iter()
            .map(|line| {
                let (name, parents) = line.split_once(':').expect("name and parents");
                let parents = parents.split_whitespace().map(hash).collect();
                let hash = hash(name);
                (name.to_owned(), Node { hash, parents })
            })
            .collect()
    }

    fn drawn(history: &[&str]) -> String {
        let (names, nodes): (Vec<_>, Vec<_>) = nodes(history).into_iter().unzip();
        draw(&nodes)
            .into_iter()
            .map(|line| match line.commit {
                Some(place) => format!("\n{} {}", line.text, names[place]),
                None => format!("\n{}", line.text),
            })
            .collect()
    }

    #[test]
    fn a_line_of_commits_is_straight() {
        assert_eq!(drawn(&["c:b", "b:a", "a:"]), "\n* c\n* b\n* a");
    }

    #[test]
    fn two_branches_of_one_commit_run_together_at_it() {
        let picture = r"
* c
| * b
|/
* a";
        assert_eq!(drawn(&["c:a", "b:a", "a:"]), picture);
    }

    #[test]
    fn a_merge_opens_what_its_base_closes() {
        let picture = r"
* merge
|\
| * theirs
* | ours
|/
* base";
        let history = ["merge:ours theirs", "theirs:base", "ours:base", "base:root"];
        assert_eq!(drawn(&history), picture);
    }

    #[test]
    fn a_criss_cross_crosses() {
        let picture = r"
* m3
|\
* | m1
|\ \
| | * m2
| | |\
| |/ /
|/| |
| |/
| * b
* | a
|/
* base";
        let history = ["m3:m1 m2", "m1:a b", "m2:a b", "b:base", "a:base", "base:"];
        let drawn = drawn(&history);
        assert_eq!(drawn, picture);
    }

    #[test]
    fn an_octopus_has_all_its_arms() {
        let picture = r"
*-. merge
|\ \
| | * c
| * | b
| |/
* | a
|/
* base";
        let history = ["merge:a b c", "c:base", "b:base", "a:base", "base:"];
        assert_eq!(drawn(&history), picture);
        let picture = r"
* | other
|  \
*-. | merge
|\ \ \";
        let drawn = drawn(&["tip:other", "side:x", "other:merge", "merge:a b c"]);
        assert!(drawn.ends_with(picture), "{drawn}");
    }

    #[test]
    fn several_roots_stand_beside_each_other() {
        let picture = r"
* merge
|\
| * theirs
* ours";
        assert_eq!(drawn(&["merge:ours theirs", "theirs:", "ours:"]), picture);
        let drawn = drawn(&["lost:", "tip:other", "other:more", "more:"]);
        assert_eq!(drawn, "\n* lost\n* tip\n* other\n* more");
    }

    #[test]
    fn a_root_on_the_left_leaves_its_place() {
        let drawn = drawn(&["a:r", "b:s", "r:", "s:"]);
        assert_eq!(drawn, "\n* a\n| * b\n* | r\n /\n* s");
    }

    #[test]
    fn a_line_crosses_others_to_its_column() {
        let picture = r"
* a
| * b
| | * c
| | | * d
| |_|/
|/| |
* | | x";
        assert_eq!(drawn(&["a:x", "b:y", "c:z", "d:x", "x:w"]), picture);
    }

    #[test]
    fn what_a_merge_brought_in_comes_before_what_it_came_into() {
        let (names, nodes): (Vec<_>, Vec<_>) = nodes(&[
            "merge:ours theirs",
            "ours:ours1",
            "theirs:theirs1",
            "ours1:base",
            "theirs1:base",
            "base:",
        ])
        .into_iter()
        .unzip();
        let ordered: Vec<&str> = (order(&nodes).into_iter())
            .map(|place| names[place].as_str())
            .collect();
        assert_eq!(
            ordered,
            ["merge", "theirs", "theirs1", "ours", "ours1", "base"]
        );
    }

    #[test]
    fn lines_lead_past_what_is_not_shown() {
        let history: Vec<Node> = nodes(&["d:c", "c:a b", "b:a", "a:z", "z:"])
            .into_iter()
            .map(|(_, node)| node)
            .collect();
        let shown = BTreeSet::from([hash("d"), hash("a"), hash("b")]);
        let expected: Vec<Node> = nodes(&["d:a b", "b:a", "a:"])
            .into_iter()
            .map(|(_, node)| node)
            .collect();
        assert_eq!(among(&history, &shown), expected);
    }
}
