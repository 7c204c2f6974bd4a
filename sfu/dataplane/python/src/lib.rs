//! `sfu._dataplane`: the data plane as Python sees it. Sockets, a thread and a clock around `folkmoot-core`.

mod address;
mod clock;
mod connection;
mod convert;
mod driver;
mod error;
mod events;
mod grouping;
mod plane;
mod poller;
mod ports;
mod report;
mod sender;
mod socket;
mod streams;
mod wakeup;

use pyo3::prelude::*;

/// The compiled module.
#[pymodule]
fn _dataplane(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("SOURCE_DIGEST", env!("SOURCE_DIGEST"))?;
    module.add(
        "DataPlaneError",
        module.py().get_type::<error::DataPlaneError>(),
    )?;
    module.add_class::<plane::DataPlane>()
}
