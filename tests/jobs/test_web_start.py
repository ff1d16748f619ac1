"""What the web process loads."""

import os
import subprocess
import sys

from tests.jobs.support import ROOT

PROGRAM = """
import sys
from app import create_app
app = create_app()
with app.app_context():
    from flask_migrate import upgrade
    upgrade()
client = app.test_client()
for address in ("/", "/login", "/register", "/healthz", "/tools/deblur"):
    assert client.get(address).status_code < 400, address
print([name for name in ("torch", "torchvision", "cv2", "safetensors") if name in sys.modules])
"""


def test_the_web_process_never_imports_torch(environment):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]} | environment,
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines()[-1:] == ["[]"], done.stderr
