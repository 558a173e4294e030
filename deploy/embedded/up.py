"""Starts all of Limner on this machine, and keeps it running until somebody asks to stop."""

import functools
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Protocol

from honcho.printer import Message

from deploy.embedded import addresses, environment
from deploy.embedded.addresses import Addresses
from deploy.embedded.banner import block
from deploy.embedded.errors import ProcessFailed, StopAsked
from deploy.embedded.folder import state
from deploy.embedded.folder.files import read_env, write_env
from deploy.embedded.folder.home import Home
from deploy.embedded.options import Options, stop_grace
from deploy.embedded.processes import leftovers, procfile
from deploy.embedded.processes.console import Console
from deploy.embedded.processes.procfile import Procfile
from deploy.embedded.processes.supervisor import Supervisor
from deploy.embedded.readiness import Readiness
from deploy.embedded.run import Run
from deploy.embedded.servers import together as servers
from deploy.embedded.wish import StopWish

Events = SimpleQueue[Message | None]

FLOWER = "flower"
# Who listens on the API's port, to be quoted when nobody does.
WEB = ("web", "api")
_STEP = 0.5
_LOOK = 0.1


class Access(Protocol):
    """How whoever starts Limner may use it at once."""

    @property
    def api_key(self) -> str:
        """Opens the API."""

    @property
    def webhook_secret(self) -> str:
        """Checks its webhooks."""


# Makes the database ready for the first request, in the environment of the processes.
Prepare = Callable[[Mapping[str, str]], Access]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What every step has at hand; ``ending`` undoes the steps in reverse."""

    options: Options
    home: Home
    procfile: Procfile
    console: Console
    events: Events
    wish: StopWish
    ending: ExitStack
    run: Run


def up(options: Options, prepare: Prepare) -> None:
    """Start everything and return when it was stopped; raise CannotRun with the reason if not."""
    home, found, events = Home.of(options.environment), procfile.find(options.procfile), Events()
    stop_grace(options.environment)  # a fault in it is said before anything starts
    home.make()
    console = _console(options, home, found)
    with home.locked(), console, StopWish(events) as wish, ExitStack() as ending:
        scene = Scene(
            options=options,
            home=home,
            procfile=found,
            console=console,
            events=events,
            wish=wish,
            ending=ending,
            run=Run(home=home),
        )
        try:
            _carry_out(scene, prepare)
        except StopAsked:
            console.say("Stopping ...")
        finally:
            scene.run.enter("stopping")


def _carry_out(scene: Scene, prepare: Prepare) -> None:
    _clear_leftovers(scene)
    where = _choose_addresses(scene)
    variables = _start_servers(scene, where)
    access = scene.wish.during(functools.partial(prepare, variables))
    _leave_notes(scene, variables, access)
    supervisor = _start_processes(scene, variables)
    _await_ready(scene, supervisor, where)
    _announce(scene)
    _keep(scene, supervisor)


def _console(options: Options, home: Home, found: Procfile) -> Console:
    width = max(len(name) for name in found.commands)
    return Console(width=width, quiet_log=home.own_log if options.quiet else None)


def _clear_leftovers(scene: Scene) -> None:
    """End what a run that was cut off left, and begin our own record."""
    if count := leftovers.clear(state.load(scene.home.state)):
        scene.console.say(f"Ended {count} processes that an earlier run had left.")
    scene.ending.callback(scene.run.forget)
    scene.run.enter("starting")


def _choose_addresses(scene: Scene) -> Addresses:
    where = addresses.choose(scene.options, scene.home.last_ports())
    scene.home.remember_ports({"api": where.api_port, "flower": where.flower_port})
    scene.run.api_url = where.api_url
    scene.run.flower_url = where.flower_url if FLOWER in scene.procfile.commands else None
    scene.run.record()
    return where


def _start_servers(scene: Scene, where: Addresses) -> Mapping[str, str]:
    """Start the embedded servers; return the environment in which their clients find them."""
    given, secrets, home = (
        environment.given(scene.options.environment),
        scene.home.secrets(),
        scene.home,
    )
    ours = scene.run.servers = servers.embedded(home, given, secrets, home.last_ports())
    for server in ours.values():
        scene.ending.callback(server.stop, hurry=scene.wish.is_urgent)
        scene.console.say(f"Starting {server.name} ...")
    servers.start_together(ours, scene.wish)
    home.remember_ports({server.name.lower(): server.port for server in ours.values()})
    scene.run.record()
    return environment.for_processes(
        given,
        home=home,
        secrets=secrets,
        addresses=where,
        servers={variable: server.url for variable, server in ours.items()},
        run=scene.run.mark,
    )


def _leave_notes(scene: Scene, variables: Mapping[str, str], access: Access) -> None:
    """Tell other commands where the parts are, and people how to use them."""
    write_env(scene.home.runtime_env, environment.of_limner(variables))
    notes = {
        "LIMNER_API_URL": scene.run.api_url or "",
        "LIMNER_API_KEY": access.api_key,
        "LIMNER_WEBHOOK_SECRET": access.webhook_secret,
    }
    if scene.run.flower_url:
        notes["LIMNER_FLOWER_URL"] = scene.run.flower_url
        for name in ("LIMNER_FLOWER_USER", "LIMNER_FLOWER_PASSWORD"):
            notes[name] = variables[name]
    write_env(scene.home.demo_env, notes)


def _start_processes(scene: Scene, variables: Mapping[str, str]) -> Supervisor:
    supervisor = Supervisor(
        scene.procfile,
        environment=variables,
        console=scene.console,
        events=scene.events,
        grace=stop_grace(scene.options.environment),
        pace=scene.options.pace,
    )
    scene.ending.callback(supervisor.stop, hurry=scene.wish.is_urgent)
    scene.console.say(f"Starting {', '.join(scene.procfile.commands)} ...")
    supervisor.start()
    scene.run.supervisor = supervisor
    scene.run.record()
    return supervisor


def _await_ready(scene: Scene, supervisor: Supervisor, where: Addresses) -> None:
    flower_port = where.flower_port if scene.run.flower_url else None
    deadline = time.monotonic() + scene.options.timeout
    with Readiness(
        host=where.reachable_host, api_port=where.api_port, flower_port=flower_port
    ) as readiness:
        while missing := readiness.missing:
            _step(scene, supervisor, _LOOK)
            if time.monotonic() > deadline:
                raise ProcessFailed(
                    f"{missing} did not answer within {scene.options.timeout:g} seconds:",
                    supervisor.last_lines(*([FLOWER] if missing == "Flower" else WEB)),
                )


def _announce(scene: Scene) -> None:
    scene.run.enter("ready")
    scene.console.say("Ready.")
    if not scene.options.detached:
        stop = "Ctrl-C here, or `limner down`"
        scene.console.print(block(read_env(scene.home.demo_env), scene.home.path, stop=stop))


def _keep(scene: Scene, supervisor: Supervisor) -> None:
    while True:
        _step(scene, supervisor, _STEP)


def _step(scene: Scene, supervisor: Supervisor, patience: float) -> None:
    scene.wish.check()
    supervisor.step(patience)
    scene.run.look_after()
