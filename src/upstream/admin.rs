//! Pooled connections of the administrative role.
