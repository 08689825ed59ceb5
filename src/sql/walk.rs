//! A walk over a parse tree: a serde serializer that produces nothing and tells a visitor what passes.

use serde::Serialize;
use serde::de::value::Error;
use serde::ser::{Impossible, SerializeMap, SerializeSeq, SerializeStruct, Serializer};

/// A struct of the tree, with the fields that visitors ask for.
#[derive(Debug)]
pub struct Node {
    /// Its type: `RangeVar`, `ColumnRef` …
    pub kind: &'static str,
    /// The field that the walk is in, or was in last.
    pub field: &'static str,
    /// Its `location`, or -1.
    pub location: i32,
    /// The smallest location in it, its own among them, or -1.
    pub leftmost: i32,
    texts: Vec<(&'static str, String)>,
    counts: Vec<(&'static str, usize)>,
}

impl Node {
    /// How many elements a list of it has.
    pub fn count(&self, field: &str) -> usize {
        self.counts
            .iter()
            .find(|(name, _)| *name == field)
            .map_or(0, |(_, count)| *count)
    }

    fn reaches_to(&mut self, location: i32) {
        if location >= 0 && (self.leftmost < 0 || location < self.leftmost) {
            self.leftmost = location;
        }
    }

    /// The first string in a field of it, unless empty.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.texts
            .iter()
            .find(|(name, _)| *name == field)
            .map(|(_, text)| text.as_str())
            .filter(|text| !text.is_empty())
    }
}

/// What a walk reports to.
pub trait Visitor {
    /// The walk has seen all of `node`; `above` are the nodes around it, the root first.
    fn leave(&mut self, node: &Node, above: &[Node]);
}

/// Shows every struct of the tree to the visitor, those within before those around.
pub fn walk(tree: &impl Serialize, visitor: &mut dyn Visitor) {
    let mut walk = Walk {
        visitor,
        nodes: Vec::new(),
    };
    // The walk itself has no way to fail.
    let _ = tree.serialize(&mut walk);
}

struct Walk<'v> {
    visitor: &'v mut dyn Visitor,
    nodes: Vec<Node>,
}

/// The kinds whose strings visitors want; all others are walked through without copying any.
fn has_texts(kind: &str) -> bool {
    matches!(
        kind,
        "RangeVar"
            | "FuncCall"
            | "TypeName"
            | "CommonTableExpr"
            | "DefElem"
            | "IndexElem"
            | "PartitionElem"
    )
}

macro_rules! ignore {
    ($($method:ident: $type:ty),*) => {
        $(fn $method(self, _: $type) -> Result<(), Error> { Ok(()) })*
    };
}

impl<'w, 'v> Serializer for &'w mut Walk<'v> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Self;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Self;
    type SerializeStruct = Fields<'w, 'v>;
    type SerializeStructVariant = Impossible<(), Error>;

    ignore!(
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_f32: f32, serialize_f64: f64, serialize_char: char, serialize_bytes: &[u8]
    );

    fn serialize_i32(self, value: i32) -> Result<(), Error> {
        if let Some(node) = self.nodes.last_mut()
            && node.field == "location"
        {
            node.location = value;
            node.reaches_to(value);
        }
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        // A name in a list is a `String` node of its own: the text belongs to the node with the list.
        let owner = match self.nodes.as_mut_slice() {
            [.., owner, string] if string.kind == "String" => owner,
            [.., owner] => owner,
            [] => return Ok(()),
        };
        if has_texts(owner.kind) && !owner.texts.iter().any(|(field, _)| *field == owner.field) {
            owner.texts.push((owner.field, value.to_owned()));
        }
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Error> {
        Ok(())
    }
    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<(), Error> {
        Ok(())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        Ok(())
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), Error> {
        Ok(())
    }
    fn serialize_newtype_struct<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Self, Error> {
        if let Some(node) = self.nodes.last_mut() {
            node.counts.push((node.field, len.unwrap_or(0)));
        }
        Ok(self)
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Self, Error> {
        Ok(self)
    }
    fn serialize_struct(self, kind: &'static str, _: usize) -> Result<Fields<'w, 'v>, Error> {
        // `Node` only wraps the alternatives, and is passed over.
        let wrapper = kind == "Node";
        if !wrapper {
            self.nodes.push(Node {
                kind,
                field: "",
                location: -1,
                leftmost: -1,
                texts: Vec::new(),
                counts: Vec::new(),
            });
        }
        Ok(Fields {
            walk: self,
            wrapper,
        })
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Error> {
        Err(no_tuples())
    }
    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Error> {
        Err(no_tuples())
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        Err(no_tuples())
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        Err(no_tuples())
    }
}

/// Messages of a protocol buffer hold structs, lists and scalars only.
fn no_tuples() -> Error {
    serde::ser::Error::custom("not part of a parse tree")
}

impl SerializeSeq for &mut Walk<'_> {
    type Ok = ();
    type Error = Error;
    fn serialize_element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(&mut **self)
    }
    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

impl SerializeMap for &mut Walk<'_> {
    type Ok = ();
    type Error = Error;
    fn serialize_key<T: ?Sized + Serialize>(&mut self, _: &T) -> Result<(), Error> {
        Ok(())
    }
    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(&mut **self)
    }
    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

/// The walk within a struct.
struct Fields<'w, 'v> {
    walk: &'w mut Walk<'v>,
    wrapper: bool,
}

impl SerializeStruct for Fields<'_, '_> {
    type Ok = ();
    type Error = Error;
    fn serialize_field<T: ?Sized + Serialize>(
        &mut self,
        field: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        if !self.wrapper
            && let Some(node) = self.walk.nodes.last_mut()
        {
            node.field = field;
        }
        value.serialize(&mut *self.walk)
    }
    fn end(self) -> Result<(), Error> {
        if !self.wrapper
            && let Some(node) = self.walk.nodes.pop()
        {
            self.walk.visitor.leave(&node, &self.walk.nodes);
            if let Some(around) = self.walk.nodes.last_mut() {
                around.reaches_to(node.leftmost);
            }
        }
        Ok(())
    }
}
