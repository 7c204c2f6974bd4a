//! What Python is raised.

use folkmoot_core::io::CommandError;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

pyo3::create_exception!(
    sfu._dataplane,
    DataPlaneError,
    PyException,
    "The data plane refused; `code` says how."
);

/// A [`DataPlaneError`] with its code.
fn coded(py: Python<'_>, code: &str, message: &str) -> PyErr {
    let error = DataPlaneError::new_err(message.to_owned());
    match error.value(py).setattr("code", code) {
        Ok(()) => error,
        Err(failed) => failed,
    }
}

pub(crate) fn refused(py: Python<'_>, error: &CommandError) -> PyErr {
    coded(py, error.code(), error.message())
}

pub(crate) fn invalid(py: Python<'_>, message: &str) -> PyErr {
    coded(py, "VALIDATION", message)
}

/// The thread has ended, or was never there.
pub(crate) fn stopped(py: Python<'_>) -> PyErr {
    coded(py, "UNAVAILABLE", "the data plane is stopped")
}
