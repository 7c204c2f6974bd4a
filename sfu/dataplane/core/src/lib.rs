//! Folkmoot's media plane, sans-IO.
