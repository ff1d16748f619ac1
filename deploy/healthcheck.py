"""Whether what runs in this container is well: `python deploy/healthcheck.py web|worker|site`; the status is 1 if not.

`web` asks the web server, which is well while it reaches its database. `worker` looks for the heartbeat of a worker of
this container. `site` does both.
"""

import os
import subprocess
import sys
import urllib.request

TIMEOUT_SECONDS = 8


def main() -> int:
    checks = {"web": (check_web,), "worker": (check_worker,), "site": (check_web, check_worker)}
    return 0 if all(check() for check in checks[sys.argv[1]]) else 1


def check_web() -> bool:
    """Say whether the web server answers, by a name that it takes."""
    name = os.environ.get("TRUSTED_HOSTS", "127.0.0.1").split(",")[0]
    url = f"http://127.0.0.1:{os.environ.get('PORT', '5000')}/healthz"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers={"Host": name}), timeout=TIMEOUT_SECONDS):
            return True
    except OSError as error:  # a status such as 503 is one as well
        print(error)
        return False


def check_worker() -> bool:
    """Say whether a worker of this container was heard of lately."""
    return subprocess.run([sys.executable, "-m", "flask", "worker", "--check"], check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
