"""The samples for putting the catalogue into service are what systemd and nginx understand."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from repository.catalogue.out.serving import HOW
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if not program:
        pytest.skip("systemd-analyze is not on this machine")
    unit = tmp_path / "kdr-catalogue.service"
    told = (DEPLOY / unit.name).read_text(encoding="utf-8")
    unit.write_text(told.replace("/opt/kdr/bin/kdr", "/bin/true"), encoding="utf-8")
    ran = subprocess.run([program, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_nginx_understands_the_proxy(tmp_path: Path) -> None:
    nginx, openssl = shutil.which("nginx"), shutil.which("openssl")
    if not nginx or not openssl:
        pytest.skip("nginx or openssl is not on this machine")
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=x"]
    files = ["-keyout", str(tmp_path / "katalog.key"), "-out", str(tmp_path / "katalog.pem")]
    subprocess.run([openssl, *made, *files], capture_output=True, check=True)
    told = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    told = told.replace("/etc/ssl/kdr", str(tmp_path)).replace("/var/log/nginx", str(tmp_path))
    (tmp_path / "kdr.conf").write_text(told, encoding="utf-8")
    paths = " ".join(f"{name}_temp_path {tmp_path}/{name};" for name in ("proxy", "fastcgi", "uwsgi", "scgi"))
    whole = f"pid {tmp_path}/pid; events {{}} http {{ access_log off; client_body_temp_path {tmp_path}/body; {paths} "
    (tmp_path / "nginx.conf").write_text(f"{whole} include {tmp_path}/kdr.conf; }}", encoding="utf-8")
    asked = [nginx, "-t", "-e", str(tmp_path / "error.log"), "-c", str(tmp_path / "nginx.conf")]
    ran = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_the_proxy_never_waits_on_a_connection_that_the_server_has_closed() -> None:
    found = re.search(r"keepalive_timeout (\d+)s;", (DEPLOY / "nginx.conf").read_text(encoding="utf-8"))
    assert found
    assert int(found[1]) < HOW["timeout_keep_alive"]


def test_the_proxy_never_passes_on_what_readers_say_of_their_address() -> None:
    told = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    assert told.count("proxy_pass") == told.count("proxy_set_header X-Forwarded-For $remote_addr;") == 2
    assert "$proxy_add_x_forwarded_for" not in told
