use super::*;
use proptest::prelude::*;

/// Few leading digits, so that trees grow deep and shrink again.
fn lineage() -> impl Strategy<Value = Lineage> {
    (0_u8..3, 0_u8..8, any::<u16>()).prop_map(|(first, second, rest)| {
        let mut id = [0; 16];
        id[0] = first;
        id[5] = second;
        id[14..].copy_from_slice(&(rest % 64).to_be_bytes());
        Lineage(id)
    })
}

fn object() -> impl Strategy<Value = ObjectHash> {
    (0_u8..4).prop_map(|n| ObjectHash::of(&[n]))
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    prop::collection::vec((lineage(), prop::option::weighted(0.6, object())), 0..200)
}

fn content() -> impl Strategy<Value = Entries> {
    prop::collection::btree_map(lineage(), object(), 0..300)
}

fn numbered(n: u32) -> Lineage {
    let digest = ObjectHash::of(&n.to_be_bytes());
    let mut id = [0; 16];
    id.copy_from_slice(&digest.as_bytes()[..16]);
    Lineage(id)
}

fn tree_of(nodes: &mut Nodes, content: &Entries) -> TreeHash {
    let changes: Vec<Change> = content.iter().map(|(k, v)| (*k, Some(*v))).collect();
    let made = update(nodes, None, &changes).unwrap();
    nodes.extend(made.nodes);
    made.root
}

/// Answers a question with nothing loaded at first, as the store does.
fn load<T>(all: &Nodes, ask: impl Fn(&Nodes) -> Result<T, Missing>) -> (T, Nodes) {
    let mut at_hand = Nodes::new();
    loop {
        match ask(&at_hand) {
            Ok(answer) => return (answer, at_hand),
            Err(Missing(hashes)) => {
                assert!(!hashes.is_empty());
                for hash in hashes {
                    assert!(at_hand.insert(hash, Arc::clone(&all[&hash])).is_none());
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_way_to_the_same_content_gives_the_same_tree(
        start in content(),
        steps in prop::collection::vec(changes(), 1..5),
    ) {
        let mut nodes = Nodes::new();
        let mut root = tree_of(&mut nodes, &start);
        let mut expected = start;
        for step in &steps {
            let (made, _) = load(&nodes, |nodes| update(nodes, Some(root), step));
            root = made.root;
            nodes.extend(made.nodes);
            expected = apply(&expected, step);
        }
        prop_assert_eq!(entries(&nodes, root).unwrap(), expected.clone());
        prop_assert_eq!(tree_of(&mut nodes, &expected), root);
    }

    #[test]
    fn a_diff_of_trees_is_the_diff_of_their_entries(a in content(), b in content()) {
        let mut nodes = Nodes::new();
        let (from, to) = (tree_of(&mut nodes, &a), tree_of(&mut nodes, &b));
        let (found, _) = load(&nodes, |nodes| diff(nodes, from, to));
        prop_assert_eq!(found, compare(&a, &b));
    }

    #[test]
    fn lookup_finds_what_is_there_and_nothing_else(a in content(), ids in prop::collection::vec(lineage(), 0..20)) {
        let mut nodes = Nodes::new();
        let root = tree_of(&mut nodes, &a);
        let wanted: Vec<_> = ids.iter().map(|id| (root, *id)).collect();
        let (found, _) = load(&nodes, |nodes| lookup(nodes, &wanted));
        let expected: Vec<_> = ids.iter().map(|id| a.get(id).copied()).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn a_node_is_read_back_from_its_content(a in content()) {
        let mut nodes = Nodes::new();
        tree_of(&mut nodes, &a);
        for (hash, node) in nodes {
            let content = node.content();
            prop_assert_eq!(TreeHash::of(content.as_bytes()), hash);
            prop_assert_eq!(&serde_json::from_str::<Node>(&content).unwrap(), &*node);
        }
    }
}

#[test]
fn one_change_in_ten_thousand_writes_and_compares_a_handful_of_nodes() {
    let content: Entries = (0..10_000)
        .map(|n| (numbered(n), ObjectHash::of(b"old")))
        .collect();
    let mut nodes = Nodes::new();
    let from = tree_of(&mut nodes, &content);
    let change = [(numbered(5_000), Some(ObjectHash::of(b"new")))];
    let (made, read) = load(&nodes, |nodes| update(nodes, Some(from), &change));
    assert!(made.nodes.len() <= 5, "{} nodes written", made.nodes.len());
    assert!(read.len() <= 5, "{} nodes read", read.len());
    nodes.extend(made.nodes);
    let (found, read) = load(&nodes, |nodes| diff(nodes, from, made.root));
    assert_eq!(found.len(), 1);
    assert!(read.len() <= 10, "{} nodes compared", read.len());
}

#[test]
fn a_change_that_changes_nothing_writes_nothing() {
    let content: Entries = (0..100)
        .map(|n| (numbered(n), ObjectHash::of(b"o")))
        .collect();
    let mut nodes = Nodes::new();
    let root = tree_of(&mut nodes, &content);
    let same = [
        (numbered(7), Some(ObjectHash::of(b"o"))),
        (numbered(1_000), None),
    ];
    let made = update(&nodes, Some(root), &same).unwrap();
    assert_eq!((made.root, made.nodes.len()), (root, 0));
}

#[test]
fn the_empty_tree_has_a_root_of_its_own() {
    let made = update(&Nodes::new(), None, &[]).unwrap();
    assert_eq!(made.nodes.len(), 1);
    let nodes: Nodes = made.nodes.into_iter().collect();
    assert!(entries(&nodes, made.root).unwrap().is_empty());
}

#[test]
fn the_last_change_to_a_lineage_counts() {
    let changes = [
        (numbered(1), Some(ObjectHash::of(b"a"))),
        (numbered(1), None),
    ];
    let made = update(&Nodes::new(), None, &changes).unwrap();
    let empty = update(&Nodes::new(), None, &[]).unwrap();
    assert_eq!(made.root, empty.root);
}

fn inspected(all: &Nodes, base: Option<TreeHash>, root: TreeHash) -> Vec<String> {
    let (flaws, _) = load(all, |nodes| {
        inspect::inspect(nodes, &BTreeSet::new(), base, root)
    });
    flaws.into_iter().map(|flaw| flaw.says).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_tree_that_is_made_has_its_shape(content in content(), changes in changes()) {
        let mut nodes = Nodes::new();
        let base = tree_of(&mut nodes, &content);
        prop_assert!(inspected(&nodes, None, base).is_empty());
        let made = update(&nodes, Some(base), &changes).unwrap();
        nodes.extend(made.nodes);
        prop_assert!(inspected(&nodes, None, made.root).is_empty());
        prop_assert!(inspected(&nodes, Some(base), made.root).is_empty());
    }
}

#[test]
fn trees_of_another_shape_are_found() {
    let mut nodes = Nodes::new();
    let keep = |nodes: &mut Nodes, node: Node| {
        let hash = TreeHash::of(node.content().as_bytes());
        nodes.insert(hash, Arc::new(node));
        hash
    };
    let content: Entries = (0..200)
        .map(|n| (numbered(n), ObjectHash::of(b"x")))
        .collect();
    let root = tree_of(&mut nodes, &content);
    let Node::Inner(children) = nodes[&root].as_ref().clone() else {
        panic!("200 entries make no leaf");
    };
    let inner = |change: &dyn Fn(&mut [Option<Child>; FAN_OUT])| {
        let mut children = children.clone();
        change(&mut children);
        Node::Inner(children)
    };
    let large = keep(&mut nodes, Node::Leaf(content.clone()));
    let few: Entries = content.into_iter().take(3).collect();
    let small = keep(&mut nodes, Node::Leaf(few));
    let empty = keep(&mut nodes, Node::Leaf(Entries::new()));
    let count = |hash, count| Some(Child { hash, count });
    let cases = [
        (Node::clone(&nodes[&large]), "a leaf of 200 entries"),
        (inner(&|c| c.swap(3, 4)), "lineage "),
        (
            inner(&|c| c[5].as_mut().unwrap().count += 1),
            " entries in child 5",
        ),
        (inner(&|c| c[5] = count(empty, 0)), "an empty subtree"),
        (
            Node::Inner(Box::new(std::array::from_fn(|at| {
                (at == 0).then(|| count(small, 3)).flatten()
            }))),
            "an inner node of 3 entries",
        ),
    ];
    for (node, says) in cases {
        let wrong = keep(&mut nodes, node);
        let found = inspected(&nodes, Some(root), wrong);
        assert!(
            found.iter().any(|flaw| flaw.contains(says)),
            "{says}: {found:?}"
        );
    }
    let lost = nodes.remove(&children[0].unwrap().hash);
    assert!(lost.is_some());
    let absent = BTreeSet::from([children[0].unwrap().hash]);
    let flaws = inspect::inspect(&nodes, &absent, None, root).unwrap();
    assert_eq!(flaws[0].says, "no such node");
}
