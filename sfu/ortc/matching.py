"""When two descriptions of a codec mean the same codec."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, auto
from typing import TypeVar

from sfu.ortc.model import CodecCapability, CodecParameters, FormatParameters

AnyCodec = CodecCapability | CodecParameters
C = TypeVar("C", CodecCapability, CodecParameters)

DEFAULT_H264_PROFILE = "42e01f"  # what libwebrtc assumes of an absent profile-level-id


class H264Profile(Enum):
    CONSTRAINED_BASELINE = auto()
    BASELINE = auto()
    MAIN = auto()
    CONSTRAINED_HIGH = auto()
    HIGH = auto()
    PREDICTIVE_HIGH_444 = auto()


# RFC 6184 section 8.1, table 5: (profile_idc, mask, value of profile_iop under the mask).
_H264_PROFILES = (
    (0x42, 0b0100_1111, 0b0100_0000, H264Profile.CONSTRAINED_BASELINE),
    (0x4D, 0b1000_1111, 0b1000_0000, H264Profile.CONSTRAINED_BASELINE),
    (0x58, 0b1100_1111, 0b1100_0000, H264Profile.CONSTRAINED_BASELINE),
    (0x42, 0b0100_1111, 0b0000_0000, H264Profile.BASELINE),
    (0x58, 0b1100_1111, 0b1000_0000, H264Profile.BASELINE),
    (0x4D, 0b1010_1111, 0b0000_0000, H264Profile.MAIN),
    (0x64, 0b1111_1111, 0b0000_1100, H264Profile.CONSTRAINED_HIGH),
    (0x64, 0b1111_1111, 0b0000_0000, H264Profile.HIGH),
    (0xF4, 0b1111_1111, 0b0000_0000, H264Profile.PREDICTIVE_HIGH_444),
)


def h264_profile(profile_level_id: str) -> H264Profile | None:
    """The profile of a `profile-level-id`; None when it is none of the known. The level is not part of it."""
    try:
        packed = bytes.fromhex(profile_level_id)
    except ValueError:
        return None
    if len(packed) != 3:
        return None
    idc, iop, _level = packed
    for known_idc, mask, value, profile in _H264_PROFILES:
        if idc == known_idc and iop & mask == value:
            return profile
    return None


def is_rtx(codec: AnyCodec) -> bool:
    return codec.mime_type.lower().endswith("/rtx")


def is_red(codec: AnyCodec) -> bool:
    """Redundant audio (RFC 2198): packets of another codec with copies of earlier ones."""
    return codec.mime_type.lower() == "audio/red"


def same_codec(one: AnyCodec, other: AnyCodec) -> bool:
    """MIME type, clock rate, channels, and the format parameters that make streams undecodable when they differ."""
    mime_type = one.mime_type.lower()
    if mime_type != other.mime_type.lower() or one.clock_rate != other.clock_rate:
        return False
    if mime_type.startswith("audio/") and (one.channels or 1) != (other.channels or 1):
        return False
    check = _FORMAT_CHECKS.get(mime_type)
    return check is None or check(one.parameters or {}, other.parameters or {})


def find_same(codec: AnyCodec, among: Iterable[C]) -> C | None:
    return next((candidate for candidate in among if same_codec(codec, candidate)), None)


def find_rtx(payload_type: int | None, among: Iterable[C]) -> C | None:
    """The RTX codec whose `apt` (RFC 4588 section 8.6) is the payload type."""
    return next((codec for codec in among if is_rtx(codec) and apt(codec) == payload_type), None)


def find_red(codec: AnyCodec, among: Iterable[C]) -> C | None:
    """The redundant form of the codec: the one of its clock rate and channels."""
    same = (red for red in among if is_red(red) and red.clock_rate == codec.clock_rate)
    return next((red for red in same if (red.channels or 1) == (codec.channels or 1)), None)


def apt(codec: AnyCodec) -> int | None:
    return _integer((codec.parameters or {}).get("apt"))


def _integer(value: object, default: int | None = None) -> int | None:
    """Format parameters are integers from some clients and digits from others."""
    try:
        return default if value is None else int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        return None


def _same_h264(one: FormatParameters, other: FormatParameters) -> bool:
    if _integer(one.get("packetization-mode"), 0) != _integer(other.get("packetization-mode"), 0):
        return False
    profile = h264_profile(str(one.get("profile-level-id") or DEFAULT_H264_PROFILE))
    return profile is not None and profile == h264_profile(str(other.get("profile-level-id") or DEFAULT_H264_PROFILE))


def _same_vp9(one: FormatParameters, other: FormatParameters) -> bool:
    profile = _integer(one.get("profile-id"), 0)
    return profile is not None and profile == _integer(other.get("profile-id"), 0)


def _same_av1(one: FormatParameters, other: FormatParameters) -> bool:
    profile = _integer(one.get("profile"), 0)
    return profile is not None and profile == _integer(other.get("profile"), 0)


_FORMAT_CHECKS = {"video/h264": _same_h264, "video/vp9": _same_vp9, "video/av1": _same_av1}
