"""Codecs and header extensions in the shapes of the data plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sfu.ortc.model import CodecParameters, ExtensionParameters

if TYPE_CHECKING:
    from sfu._dataplane import Codec, HeaderExtension


def codec_spec(codec: CodecParameters, rtx: CodecParameters | None, red: CodecParameters | None) -> Codec:
    feedback = {(f.type, f.parameter or "") for f in codec.rtcp_feedback or ()}
    return {
        "mime_type": codec.mime_type.lower(),
        "payload_type": codec.payload_type,
        "clock_rate": codec.clock_rate,
        "rtx_payload_type": rtx.payload_type if rtx else None,
        "red_payload_type": red.payload_type if red else None,
        "nack": ("nack", "") in feedback,
        "pli": ("nack", "pli") in feedback,
        "fir": ("ccm", "fir") in feedback,
        "remb": ("goog-remb", "") in feedback,
        "twcc": ("transport-cc", "") in feedback,
    }


def extension_specs(extensions: Sequence[ExtensionParameters]) -> list[HeaderExtension]:
    return [{"uri": extension.uri, "id": extension.id} for extension in extensions]
