"""Settings: read from the environment once, when a process starts, and passed down.

Every setting is declared here with its parser, its default and a sentence;
``deploy/env.example`` is generated from these declarations (``limner settings``).
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from marshmallow.fields import Integer, String
from marshmallow.validate import URL, Length, OneOf, Range, Regexp

from shared import declaring, vendors
from shared.declaring import Network, Networks, Waits, option


@dataclass(frozen=True, kw_only=True)
class DatabaseSettings:
    """Postgres: the truth about every job."""

    url: str = option(
        "LIMNER_DATABASE_URL",
        "Postgres, as postgresql://user:password@host:5432/name.",
        kind=String(validate=Regexp(r"postgres(ql)?(\+psycopg)?://")),
        secret=True,
    )
    pool_size: int = option(
        "LIMNER_DATABASE_POOL_SIZE",
        "Connections that one process keeps open at most.",
        default=10,
        kind=Integer(validate=Range(min=1)),
    )


@dataclass(frozen=True, kw_only=True)
class BrokerSettings:
    """Redis or Valkey: wakes workers, and may be lost at any time."""

    url: str = option(
        "LIMNER_BROKER_URL",
        "Redis or Valkey, as redis://:password@host:6379/0.",
        kind=String(validate=Regexp(r"rediss?://")),
        secret=True,
    )


@dataclass(frozen=True, kw_only=True)
class StorageSettings:
    """Where finished artifacts go."""

    url: str = option(
        "LIMNER_STORAGE_URL",
        "folder:///absolute/path, or s3://bucket or s3://bucket/prefix.",
        kind=String(validate=Regexp(r"folder:///.|s3://[^/]")),
    )
    links: str = option(
        "LIMNER_STORAGE_LINKS",
        "Who serves artifacts: api (signed links to this API) or presigned (links to S3).",
        default="api",
        kind=String(validate=OneOf(["api", "presigned"])),
    )
    link_seconds: int = option(
        "LIMNER_STORAGE_LINK_SECONDS",
        "How long a link to an artifact opens, in seconds. Reading the job gives a new one.",
        default=86_400,
        kind=Integer(validate=Range(min=60, max=604_800)),
    )
    s3_endpoint_url: str = option(
        "LIMNER_S3_ENDPOINT_URL", "Address of an S3-compatible store; empty for AWS.", default=""
    )
    s3_region: str = option("LIMNER_S3_REGION", "Region of the bucket.", default="us-east-1")
    s3_access_key: str = option(
        "LIMNER_S3_ACCESS_KEY",
        "Access key; empty to use what boto3 finds (role, profile, environment).",
        default="",
    )
    s3_secret_key: str = option(
        "LIMNER_S3_SECRET_KEY", "Secret key to it.", default="", secret=True
    )
    s3_addressing: str = option(
        "LIMNER_S3_ADDRESSING",
        "How the bucket is addressed: path (most S3-compatible stores) or virtual (AWS).",
        default="path",
        kind=String(validate=OneOf(["path", "virtual"])),
    )


@dataclass(frozen=True, kw_only=True)
class UploadSettings:
    """Files that callers hand in."""

    max_bytes: int = option(
        "LIMNER_MAX_UPLOAD_BYTES",
        "Largest file that is taken from a caller, in bytes; plans may say less.",
        default=256 * 1024 * 1024,
        kind=Integer(validate=Range(min=1024)),
    )
    link_seconds: int = option(
        "LIMNER_UPLOAD_LINK_SECONDS",
        "How long a file may be put to the address that was given for it, in seconds.",
        default=3_600,
        kind=Integer(validate=Range(min=60, max=604_800)),
    )
    fetch_seconds: int = option(
        "LIMNER_INPUT_FETCH_SECONDS",
        "How long the download of a file may take that a request names by its address, in seconds.",
        default=60,
        kind=Integer(validate=Range(min=1)),
    )


@dataclass(frozen=True, kw_only=True)
class HttpSettings:
    """The API as its callers meet it."""

    public_url: str = option(
        "LIMNER_PUBLIC_URL",
        "Where callers reach the API, as https://media.example.org; links are built from it.",
        kind=String(validate=URL(schemes={"http", "https"}, require_tld=False)),
    )
    host: str = option("LIMNER_HOST", "Address that the API listens on.", default="127.0.0.1")
    port: int = option(
        "LIMNER_PORT",
        "Port that the API listens on.",
        default=8080,
        kind=Integer(validate=Range(min=1, max=65_535)),
    )
    processes: int = option(
        "LIMNER_WEB_PROCESSES",
        "API processes on this host.",
        default=2,
        kind=Integer(validate=Range(min=1)),
    )
    threads: int = option(
        "LIMNER_WEB_THREADS",
        "Requests that one API process answers at the same time. All but 32 of them may be held "
        "until a job is over, or follow events; of fewer than 64, half of them.",
        default=64,
        kind=Integer(validate=Range(min=2)),
    )
    trusted_proxies: int = option(
        "LIMNER_TRUSTED_PROXIES",
        "Proxies of your own before the API, each of which adds the address that called it to "
        "X-Forwarded-For. With 0 that header is not believed.",
        default=0,
        kind=Integer(validate=Range(min=0, max=10)),
    )
    failures_per_minute: int = option(
        "LIMNER_FAILURES_PER_MINUTE",
        "Requests from one address in a minute whose key opens nothing; the others get 429.",
        default=60,
        kind=Integer(validate=Range(min=1)),
    )
    max_body_bytes: int = option(
        "LIMNER_MAX_BODY_BYTES",
        "Largest request body, in bytes.",
        default=10 * 1024 * 1024,
        kind=Integer(validate=Range(min=1024)),
    )
    max_wait_seconds: int = option(
        "LIMNER_MAX_WAIT_SECONDS",
        "Longest time that a request is held until its job is over, in seconds.",
        default=60,
        kind=Integer(validate=Range(min=0, max=600)),
    )
    hold_image_seconds: int = option(
        "LIMNER_HOLD_IMAGE_SECONDS",
        "How long a request is held by contracts that answer with finished images and know no "
        "other answer, in seconds.",
        default=120,
        kind=Integer(validate=Range(min=0, max=3600)),
    )
    hold_seconds: int = option(
        "LIMNER_HOLD_SECONDS",
        "The same for videos and 3D models, in seconds.",
        default=600,
        kind=Integer(validate=Range(min=0, max=3600)),
    )
    stream_seconds: int = option(
        "LIMNER_STREAM_SECONDS",
        "Longest time that a caller follows events over one connection, in seconds. It comes back "
        "then, and loses nothing.",
        default=300,
        kind=Integer(validate=Range(min=1, max=3600)),
    )
    contracts: str = option(
        "LIMNER_CONTRACTS",
        "A folder with terms of your own for the published contracts that are spoken here: a file "
        "for each that shall not be as it comes along.",
        default="",
    )


@dataclass(frozen=True, kw_only=True)
class SecuritySettings:
    """Secrets, and which addresses may be reached."""

    secret_key: str = option(
        "LIMNER_SECRET_KEY",
        "Signs links and cursors; at least 32 characters, the same for every process.",
        kind=String(validate=Length(min=32)),
        secret=True,
    )
    webhook_networks: tuple[Network, ...] = option(
        "LIMNER_WEBHOOK_ALLOW_NETWORKS",
        "Private networks that webhooks may be sent to, comma-separated, as 10.1.0.0/16.",
        default=(),
        kind=Networks(),
    )
    input_networks: tuple[Network, ...] = option(
        "LIMNER_INPUT_ALLOW_NETWORKS",
        "Private networks from which what jobs start from may be fetched, comma-separated.",
        default=(),
        kind=Networks(),
    )


@dataclass(frozen=True, kw_only=True)
class AccountSettings:
    """How much accounts may ask for, and spend."""

    plans: str = option(
        "LIMNER_PLANS",
        "A list of plans of your own instead of the one that comes along.",
        default="",
    )
    opening_credits: int = option(
        "LIMNER_OPENING_CREDITS",
        "Credits that a new account begins with; 0 where they are sold.",
        default=1_000_000,
        kind=Integer(validate=Range(min=0, max=10**12)),
    )


@dataclass(frozen=True, kw_only=True)
class CatalogSettings:
    """Which models are offered, and who makes them."""

    path: str = option(
        "LIMNER_CATALOG", "A catalogue of your own instead of the one that comes along.", default=""
    )
    local_engines: str = option(
        "LIMNER_LOCAL_ENGINES",
        "fallback: a model with no configured provider is served by the local engine, and the job "
        "says so. off: such a request is refused.",
        default="off",
        kind=String(validate=OneOf(["off", "fallback"])),
    )


@dataclass(frozen=True, kw_only=True)
class WorkSettings:
    """How workers carry jobs out."""

    slots: int = option(
        "LIMNER_SLOTS",
        "Jobs that one worker process carries out at the same time.",
        default=4,
        kind=Integer(validate=Range(min=1)),
    )
    local_slots: int = option(
        "LIMNER_LOCAL_SLOTS",
        "Videos, 3D models and renders that one worker process makes at the same time, where no "
        "provider makes any of them; 0 for as many as there are cores. Never more than "
        "LIMNER_SLOTS.",
        default=0,
        kind=Integer(validate=Range(min=0)),
    )
    lease_seconds: int = option(
        "LIMNER_LEASE_SECONDS",
        "A worker that has not been heard of for so long has lost its jobs, in seconds.",
        default=10,
        kind=Integer(validate=Range(min=3)),
    )
    max_attempts: int = option(
        "LIMNER_MAX_ATTEMPTS",
        "How often a job is tried before it fails, where the catalogue says nothing of it; tries "
        "that cost nothing are not counted.",
        default=4,
        kind=Integer(validate=Range(min=1)),
    )
    max_losses: int = option(
        "LIMNER_MAX_LOSSES",
        "How many workers in a row may disappear with a job before it fails: it may be what kills "
        "them.",
        default=5,
        kind=Integer(validate=Range(min=1)),
    )
    poll_slots: int = option(
        "LIMNER_POLL_SLOTS",
        "Providers' jobs that one worker process asks for at the same time.",
        default=32,
        kind=Integer(validate=Range(min=1)),
    )
    stop_grace_seconds: int = option(
        "LIMNER_STOP_GRACE",
        "How long a stopping worker may finish what it holds, in seconds.",
        default=30,
        kind=Integer(validate=Range(min=0)),
    )


@dataclass(frozen=True, kw_only=True)
class ProviderSettings:
    """Those who make media elsewhere; one without a key is not used."""

    vendors: Mapping[str, str] = declaring.several(*vendors.options())
    concurrency: int = option(
        "LIMNER_PROVIDER_CONCURRENCY",
        "Jobs that all workers together have at one provider at the same time; 0 for any number.",
        default=0,
        kind=Integer(validate=Range(min=0)),
    )
    breaker_failures: int = option(
        "LIMNER_BREAKER_FAILURES",
        "After so many failures in a row, a provider's model is left alone for a while; jobs take "
        "another route meanwhile, if they have one, or wait.",
        default=5,
        kind=Integer(validate=Range(min=1)),
    )
    breaker_seconds: int = option(
        "LIMNER_BREAKER_SECONDS",
        "How long that is the first time, in seconds; it doubles as long as it fails, up to ten "
        "minutes.",
        default=15,
        kind=Integer(validate=Range(min=1)),
    )
    attempt_seconds: int = option(
        "LIMNER_PROVIDER_ATTEMPT_SECONDS",
        "How long one attempt may take at a provider or at a local engine, in seconds, where the "
        "catalogue says nothing of it.",
        default=3_600,
        kind=Integer(validate=Range(min=10)),
    )
    lost_answer_seconds: int = option(
        "LIMNER_LOST_ANSWER_SECONDS",
        "An order whose answer was lost, and that its provider does not list after so long, has "
        "not arrived, in seconds. Some providers list an order only when it is finished.",
        default=900,
        kind=Integer(validate=Range(min=1)),
    )
    download_seconds: int = option(
        "LIMNER_PROVIDER_DOWNLOAD_SECONDS",
        "How long the download of one result may take, in seconds.",
        default=300,
        kind=Integer(validate=Range(min=1)),
    )
    max_result_bytes: int = option(
        "LIMNER_MAX_RESULT_BYTES",
        "Largest result that is taken from a provider, in bytes.",
        default=2 * 1024 * 1024 * 1024,
        kind=Integer(validate=Range(min=1024)),
    )
    inputs: str = option(
        "LIMNER_PROVIDER_INPUTS",
        "How providers get what a job starts from: link (they fetch it from LIMNER_PUBLIC_URL) or "
        "inline (it is sent along).",
        default="link",
        kind=String(validate=OneOf(["link", "inline"])),
    )
    networks: tuple[Network, ...] = option(
        "LIMNER_PROVIDER_ALLOW_NETWORKS",
        "Private networks from which results may be fetched, comma-separated: your own GPU boxes.",
        default=(),
        kind=Networks(),
    )

    @property
    def configured(self) -> frozenset[str]:
        """The names of the providers that may be used."""
        return frozenset(name for name in vendors.VENDORS if all(self.access(name).values()))

    def access(self, name: str) -> Mapping[str, str]:
        """Return a vendor's key and addresses."""
        return vendors.access(name, self.vendors)


@dataclass(frozen=True, kw_only=True)
class RenderSettings:
    """How timelines are rendered on this machine, each in a process of its own."""

    folder: str = option(
        "LIMNER_RENDER_FOLDER",
        "Where renders keep their files while they are under way; empty for the system's place for "
        "temporary files.",
        default="",
    )
    max_seconds: int = option(
        "LIMNER_RENDER_MAX_SECONDS",
        "Longest video that is rendered, in seconds.",
        default=600,
        kind=Integer(validate=Range(min=1, max=36_000)),
    )
    max_megapixels: int = option(
        "LIMNER_RENDER_MAX_MEGAPIXELS",
        "Most pixels of all frames of a video together, in millions: 10 minutes of 1080p have "
        "31,104.",
        default=40_000,
        kind=Integer(validate=Range(min=1)),
    )
    max_source_bytes: int = option(
        "LIMNER_RENDER_MAX_SOURCE_BYTES",
        "Most bytes of the files together that one render starts from.",
        default=4 * 1024 * 1024 * 1024,
        kind=Integer(validate=Range(min=1024)),
    )
    memory_megabytes: int = option(
        "LIMNER_RENDER_MEMORY",
        "Address space that one render may have, in MiB; it uses a quarter of it at 1080p.",
        default=3_072,
        kind=Integer(validate=Range(min=1024)),
    )
    cpu_seconds: int = option(
        "LIMNER_RENDER_CPU_SECONDS",
        "How long one render may keep processors busy, in seconds of one.",
        default=7_200,
        kind=Integer(validate=Range(min=10)),
    )
    stall_seconds: int = option(
        "LIMNER_RENDER_STALL_SECONDS",
        "A render that gets no further for so long is broken off and tried again, in seconds.",
        default=120,
        kind=Integer(validate=Range(min=5)),
    )


@dataclass(frozen=True, kw_only=True)
class WebhookSettings:
    """How webhooks are delivered."""

    timeout_seconds: int = option(
        "LIMNER_WEBHOOK_TIMEOUT",
        "How long a receiver may take to answer, in seconds.",
        default=15,
        kind=Integer(validate=Range(min=1, max=60)),
    )
    slots: int = option(
        "LIMNER_WEBHOOK_SLOTS",
        "Webhooks that one worker process sends at the same time.",
        default=32,
        kind=Integer(validate=Range(min=1)),
    )
    slots_each: int = option(
        "LIMNER_WEBHOOK_SLOTS_EACH",
        "How many of them go to one endpoint or host; one that does not answer quickly gets one.",
        default=8,
        kind=Integer(validate=Range(min=1)),
    )
    schedule: tuple[int, ...] = option(
        "LIMNER_WEBHOOK_SCHEDULE",
        "How long to wait after each failure, in seconds, comma-separated; after one failure more "
        "a delivery is given up.",
        default=(5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400),
        kind=Waits(),
    )
    jitter_percent: int = option(
        "LIMNER_WEBHOOK_JITTER",
        "How much later than planned a delivery may be tried again, in per cent of the wait.",
        default=10,
        kind=Integer(validate=Range(min=0, max=100)),
    )
    rotation_seconds: int = option(
        "LIMNER_WEBHOOK_ROTATION",
        "How long the old secret of an endpoint still signs after it was replaced, in seconds.",
        default=86_400,
        kind=Integer(validate=Range(min=0, max=2_592_000)),
    )
    failing_hours: int = option(
        "LIMNER_WEBHOOK_FAILING_HOURS",
        "An endpoint that did nothing but fail for so long is disabled, in hours.",
        default=120,
        kind=Integer(validate=Range(min=1)),
    )
    progress_seconds: int = option(
        "LIMNER_WEBHOOK_PROGRESS",
        "How far apart the events job.progress of one job are at least, in seconds.",
        default=5,
        kind=Integer(validate=Range(min=1)),
    )
    max_endpoints: int = option(
        "LIMNER_WEBHOOK_ENDPOINTS",
        "Webhook endpoints that one account may have.",
        default=50,
        kind=Integer(validate=Range(min=0)),
    )


@dataclass(frozen=True, kw_only=True)
class FlowerSettings:
    """The dashboard over the workers."""

    port: int = option(
        "LIMNER_FLOWER_PORT",
        "Port that Flower listens on.",
        default=5555,
        kind=Integer(validate=Range(min=1, max=65_535)),
    )
    user: str = option("LIMNER_FLOWER_USER", "Who may open Flower.", default="limner")
    password: str = option(
        "LIMNER_FLOWER_PASSWORD",
        "The password to it; Flower does not start without.",
        default="",
        secret=True,
    )


@dataclass(frozen=True, kw_only=True)
class LogSettings:
    """What is logged, and how."""

    level: str = option(
        "LIMNER_LOG_LEVEL",
        "Least severe lines that are shown.",
        default="INFO",
        kind=String(validate=OneOf(["DEBUG", "INFO", "WARNING", "ERROR"])),
    )
    format: str = option(
        "LIMNER_LOG_FORMAT",
        "json (one object a line) or text (for people).",
        default="json",
        kind=String(validate=OneOf(["json", "text"])),
    )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of one process."""

    database: DatabaseSettings
    broker: BrokerSettings
    storage: StorageSettings
    uploads: UploadSettings
    http: HttpSettings
    security: SecuritySettings
    accounts: AccountSettings
    catalog: CatalogSettings
    work: WorkSettings
    providers: ProviderSettings
    render: RenderSettings
    webhook: WebhookSettings
    flower: FlowerSettings
    log: LogSettings


def load(environment: Mapping[str, str]) -> Settings:
    """Read every setting, or raise :class:`shared.declaring.SettingsError` with every fault."""
    return declaring.read(Settings, environment)


def load_or_exit(environment: Mapping[str, str], *, of: str) -> Settings:
    """Read every setting for a process that cannot start without; else it ends and says why."""
    try:
        return load(environment)
    except declaring.SettingsError as error:
        sys.exit(f"{of}: the settings are not usable.\n{error}")
