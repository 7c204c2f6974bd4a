"""How much one participant, one user and one address may ask (REQUIREMENTS SIG-15)."""

from __future__ import annotations

from pydantic import Field

from config.section import Section


class RateSettings(Section):
    """`_per_s` is what may go on for ever, `_burst` what may come at once before that; each participant has their own.

    Addresses are single ones of IPv4 and networks of 64 bits of IPv6. With Redis the figures about users and addresses
    hold for all nodes together.
    """

    enabled: bool = True
    requests_per_s: float = Field(100, gt=0)
    requests_burst: int = Field(400, ge=1)
    media_per_s: float = Field(400, gt=0)  # joining a room of a hundred takes several requests for each of them
    media_burst: int = Field(4000, ge=1)
    chat_per_s: float = Field(5, gt=0)
    chat_burst: int = Field(100, ge=1)
    creations_per_s: float = Field(1, gt=0)
    creation_burst: int = Field(50, ge=1)
    creations_per_15_min: int = Field(500, ge=1)  # meetings of one user, on all their connections
    joins_per_s: float = Field(2, gt=0)
    join_burst: int = Field(50, ge=1)
    arrivals_per_s: float = Field(100, gt=0)  # people joining meetings of this node, all together
    arrivals_burst: int = Field(500, ge=1)  # a lecture begins at once
    user_arrivals_per_s: float = Field(5, gt=0)  # joins of one user, on all their connections to this node
    user_arrivals_burst: int = Field(50, ge=1)
    password_tries_per_min: int = Field(10, ge=1)  # wrong passwords of meetings, by one user
    password_tries_per_address: int = Field(60, ge=1)  # for one meeting, in the same time
    password_tries_per_meeting: int = Field(600, ge=1)  # by everybody, in the same time

    connections_per_address: int = Field(4096, ge=1)
    waiting_per_address: int = Field(1024, ge=1)  # connections that have not said who they are
    failures_per_min: int = Field(1000, ge=1)  # tokens that were refused, from one address
    shut_out_s: float = Field(60, gt=0)  # how long it is then refused

    http_creations_per_15_min: int = Field(100, ge=1)  # of one user
    http_creations_per_address: int = Field(1000, ge=1)  # in the same time
    http_strict_per_min: int = Field(10, ge=1)  # where passwords can be tried, and where accounts are made
    http_guests_per_min: int = Field(120, ge=1)  # a class behind one address joins at once
    http_refreshes_per_min: int = Field(600, ge=1)
    http_reports_per_min: int = Field(
        120, ge=1
    )  # of one user; a page makes one in two seconds at most, in the long run
    http_reports_per_address: int = Field(6000, ge=1)  # in the same time
