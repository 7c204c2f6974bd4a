"""ORTC negotiation, pure: what a room can carry, what a producer sends, what a consumer is given."""

from sfu.ortc.capabilities import ROUTER_RTP_CAPABILITIES
from sfu.ortc.consuming import ConsumerIdentity, can_consume, consumer_parameters
from sfu.ortc.model import DtlsParameters, OrtcError, RtpCapabilities, RtpParameters, to_plain
from sfu.ortc.producing import ProducerMedia, map_producer
from sfu.ortc.validation import parse_dtls_parameters, parse_rtp_capabilities, parse_rtp_parameters

__all__ = [
    "ROUTER_RTP_CAPABILITIES",
    "ConsumerIdentity",
    "DtlsParameters",
    "OrtcError",
    "ProducerMedia",
    "RtpCapabilities",
    "RtpParameters",
    "can_consume",
    "consumer_parameters",
    "map_producer",
    "parse_dtls_parameters",
    "parse_rtp_capabilities",
    "parse_rtp_parameters",
    "to_plain",
]
