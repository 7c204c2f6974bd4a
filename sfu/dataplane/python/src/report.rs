//! Events and statistics as Python gets them.

use crate::driver::HostStatistics;
use crate::events::Notice;
use folkmoot_core::drop::Drops;
use folkmoot_core::io::Event;
use folkmoot_core::stats::{
    ConsumerStatistics, PipeConsumerStatistics, ProducerStatistics, Statistics, StrandStatistics,
    StreamStatistics, Totals, Traffic, TransportStatistics,
};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};

macro_rules! dict {
    ($py:expr, {$($key:literal: $value:expr,)*}) => {{
        let dict = PyDict::new($py);
        $(dict.set_item($key, $value)?;)*
        dict
    }};
}

/// A tuple `(name, handle, fields)`.
pub(crate) fn event<'py>(py: Python<'py>, notice: Notice) -> PyResult<Bound<'py, PyTuple>> {
    let (name, handle, fields) = match notice {
        Notice::Stopped(reason) => ("stopped", 0, dict!(py, {"reason": reason,})),
        Notice::Engine(Event::IceConnected { transport, tuple }) => (
            "ice_connected",
            transport.0,
            dict!(py, {
                "remote": tuple.remote.to_string(),
                "protocol": tuple.protocol.as_str(),
            }),
        ),
        Notice::Engine(Event::Dtls {
            transport,
            datagram,
        }) => (
            "dtls",
            transport.0,
            dict!(py, {"datagram": PyBytes::new(py, &datagram),}),
        ),
        Notice::Engine(Event::ConsentExpired { transport }) => {
            ("consent_expired", transport.0, PyDict::new(py))
        }
        Notice::Engine(Event::LayersChanged {
            consumer,
            spatial,
            temporal,
            reason,
            estimate,
        }) => {
            let fields = dict!(py, {
                "spatial_layer": spatial,
                "temporal_layer": temporal,
                "reason": reason.as_str(),
                "estimate": estimate,
            });
            ("layers_changed", consumer.0, fields)
        }
        Notice::Engine(Event::LayersWanted {
            producer,
            spatial,
            layers,
        }) => {
            let fields = dict!(py, {"spatial_layers": bits(spatial, layers),});
            ("layers_wanted", producer.0, fields)
        }
        Notice::Engine(Event::AudioLevels(levels)) => {
            let levels: Vec<_> = levels.iter().map(|(id, level)| (id.0, *level)).collect();
            ("audio_levels", 0, dict!(py, {"levels": levels,}))
        }
    };
    (name, handle, fields).into_pyobject(py)
}

/// The lowest `count` bits, lowest first.
fn bits(of: u8, count: u8) -> Vec<bool> {
    (0..count).map(|bit| of >> bit & 1 == 1).collect()
}

/// The dictionary of `DataPlane.statistics`.
pub(crate) fn statistics<'py>(
    py: Python<'py>,
    statistics: &Statistics,
    host: &HostStatistics,
) -> PyResult<Bound<'py, PyDict>> {
    let transports = PyDict::new(py);
    for (id, of) in &statistics.transports {
        transports.set_item(id.0, transport(py, of)?)?;
    }
    let producers = PyDict::new(py);
    for (id, of) in &statistics.producers {
        producers.set_item(id.0, producer(py, of)?)?;
    }
    let consumers = PyDict::new(py);
    for (id, of) in &statistics.consumers {
        consumers.set_item(id.0, consumer(py, of)?)?;
    }
    let pipe_consumers = PyDict::new(py);
    for (id, of) in &statistics.pipe_consumers {
        pipe_consumers.set_item(id.0, pipe_consumer(py, of)?)?;
    }
    Ok(dict!(py, {
        "transports": transports,
        "producers": producers,
        "consumers": consumers,
        "pipe_consumers": pipe_consumers,
        "drops": all_drops(py, &statistics.drops, host)?,
        "packets_in": statistics.received.packets,
        "packets_out": statistics.sent.packets,
        "bytes_in": statistics.received.bytes,
        "bytes_out": statistics.sent.bytes,
        "tcp_connections": host.connections,
        "cpu_s": host.cpu.as_secs_f64(),
    }))
}

/// The dictionary of `DataPlane.totals`.
pub(crate) fn totals<'py>(
    py: Python<'py>,
    totals: &Totals,
    host: &HostStatistics,
) -> PyResult<Bound<'py, PyDict>> {
    Ok(dict!(py, {
        "transports": totals.transports,
        "producers": totals.producers,
        "consumers": totals.consumers,
        "drops": all_drops(py, &totals.drops, host)?,
        "nacks_sent": totals.repairs.nacks_sent,
        "nacks_received": totals.repairs.nacks_received,
        "keyframe_requests_sent": totals.repairs.keyframe_requests_sent,
        "keyframe_requests_received": totals.repairs.keyframe_requests_received,
        "packets_in": totals.received.packets,
        "packets_out": totals.sent.packets,
        "bytes_in": totals.received.bytes,
        "bytes_out": totals.sent.bytes,
        "tcp_connections": host.connections,
        "cpu_s": host.cpu.as_secs_f64(),
    }))
}

/// What the engine dropped, and what never reached it or its destination.
fn all_drops<'py>(
    py: Python<'py>,
    engine: &Drops,
    host: &HostStatistics,
) -> PyResult<Bound<'py, PyDict>> {
    let drops = drops(py, engine)?;
    drops.set_item("datagram_too_long", host.truncated)?;
    drops.set_item("send_buffer_full", host.send_full)?;
    drops.set_item("send_refused", host.send_refused)?;
    drops.set_item("event_queue_full", host.events_dropped)?;
    let streams = &host.streams;
    drops.set_item("connections_full", streams.full)?;
    drops.set_item("connections_of_address", streams.address)?;
    drops.set_item("connection_garbage", streams.garbage)?;
    drops.set_item("connection_without_check", streams.strangers)?;
    drops.set_item("connection_silent", streams.silent)?;
    drops.set_item("connection_backlog", streams.backlog)?;
    drops.set_item("connection_gone", streams.gone)?;
    Ok(drops)
}

fn drops<'py>(py: Python<'py>, drops: &Drops) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (reason, count) in drops.iter() {
        dict.set_item(reason.as_str(), count)?;
    }
    Ok(dict)
}

fn traffic<'py>(py: Python<'py>, traffic: &Traffic) -> PyResult<Bound<'py, PyDict>> {
    Ok(dict!(py, {"packets": traffic.packets, "bytes": traffic.bytes,}))
}

fn transport<'py>(py: Python<'py>, of: &TransportStatistics) -> PyResult<Bound<'py, PyDict>> {
    Ok(dict!(py, {
        "pipe": of.pipe,
        "connected": of.connected,
        "secured": of.secured,
        "remote": of.remote.as_deref(),
        "protocol": of.protocol,
        "tuples": of.tuples,
        "ssrcs": of.ssrcs,
        "received": traffic(py, &of.received)?,
        "sent": traffic(py, &of.sent)?,
        "estimate": of.estimate,
        "delivered": of.delivered,
        "round_trip": of.round_trip.map(|each| each.as_secs_f64()),
        "probes": of.probes,
        "drops": drops(py, &of.drops)?,
    }))
}

fn producer<'py>(py: Python<'py>, of: &ProducerStatistics) -> PyResult<Bound<'py, PyDict>> {
    let streams = PyList::empty(py);
    for stream in &of.streams {
        streams.append(self::stream(py, stream)?)?;
    }
    Ok(dict!(py, {
        "transport": of.transport,
        "paused": of.paused,
        "consumers": of.consumers,
        "priority": of.priority,
        "layers_wanted": bits(of.wanted, of.spatial_layers),
        "streams": streams,
    }))
}

fn stream<'py>(py: Python<'py>, of: &StreamStatistics) -> PyResult<Bound<'py, PyDict>> {
    Ok(dict!(py, {
        "ssrc": of.ssrc,
        "rid": of.rid.as_deref(),
        "active": of.active,
        "received": traffic(py, &of.received)?,
        "recovered": of.recovered,
        "lost": of.lost,
        "jitter": of.jitter,
        "bitrate": of.bitrate,
        "keyframes": of.keyframes,
        "nacked": of.nacked,
        "keyframe_requests": of.keyframe_requests,
    }))
}

fn consumer<'py>(py: Python<'py>, of: &ConsumerStatistics) -> PyResult<Bound<'py, PyDict>> {
    Ok(dict!(py, {
        "transport": of.transport,
        "producer": of.producer,
        "paused": of.paused,
        "spatial_layer": of.spatial_layer,
        "temporal_layer": of.temporal_layer,
        "allotted_spatial_layer": of.allotted.map_or(-1, |layers| layers.spatial as i8),
        "allotted_temporal_layer": of.allotted.map_or(-1, |layers| layers.temporal as i8),
        "limited": of.limited,
        "priority": of.priority,
        "width": of.size.map(|size| size.width),
        "height": of.size.map(|size| size.height),
        "sent": traffic(py, &of.sent)?,
        "bitrate": of.bitrate,
        "resent": traffic(py, &of.resent)?,
        "nacked": of.nacked,
        "unanswered": of.unanswered,
        "keyframe_requests": of.keyframe_requests,
        "round_trip": of.round_trip.map(|time| time.as_secs_f64()),
        "fraction_lost": of.fraction_lost,
        "lost": of.lost,
        "jitter": of.jitter,
    }))
}

fn pipe_consumer<'py>(
    py: Python<'py>,
    of: &PipeConsumerStatistics,
) -> PyResult<Bound<'py, PyDict>> {
    let strands = PyList::empty(py);
    for strand in &of.strands {
        strands.append(self::strand(py, strand)?)?;
    }
    Ok(dict!(py, {
        "transport": of.transport,
        "producer": of.producer,
        "strands": strands,
    }))
}

fn strand<'py>(py: Python<'py>, of: &StrandStatistics) -> PyResult<Bound<'py, PyDict>> {
    Ok(dict!(py, {
        "ssrc": of.ssrc,
        "flows": of.flows,
        "sent": traffic(py, &of.sent)?,
        "bitrate": of.bitrate,
        "resent": traffic(py, &of.resent)?,
        "nacked": of.nacked,
        "unanswered": of.unanswered,
        "keyframe_requests": of.keyframe_requests,
        "lost": of.lost,
    }))
}
