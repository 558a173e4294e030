"""The ground that the application at hand stands on."""

from flask import Flask, current_app

from api.feeds import Feeds
from api.lookout import Lookout
from api.places import Places
from api.streams import Streams
from api.waiting import WaitingRoom
from shared.accounts.windows import Windows
from shared.ground import Ground

# What the server says here to whoever asks: whether this process is to end.
IS_STOPPING = "LIMNER_IS_STOPPING"

_GROUND = "limner_ground"
_LOOKOUT = "limner_lookout"
_STREAMS = "limner_streams"
_WAITING = "limner_waiting"
_WINDOWS = "limner_windows"


def attach(app: Flask, ground: Ground) -> None:
    """Let requests to this application find their ground."""
    app.config.setdefault(IS_STOPPING, bool)
    app.extensions[_GROUND] = ground
    places = Places(ground.settings.http.threads)
    waiting, feeds = WaitingRoom(ground, places), Feeds(ground)
    app.extensions[_WAITING] = waiting
    app.extensions[_STREAMS] = Streams(feeds, places, seconds=ground.settings.http.stream_seconds)
    app.extensions[_LOOKOUT] = Lookout(
        ground.broker, [waiting, feeds], is_stopping=lambda: bool(app.config[IS_STOPPING]())
    )
    app.extensions[_WINDOWS] = Windows(ground.settings.broker)


def current() -> Ground:
    """Return the ground of the request's application."""
    ground: Ground = current_app.extensions[_GROUND]
    return ground


def waiting_room() -> WaitingRoom:
    """Return where requests of this application are held."""
    _listen()
    room: WaitingRoom = current_app.extensions[_WAITING]
    return room


def streams() -> Streams:
    """Return where callers of this application follow what happens."""
    _listen()
    found: Streams = current_app.extensions[_STREAMS]
    return found


def windows() -> Windows:
    """Return where this application counts who asks how often."""
    found: Windows = current_app.extensions[_WINDOWS]
    return found


def _listen() -> None:
    lookout: Lookout = current_app.extensions[_LOOKOUT]
    lookout.start()
