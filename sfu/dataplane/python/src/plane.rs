//! The class `DataPlane`: its sockets, one thread, and the questions Python may ask of it.

use crate::convert::{
    ConsumerFields, PipeConsumerFields, ProducerFields, consumer_spec, pipe_consumer_spec,
    producer_spec,
};
use crate::driver::{Answer, Ask, Driver};
use crate::error::{invalid, refused, stopped};
use crate::events::EventQueue;
use crate::poller::Token;
use crate::ports::Ports;
use crate::report;
use crate::wakeup::Wakeup;
use folkmoot_core::bandwidth::{FLOOR, INITIAL, LEAST, Limits, MOST};
use folkmoot_core::id::{ConsumerId, PipeConsumerId, ProducerId, TransportId};
use folkmoot_core::io::{Command, Reply, Tuple};
use folkmoot_core::srtp::Profile;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};

/// See `sfu/_dataplane.pyi`, which is the contract.
#[pyclass(frozen, module = "sfu._dataplane")]
pub(crate) struct DataPlane {
    udp_port: u16,
    tcp_port: Option<u16>,
    events: Arc<EventQueue>,
    woken: Arc<Wakeup>,
    asks: mpsc::Sender<Ask>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl DataPlane {
    fn start(
        addresses: &[IpAddr],
        udp_port: u16,
        tcp_port: Option<u16>,
        limits: Limits,
    ) -> io::Result<Self> {
        let ports = Ports::open(addresses, udp_port, tcp_port)?;
        let (udp_port, tcp_port) = (ports.udp_port()?, ports.tcp_port()?);
        let events = Arc::new(EventQueue::new()?);
        let woken = Arc::new(Wakeup::new()?);
        ports.poller.add(&*woken, Token::Asked)?;
        let (asks, received) = mpsc::channel();
        let (their_events, their_woken) = (Arc::clone(&events), Arc::clone(&woken));
        // The standard library seeds its hash tables from the operating system; there is no shorter way to 64 such bits.
        let seed = RandomState::new().hash_one(udp_port);
        let thread = thread::Builder::new()
            .name("dataplane".to_owned())
            .spawn(move || {
                Driver::new(ports, received, their_woken, their_events, (seed, limits)).run()
            })?;
        Ok(Self {
            udp_port,
            tcp_port,
            events,
            woken,
            asks,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Waits, without the GIL, until the thread has answered.
    fn ask(&self, py: Python<'_>, command: Command) -> PyResult<Answer> {
        let answer = py.detach(|| {
            let (sender, answer) = mpsc::sync_channel(1);
            self.asks.send(Ask::Command(command, sender)).ok()?;
            self.woken.signal();
            answer.recv().ok()
        });
        answer.ok_or_else(|| stopped(py))
    }

    fn run(&self, py: Python<'_>, command: Command) -> PyResult<()> {
        self.ask(py, command)?
            .result
            .map(|_| ())
            .map_err(|error| refused(py, &error))
    }

    fn stop(&self) {
        // A failed send means that the thread has ended already.
        let _ = self.asks.send(Ask::Stop);
        self.woken.signal();
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            // A panic was caught at the thread's edge and reported as an event.
            let _ = thread.join();
        }
    }
}

#[pymethods]
impl DataPlane {
    #[new]
    #[pyo3(signature = (listen_ips, udp_port, tcp_port=None, *, initial_bitrate=INITIAL, minimum_bitrate=FLOOR))]
    fn new(
        listen_ips: Vec<String>,
        udp_port: u16,
        tcp_port: Option<u16>,
        initial_bitrate: u64,
        minimum_bitrate: u64,
    ) -> PyResult<Self> {
        let addresses: Vec<IpAddr> = listen_ips
            .iter()
            .map(|ip| ip.parse())
            .collect::<Result<_, _>>()
            .map_err(|_| PyValueError::new_err("not an IP address"))?;
        if addresses.is_empty() {
            return Err(PyValueError::new_err("no address to listen on"));
        }
        let limits = Limits {
            initial: initial_bitrate.clamp(LEAST, MOST),
            floor: minimum_bitrate.clamp(LEAST, MOST),
        };
        Ok(Self::start(&addresses, udp_port, tcp_port, limits)?)
    }

    #[getter]
    fn udp_port(&self) -> u16 {
        self.udp_port
    }

    #[getter]
    fn tcp_port(&self) -> Option<u16> {
        self.tcp_port
    }

    #[getter]
    fn event_fd(&self) -> RawFd {
        self.events.as_raw_fd()
    }

    fn poll_events<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let events = PyList::empty(py);
        for notice in self.events.drain() {
            events.append(report::event(py, notice)?)?;
        }
        Ok(events)
    }

    fn add_transport(
        &self,
        py: Python<'_>,
        transport: u32,
        ufrag: String,
        password: String,
    ) -> PyResult<()> {
        self.run(
            py,
            Command::AddTransport {
                transport: TransportId(transport),
                ufrag,
                password,
            },
        )
    }

    fn restart_ice(
        &self,
        py: Python<'_>,
        transport: u32,
        ufrag: String,
        password: String,
    ) -> PyResult<()> {
        self.run(
            py,
            Command::RestartIce {
                transport: TransportId(transport),
                ufrag,
                password,
            },
        )
    }

    fn send_dtls(&self, py: Python<'_>, transport: u32, datagram: &[u8]) -> PyResult<()> {
        self.run(
            py,
            Command::SendDtls {
                transport: TransportId(transport),
                datagram: datagram.to_vec(),
            },
        )
    }

    fn set_srtp_keys(
        &self,
        py: Python<'_>,
        transport: u32,
        profile: &str,
        rx: &[u8],
        tx: &[u8],
    ) -> PyResult<()> {
        let profile =
            Profile::from_name(profile).ok_or_else(|| invalid(py, "unknown SRTP profile"))?;
        let (transport, rx, tx) = (TransportId(transport), rx.to_vec(), tx.to_vec());
        self.run(
            py,
            Command::SetSrtpKeys {
                transport,
                profile,
                rx,
                tx,
            },
        )
    }

    fn remove_transport(&self, py: Python<'_>, transport: u32) -> PyResult<()> {
        self.run(py, Command::RemoveTransport(TransportId(transport)))
    }

    fn add_producer(
        &self,
        py: Python<'_>,
        transport: u32,
        producer: u32,
        spec: ProducerFields,
    ) -> PyResult<()> {
        let spec = producer_spec(spec).map_err(|problem| invalid(py, problem))?;
        let (transport, producer) = (TransportId(transport), ProducerId(producer));
        self.run(
            py,
            Command::AddProducer {
                transport,
                producer,
                spec,
            },
        )
    }

    fn pause_producer(&self, py: Python<'_>, producer: u32) -> PyResult<()> {
        self.run(py, Command::PauseProducer(ProducerId(producer)))
    }

    fn resume_producer(&self, py: Python<'_>, producer: u32) -> PyResult<()> {
        self.run(py, Command::ResumeProducer(ProducerId(producer)))
    }

    fn remove_producer(&self, py: Python<'_>, producer: u32) -> PyResult<()> {
        self.run(py, Command::RemoveProducer(ProducerId(producer)))
    }

    fn add_consumer(
        &self,
        py: Python<'_>,
        transport: u32,
        consumer: u32,
        producer: u32,
        spec: ConsumerFields,
    ) -> PyResult<()> {
        let spec = consumer_spec(spec).map_err(|problem| invalid(py, problem))?;
        let (transport, consumer, producer) = (
            TransportId(transport),
            ConsumerId(consumer),
            ProducerId(producer),
        );
        self.run(
            py,
            Command::AddConsumer {
                transport,
                consumer,
                producer,
                spec,
            },
        )
    }

    fn pause_consumer(&self, py: Python<'_>, consumer: u32) -> PyResult<()> {
        self.run(py, Command::PauseConsumer(ConsumerId(consumer)))
    }

    fn resume_consumer(&self, py: Python<'_>, consumer: u32) -> PyResult<()> {
        self.run(py, Command::ResumeConsumer(ConsumerId(consumer)))
    }

    fn remove_consumer(&self, py: Python<'_>, consumer: u32) -> PyResult<()> {
        self.run(py, Command::RemoveConsumer(ConsumerId(consumer)))
    }

    fn request_keyframe(&self, py: Python<'_>, consumer: u32) -> PyResult<()> {
        self.run(py, Command::RequestKeyframe(ConsumerId(consumer)))
    }

    fn set_layers(
        &self,
        py: Python<'_>,
        consumer: u32,
        spatial_layer: u8,
        temporal_layer: u8,
    ) -> PyResult<()> {
        let consumer = ConsumerId(consumer);
        self.run(
            py,
            Command::SetLayers {
                consumer,
                spatial: spatial_layer,
                temporal: temporal_layer,
            },
        )
    }

    fn add_pipe(
        &self,
        py: Python<'_>,
        transport: u32,
        remote: &str,
        profile: &str,
        rx: &[u8],
        tx: &[u8],
    ) -> PyResult<()> {
        let remote = remote
            .parse()
            .map_err(|_| invalid(py, "remote is not an address with a port"))?;
        let profile =
            Profile::from_name(profile).ok_or_else(|| invalid(py, "unknown SRTP profile"))?;
        self.run(
            py,
            Command::AddPipe {
                transport: TransportId(transport),
                tuple: Tuple::udp(remote),
                profile,
                rx: rx.to_vec(),
                tx: tx.to_vec(),
            },
        )
    }

    fn add_pipe_consumer(
        &self,
        py: Python<'_>,
        transport: u32,
        consumer: u32,
        producer: u32,
        spec: PipeConsumerFields,
    ) -> PyResult<()> {
        let spec = pipe_consumer_spec(spec).map_err(|problem| invalid(py, problem))?;
        self.run(
            py,
            Command::AddPipeConsumer {
                transport: TransportId(transport),
                consumer: PipeConsumerId(consumer),
                producer: ProducerId(producer),
                spec,
            },
        )
    }

    fn set_wanted(&self, py: Python<'_>, consumer: u32, wanted: u8) -> PyResult<()> {
        let consumer = PipeConsumerId(consumer);
        self.run(py, Command::SetWanted { consumer, wanted })
    }

    fn remove_pipe_consumer(&self, py: Python<'_>, consumer: u32) -> PyResult<()> {
        self.run(py, Command::RemovePipeConsumer(PipeConsumerId(consumer)))
    }

    fn set_consumer_size(
        &self,
        py: Python<'_>,
        consumer: u32,
        width: u16,
        height: u16,
    ) -> PyResult<()> {
        let consumer = ConsumerId(consumer);
        self.run(
            py,
            Command::SetConsumerSize {
                consumer,
                width,
                height,
            },
        )
    }

    fn set_consumer_priority(&self, py: Python<'_>, consumer: u32, priority: u8) -> PyResult<()> {
        let consumer = ConsumerId(consumer);
        self.run(py, Command::SetConsumerPriority { consumer, priority })
    }

    fn set_producer_priority(&self, py: Python<'_>, producer: u32, priority: u8) -> PyResult<()> {
        let producer = ProducerId(producer);
        self.run(py, Command::SetProducerPriority { producer, priority })
    }

    fn statistics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let answer = self.ask(py, Command::Statistics)?;
        match answer.result {
            Ok(Reply::Statistics(statistics)) => report::statistics(py, &statistics, &answer.host),
            Ok(_) => Err(stopped(py)),
            Err(error) => Err(refused(py, &error)),
        }
    }

    fn transport_statistics<'py>(
        &self,
        py: Python<'py>,
        transport: u32,
    ) -> PyResult<Bound<'py, PyDict>> {
        let answer = self.ask(py, Command::StatisticsOf(TransportId(transport)))?;
        match answer.result {
            Ok(Reply::Statistics(statistics)) => report::statistics(py, &statistics, &answer.host),
            Ok(_) => Err(stopped(py)),
            Err(error) => Err(refused(py, &error)),
        }
    }

    fn totals<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let answer = self.ask(py, Command::Totals)?;
        match answer.result {
            Ok(Reply::Totals(totals)) => report::totals(py, &totals, &answer.host),
            Ok(_) => Err(stopped(py)),
            Err(error) => Err(refused(py, &error)),
        }
    }

    fn close(&self, py: Python<'_>) {
        py.detach(|| self.stop());
    }
}

impl Drop for DataPlane {
    fn drop(&mut self) {
        self.stop();
    }
}
