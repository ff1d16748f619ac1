"""Every setting: its name, its reader, its default and what it is for. docs/settings.md is generated from this list."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from logs import JSON, LEVELS, TEXT
from setting_readers import (
    name_kinds,
    queue_url,
    read_database_url,
    read_device,
    read_keys,
    read_networks,
    read_one_of,
    read_storage_url,
    read_text,
    read_token,
    read_whole,
    read_words,
    switch,
)

# Settings whose wrong values are not repeated on the terminal or in a log.
SECRETS = (
    "SECRET_KEY",
    "MAIL_PASSWORD",
    "DATABASE_URL",
    "QUEUE_URL",
    "METRICS_TOKEN",
    "STORAGE_ACCESS_KEY",
    "STORAGE_SECRET_KEY",
    "STORAGE_URL",
)


@dataclass(frozen=True)
class Setting:
    """One setting: `read` turns its text into a value or raises ValueError with what is expected."""

    name: str
    read: Callable[[str], Any]
    default: Any
    about: str


SETTINGS = (
    Setting("INSTANCE_DIR", read_text, None, "folder for all data that has no other setting; `instance` when absent"),
    Setting(
        "DATABASE_URL",
        read_database_url,
        None,
        "where accounts and jobs live; `mysql+pymysql://…` in production, SQLite under `instance/` when absent",
    ),
    Setting(
        "DATABASE_POOL_SIZE",
        read_whole(1, 200),
        None,
        "database connections that each process keeps open; as many as `WEB_THREADS` when absent",
    ),
    Setting(
        "DATABASE_POOL_RECYCLE_SECONDS",
        read_whole(1, 86_400),
        1800,
        "a connection older than this is replaced; keep it below the server's `wait_timeout`",
    ),
    Setting(
        "DATABASE_TIMEOUT_SECONDS",
        read_whole(1, 3600),
        None,
        "how long to wait for the database before it counts as away; when absent, 3 in web servers and 60 in workers and commands. SQLite: how long to wait for a lock, 15 at most",
    ),
    Setting("QUEUE_URL", queue_url, None, "the queue: `redis://host:6379/0`, or SQLite under `instance/` when absent"),
    Setting("STORAGE_DIR", read_text, None, "folder of uploads and results; `instance/storage` when absent"),
    Setting(
        "STORAGE_URL",
        read_storage_url,
        None,
        "bucket of uploads and results instead of a folder: `s3://bucket/prefix?endpoint=https://s3.example.org&region=…`; without `endpoint` Amazon's. Needs the extra `s3`",
    ),
    Setting(
        "STORAGE_ACCESS_KEY",
        read_text,
        None,
        "access key of the bucket; when absent, with the secret key, what boto3 finds: `AWS_…`, a profile, the machine's role",
    ),
    Setting("STORAGE_SECRET_KEY", read_text, None, "secret key of the bucket"),
    Setting(
        "STORAGE_MEGABYTES",
        read_whole(1, 4_000_000_000),
        None,
        "what the pictures may take in a bucket, all together; no limit of ours when absent",
    ),
    Setting(
        "NGINX_SENDS_FILES",
        switch,
        False,
        "nginx sends stored pictures itself: needs the folder and the group that docs/deployment.md describes",
    ),
    Setting("WEIGHTS_DIR", read_text, None, "folder of the weights and their manifest; `weights` when absent"),
    Setting(
        "IMPORTED_WEIGHTS_DIR",
        read_text,
        None,
        "folder of imported official weights (`flask weights import`); `instance/weights` when absent",
    ),
    Setting("MAX_WEIGHTS_MEGABYTES", read_whole(1, 8192), 1024, "largest official weights file that can be imported"),
    Setting(
        "SECRET_KEY",
        read_text,
        None,
        "signs the session cookie; when absent, created once and stored in `instance/secret_key`",
    ),
    Setting("SECRET_KEY_FALLBACKS", read_keys, (), "older keys, comma-separated, still accepted while you rotate"),
    Setting("HOST", read_text, "127.0.0.1", "address that the web server listens on"),
    Setting("PORT", read_whole(1, 65535), 5000, "port that the web server listens on"),
    Setting(
        "TRUSTED_HOSTS",
        read_words,
        (),
        "host names that the site answers to, comma-separated; 127.0.0.1 and localhost when absent",
    ),
    Setting("BASE_URL", read_text, None, "address of the site in mails, such as `https://photos.example.org`"),
    Setting("HTTPS", switch, False, "set to yes when people reach the site over TLS: secure `__Host-` cookie and HSTS"),
    Setting("PROXIES", read_whole(0, 5), 0, "number of your reverse proxies in front that set `X-Forwarded-For`"),
    Setting("WEB_THREADS", read_whole(1, 64), 8, "threads of each web process, half of them for work on pictures"),
    Setting("WEB_PROCESSES", read_whole(1, 32), 1, "web processes"),
    Setting(
        "DECODING_MEGABYTES",
        read_whole(200, 65536),
        1500,
        "memory for the processes that check and convert pictures, all web processes together; a single larger picture is taken alone",
    ),
    Setting("SLOW_CLIENT_SECONDS", read_whole(2, 600), 30, "when a client that sends or reads under 1 kB/s is cut off"),
    Setting("WORKER_THREADS", read_whole(1, 16), 1, "jobs that one worker runs at once, beside quick ones"),
    Setting(
        "WORKER_QUICK_THREADS",
        read_whole(0, 8),
        1,
        "threads of a worker for quick jobs alone, which so never wait for long ones; 0 for none",
    ),
    Setting(
        "DEVICE",
        read_device,
        None,
        "where networks run: `cpu`, `cuda`, `cuda:1`, `mps` or `xpu`; when absent, on a CUDA GPU where there is one",
    ),
    Setting(
        "CPU_THREADS",
        read_whole(1, 512),
        None,
        "processor threads of a network; when absent `OMP_NUM_THREADS`, else the processors that this process may use, by affinity and cgroup quota, divided by `WORKER_THREADS`",
    ),
    Setting(
        "WORKER_MEMORY_MEGABYTES",
        read_whole(256, 4_000_000),
        None,
        "a worker that occupies more (MiB) finishes its jobs and starts anew; when absent, 85 % of the limit of its cgroup",
    ),
    Setting(
        "MAIL_SERVER",
        read_text,
        None,
        "SMTP server; when absent, mails are written to `instance/outbox/` and codes shown on the terminal",
    ),
    Setting("MAIL_PORT", read_whole(1, 65535), 25, "port of the SMTP server"),
    Setting("MAIL_USE_TLS", switch, False, "begin TLS with STARTTLS after connecting"),
    Setting("MAIL_USE_SSL", switch, False, "TLS from the first byte"),
    Setting("MAIL_USERNAME", read_text, None, "user name at the SMTP server"),
    Setting("MAIL_PASSWORD", read_text, None, "password at the SMTP server"),
    Setting("MAIL_DEFAULT_SENDER", read_text, "Revive <revive@localhost>", "sender of the mails"),
    Setting("USER_NAME_KINDS", name_kinds, ("qq", "email"), "which user names may register: `qq`, `email` or both"),
    Setting("PASSWORD_MIN_LENGTH", read_whole(6, 64), 6, "shortest password"),
    Setting("PASSWORD_MAX_LENGTH", read_whole(8, 256), 18, "longest password"),
    Setting("CODE_MINUTES", read_whole(1, 10), 10, "how long a mailed code is valid"),
    Setting("SESSION_IDLE_DAYS", read_whole(1, 90), 14, "a session that is not used for this long ends"),
    Setting("SESSION_DAYS", read_whole(1, 365), 90, "a session ends after this time in any case"),
    Setting("MAX_UPLOAD_MEGABYTES", read_whole(1, 512), 32, "largest upload"),
    Setting("MAX_MEGAPIXELS", read_whole(1, 200), 50, "largest picture"),
    Setting(
        "MAX_ACTIVE_JOBS", read_whole(1, 1000), 20, "jobs that one account may have waiting or running at the same time"
    ),
    Setting(
        "MAX_STORAGE_MEGABYTES",
        read_whole(1, 1_000_000),
        2000,
        "storage of one account, originals and results combined",
    ),
    Setting("MAX_JOBS_PER_DAY", read_whole(1, 100_000), 500, "jobs that one account may start in a day (UTC)"),
    Setting(
        "MAX_MEGAPIXELS_PER_DAY",
        read_whole(1, 1_000_000),
        10_000,
        "megapixels that one account may process in a day (UTC)",
    ),
    Setting("TRY_WITHOUT_ACCOUNT", switch, False, "visitors may try the tools for an hour without an account"),
    Setting("MAX_GUEST_MEGAPIXELS", read_whole(1, 50), 2, "largest picture of a visitor without an account"),
    Setting("MAX_GUEST_JOBS_PER_DAY", read_whole(1, 100_000), 500, "jobs of all such visitors together in a day (UTC)"),
    Setting("MAX_GUEST_STORAGE_MEGABYTES", read_whole(1, 1_000_000), 1000, "storage of all such visitors together"),
    Setting(
        "RETENTION_DAYS",
        read_whole(0, 3650),
        0,
        "jobs and their pictures are deleted after this many days; 0 keeps them",
    ),
    Setting(
        "SHARE_DAYS",
        read_whole(0, 365),
        0,
        "longest time that a link lasts by which anybody may look at one result, in days; 0 allows no such links",
    ),
    Setting("MAX_WEBHOOKS", read_whole(0, 100), 5, "webhooks that one account may have; 0 allows none"),
    Setting(
        "WEBHOOK_NETWORKS",
        read_networks,
        (),
        "private networks or addresses that webhooks may reach, also over http: `192.168.1.20/32,10.8.0.0/16`",
    ),
    Setting(
        "WEBHOOK_LOG_DAYS", read_whole(2, 365), 14, "the log of what webhooks were sent is kept for this many days"
    ),
    Setting(
        "LOG_LEVEL", read_one_of(*LEVELS), "info", "lines of the log from this level on: debug, info, warning, error"
    ),
    Setting(
        "METRICS_TOKEN",
        read_token,
        None,
        "with `Authorization: Bearer` and this token Prometheus reads `/metrics`; there is no such page when absent",
    ),
    Setting(
        "LOG_FORMAT",
        read_one_of(TEXT, JSON),
        TEXT,
        "`json` writes each line of the log as a JSON object with the ids of the request and of the job",
    ),
    Setting("JOB_MINUTES", read_whole(1, 240), 20, "a job that runs longer is stopped and fails with a reason"),
)
