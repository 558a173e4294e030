"""The ground that the application at hand stands on."""

from flask import Flask, current_app

from api.waiting import WaitingRoom
from shared.accounts.windows import Windows
from shared.ground import Ground

_GROUND = "limner_ground"
_WAITING = "limner_waiting"
_WINDOWS = "limner_windows"


def attach(app: Flask, ground: Ground) -> None:
    """Let requests to this application find their ground."""
    app.extensions[_GROUND] = ground
    app.extensions[_WAITING] = WaitingRoom(ground)
    app.extensions[_WINDOWS] = Windows(ground.settings.broker)


def current() -> Ground:
    """Return the ground of the request's application."""
    ground: Ground = current_app.extensions[_GROUND]
    return ground


def waiting_room() -> WaitingRoom:
    """Return where requests of this application are held."""
    room: WaitingRoom = current_app.extensions[_WAITING]
    return room


def windows() -> Windows:
    """Return where this application counts who asks how often."""
    found: Windows = current_app.extensions[_WINDOWS]
    return found
