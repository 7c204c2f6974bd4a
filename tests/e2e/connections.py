"""What a page's peer connections may use and what they use: the network between a browser and a worker, made narrow."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import BrowserContext

from tests.e2e.browser import BrowserPerson

_SCRIPT = """
(() => {
  const { candidates, policy } = %s
  window.connections = []
  const Inner = window.RTCPeerConnection
  window.RTCPeerConnection = class extends Inner {
    constructor(configuration) {
      super(policy ? { ...configuration, iceTransportPolicy: policy } : configuration)
      window.connections.push(this)
    }
    setRemoteDescription(description) {
      const wanted = (line) => !line.startsWith('a=candidate:') || new RegExp(candidates).test(line)
      const sdp = description.sdp.split('\\r\\n').filter(wanted).join('\\r\\n')
      return super.setRemoteDescription({ type: description.type, sdp })
    }
  }
})()
"""

_BY_RELAY_ALONE = """
(() => {
  const Inner = window.RTCPeerConnection
  window.connections = []
  window.RTCPeerConnection = class extends Inner {
    constructor(configuration) {
      super(configuration)
      window.connections.push(this)
    }
    setRemoteDescription(description) {
      const relayed = this.getConfiguration().iceTransportPolicy === 'relay'
      const dead = (line) => line.startsWith('a=candidate:') ? line.replace(/ (\\d+) typ /, ' 65500 typ ') : line
      const lines = description.sdp.split('\\r\\n')
      const sdp = (relayed ? lines : lines.map(dead)).join('\\r\\n')
      return super.setRemoteDescription({ type: description.type, sdp })
    }
  }
})()
"""

_PAIRS = """
async () => Promise.all(window.connections.map(async (connection) => {
  const stats = await connection.getStats()
  const all = [...stats.values()]
  const transport = all.find((one) => one.type === 'transport')
  const pair = transport && stats.get(transport.selectedCandidatePairId)
  return {
    state: connection.connectionState,
    local: pair ? stats.get(pair.localCandidateId) : null,
    remote: pair ? stats.get(pair.remoteCandidateId) : null,
    dtls: transport?.dtlsState,
    local_ufrag: transport?.iceLocalUsernameFragment,
    packets_received: all.reduce((sum, one) => sum + (one.type === 'inbound-rtp' ? one.packetsReceived : 0), 0),
  }
}))
"""

_GAP = """
async (seconds) => {
  const count = async () => {
    const reports = await Promise.all(window.connections.map((connection) => connection.getStats()))
    const all = reports.flatMap((stats) => [...stats.values()])
    return all.reduce((sum, one) => sum + (one.type === 'inbound-rtp' ? one.packetsReceived : 0), 0)
  }
  const started = performance.now()
  let [changed, longest, seen] = [started, 0, -1]
  while (performance.now() - started < seconds * 1000) {
    const received = await count()
    const now = performance.now()
    longest = Math.max(longest, now - changed)
    if (received !== seen) [seen, changed] = [received, now]
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return longest / 1000
}
"""


def only(candidates: str = "", policy: str = "") -> Callable[[BrowserContext], Awaitable[None]]:
    """Pages of the context see only the server's candidates that match; `policy` as RTCIceTransportPolicy."""

    async def prepare(context: BrowserContext) -> None:
        await context.add_init_script(_SCRIPT % json.dumps({"candidates": candidates, "policy": policy}))

    return prepare


async def unreachable_but_by_relay(context: BrowserContext) -> None:
    """Pages of the context reach the server's media through a TURN server and in no other way."""
    await context.add_init_script(_BY_RELAY_ALONE)


async def connections(person: BrowserPerson) -> list[dict[str, Any]]:
    """Of each peer connection its state, its selected pair and what came by it."""
    pairs: list[dict[str, Any]] = await person.page.evaluate(_PAIRS)
    return pairs


async def longest_gap(person: BrowserPerson, seconds: float) -> float:
    """The longest time, in seconds, in which no media at all came to the page."""
    return float(await person.page.evaluate(_GAP, seconds))
