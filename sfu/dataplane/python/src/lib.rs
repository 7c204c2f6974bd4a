//! `sfu._dataplane`: the data plane as Python sees it.
use pyo3::prelude::*;

/// The compiled module.
#[pymodule]
fn _dataplane(_module: &Bound<'_, PyModule>) -> PyResult<()> {
    Ok(())
}
