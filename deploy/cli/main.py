"""The command `limner` and its parts."""

import click

from deploy.cli.accounts import accounts, plans
from deploy.cli.database import migrate
from deploy.cli.doctor import doctor
from deploy.cli.jobs import jobs, models, submit
from deploy.cli.keys import keys
from deploy.cli.retention import prune
from deploy.cli.settings import settings
from deploy.cli.up import down, status, up
from deploy.cli.webhooks import webhooks


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="limner")
def limner() -> None:
    """Images, videos, 3D models and rendered timelines as jobs, on machines of your own.

    `limner up` starts everything on this machine; `limner doctor` says what is wrong.
    """


_COMMANDS = (
    up, status, down, migrate, accounts, plans, keys, models, submit, jobs, webhooks, prune,
    doctor, settings,
)  # fmt: skip
for _command in _COMMANDS:
    limner.add_command(_command)
