"""The image, the compose files and the manifests of Kubernetes: as far as they can be checked where none of it runs."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import config
from jobs import process_identity
from models import Worker, db, utc_now
from tests.support.servers import need

compose_spec = pytest.importorskip("compose_spec")
kubernetes_validate = pytest.importorskip("kubernetes_validate")

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
# As somebody may fill in deploy/env.example.
VARIABLES = {"SITE_NAME": "photos.example.org", "MYSQL_PASSWORD": "x", "MAIL_SERVER": "m", "MAIL_DEFAULT_SENDER": "s"}
KUBERNETES_VERSIONS = ("1.30", "1.33", "1.37")


def interpolate(text: str, variables: dict[str, str]) -> str:
    """Put variables into a compose file, as `docker compose` does before it reads it."""

    def put(found: re.Match) -> str:
        name, kind, rest = found[1], found[2], found[3]
        if name in variables:
            return variables[name]
        assert kind == ":-", f"{name} is needed"
        return rest

    return re.sub(r"(?<!\$)\$\{(\w+)(:-|:\?)?([^}]*)\}", put, text)


def read_compose(name: str = "compose.yaml", **variables: str) -> dict:
    return yaml.safe_load(interpolate((DEPLOY / name).read_text(), VARIABLES | variables))


def documents() -> list[dict]:
    return list(yaml.safe_load_all((DEPLOY / "kubernetes" / "revive.yaml").read_text()))


def test_hadolint_finds_nothing_in_the_dockerfile():
    beside = Path(sys.executable).parent / "hadolint"
    program = str(beside) if beside.exists() else need("hadolint")
    done = subprocess.run([program, DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_runs_as_nobody_s_root_says_how_it_is_and_has_the_weights():
    assert re.search(r"^USER 10001:10001$", DOCKERFILE, re.M) and "HEALTHCHECK" in DOCKERFILE
    assert "--platform" not in DOCKERFILE and "x86" not in DOCKERFILE.split("FROM")[1]
    left_out = (ROOT / ".dockerignore").read_text().split()
    assert not {"weights", "templates", "static", "translations", "deploy"} & set(left_out)
    assert {".git", ".venv", ".env", "instance", "tests", "deploy/.env", "deploy/certificates"} <= set(left_out)


def test_without_any_setting_the_image_is_a_site_to_try(tmp_path):
    """`docker run -p 127.0.0.1:5000:5000 revive`: no mail server, no TLS, no host name."""
    lines = re.sub(r"\\\n", " ", DOCKERFILE.rpartition("\nFROM")[2])
    words = dict(pair.split("=", 1) for line in re.findall(r"^ENV (.*)$", lines, re.M) for pair in line.split())
    assert re.search(r'^CMD \["python", "run.py"\]$', DOCKERFILE, re.M)
    settings = config.load(words | {"INSTANCE_DIR": str(tmp_path), "PATH": ""})
    assert settings["HOST"] == "0.0.0.0" and settings["TRUSTED_HOSTS"] == ["127.0.0.1", "localhost"]
    assert settings["PORT"] == 5000 and not settings["MAIL_SERVER"]


@pytest.mark.parametrize("name", ["compose.yaml", "compose.gpu.yaml"])
def test_the_compose_specification_takes_the_compose_files(name):
    read = compose_spec.PyCompose.from_json(json.dumps(read_compose(name)))
    assert set(read.service_names()) == set(read_compose(name)["services"])


def test_a_key_that_the_specification_does_not_know_is_found():
    """The check above is one."""
    wrong = read_compose()
    wrong["services"]["web"]["healthchek"] = {}
    with pytest.raises(ValueError):
        compose_spec.PyCompose.from_json(json.dumps(wrong))


def test_every_service_has_its_health_its_limited_log_and_no_more_rights_than_it_needs():
    services = read_compose()["services"]
    assert {"mysql", "redis", "database", "web", "worker", "nginx", "certbot"} == set(services)
    for name, service in services.items():
        assert service["healthcheck"].get("test") or name == "database", name
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}, name
    for name in ("web", "worker", "database"):
        assert services[name]["read_only"] and services[name]["cap_drop"] == ["ALL"], name


def test_the_device_that_was_chosen_is_kept_through_compose():
    cuda = "https://download.example.org/whl/cu128"
    for service in ("web", "worker", "database"):
        assert read_compose(TORCH_INDEX=cuda)["services"][service]["build"]["args"] == {"TORCH_INDEX": cuda}
        assert read_compose()["services"][service]["build"]["args"]["TORCH_INDEX"].endswith("/whl/cpu")
    assert re.search(r"^ARG TORCH_INDEX=https://.*/whl/cpu$", DOCKERFILE, re.M)


def test_with_a_proxy_of_one_s_own_neither_nginx_nor_certbot_starts_and_the_site_is_for_this_machine_alone():
    services = read_compose(PORT="8080")["services"]
    assert [name for name, service in services.items() if "profiles" in service] == ["nginx", "certbot"]
    assert services["web"]["ports"] == ["127.0.0.1:8080:5000"]
    # Within the container the port stays, whatever `.env` says of the machine's.
    assert services["web"]["environment"]["PORT"] == "5000"
    config.load(
        {name: value for name, value in services["web"]["environment"].items() if "URL" not in name}
        | {"SECRET_KEY": "k" * 40, "INSTANCE_DIR": os.environ.get("TMPDIR", "/tmp")}
    )


@pytest.mark.parametrize("version", KUBERNETES_VERSIONS)
def test_the_schemas_of_kubernetes_take_the_manifests(version):
    assert len(documents()) > 5
    for document in documents():
        kubernetes_validate.validate(document, version, strict=True)


def test_the_manifests_agree_with_each_other_and_with_the_settings(tmp_path):
    found = {(document["kind"], document["metadata"]["name"]): document for document in documents()}
    settings = found["ConfigMap", "revive"]["data"]
    assert set(settings) <= {setting.name for setting in config.SETTINGS}
    config.load(settings | {"INSTANCE_DIR": str(tmp_path)})
    for name in ("revive-web", "revive-worker", "revive-redis"):
        pod = found["Deployment", name]["spec"]["template"]
        assert pod["spec"]["securityContext"]["runAsNonRoot"] and not pod["spec"]["automountServiceAccountToken"]
        for container in pod["spec"]["containers"] + pod["spec"].get("initContainers", []):
            assert container["securityContext"]["readOnlyRootFilesystem"], name
            assert container["resources"]["limits"]["memory"], name
        for container in pod["spec"]["containers"]:
            assert container["livenessProbe"], name
        assert found["Deployment", name]["spec"]["selector"]["matchLabels"] == pod["metadata"]["labels"]
    for name in ("revive-web", "revive-redis"):
        labels = found["Deployment", name]["spec"]["template"]["metadata"]["labels"]
        assert found["Service", name]["spec"]["selector"] == labels
    assert not [kind for kind, _name in found if kind == "Secret"], "no password is given beforehand"
    probe = found["Deployment", "revive-web"]["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]
    assert probe["httpGet"]["httpHeaders"][0]["value"] in settings["TRUSTED_HOSTS"].split(",")


def test_a_worker_of_this_machine_is_found_alive_and_one_elsewhere_is_not(app):
    run = app.test_cli_runner().invoke
    with app.app_context():
        db.session.add(Worker(id="elsewhere:0123456789abcdef:1:1", seen_at=utc_now()))
        db.session.commit()
    assert run(args=["worker", "--check"]).exit_code == 1
    with app.app_context():
        db.session.add(Worker(id=process_identity.make_worker_id(), seen_at=utc_now()))
        db.session.commit()
    done = run(args=["worker", "--check"])
    assert (done.exit_code, done.output) == (0, "1 workers of this machine are alive.\n")


def test_the_check_of_a_container_says_when_nobody_listens():
    environment = {"PATH": os.environ["PATH"], "PORT": "9", "TRUSTED_HOSTS": "photos.example.org"}
    command = [sys.executable, "deploy/healthcheck.py", "web"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "refused" in done.stdout


def test_what_reloads_nginx_is_shell_that_sh_takes():
    script = DEPLOY / "reload-nginx.sh"
    assert os.access(script, os.X_OK)
    subprocess.run(["sh", "-n", script], check=True)
