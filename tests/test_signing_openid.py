"""Signing in at an identity provider: a real one (oidc-provider-mock), and one of ours that lies in every way."""

from __future__ import annotations

import base64
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from oidc_provider_mock import User, run_server_in_thread  # type: ignore[import-untyped]

from repository.catalogue.house import Granted, OpenId
from repository.catalogue.signing.session import COOKIE
from tests.signing_server import HTML, Served, serving, sign_in, small_shelf

# oidc-provider-mock 0.3.4 leans on parts of authlib that are to go; ours does not.
pytestmark = pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")
GRANTED = (Granted("kuratori", "curator", ("LIA001",)),)
WHO = "/-/actor.json"
JANA = User(sub="s-1", claims={"name": "Jana Nová", "groups": ["kuratori", "jiní"]})


@contextmanager
def provided(folder: pytest.TempPathFactory, issuer: str, **more: Any) -> Iterator[Served]:  # noqa: ANN401
    """A catalogue whose identity provider is at `issuer`."""
    shelf = small_shelf(folder.mktemp("openid"))
    config = OpenId(issuer, "kdr", **({"granted": GRANTED} | more))
    with serving(shelf, openid=config, proxies=("127.0.0.1/32",)) as running:
        yield running


_NEXT = iter(range(1, 250))


def browser(served: Served) -> httpx.Client:
    """A browser at an address of its own."""
    return served.client(headers={"x-forwarded-for": f"192.0.2.{next(_NEXT)}"})


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A catalogue beside oidc-provider-mock."""
    users = [JANA, User(sub="s-2", claims={"name": "Čtenář"}), User(sub="s-3", claims={"name": "Admin"})]
    with (
        pytest.MonkeyPatch.context() as patch,
        run_server_in_thread(user_claims=users, require_nonce=True) as provider,
        provided(
            tmp_path_factory,
            f"http://localhost:{provider.server_port}",
            client_secret_env="KDR_MOCK_SECRET",  # noqa: S106
        ) as running,
    ):
        patch.setenv("KDR_MOCK_SECRET", "any")
        yield running


class TestRealProvider:
    @staticmethod
    def consent(address: str, **form: str) -> str:
        """Where the provider sends somebody who agrees at `address`."""
        answer = httpx.post(address, data=form, follow_redirects=False)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    def test_whoever_is_known_there_is_known_here_with_what_their_groups_give(self, served: Served) -> None:
        with browser(served) as client:
            assert "Přihlásit se přes poskytovatele identity" in client.get("/sign-in").text
            sent = client.get("/sign-in/openid?next=/account")
            asked = parse_qs(urlsplit(sent.headers["location"]).query)
            assert (asked["response_type"], asked["code_challenge_method"]) == (["code"], ["S256"])
            assert "kdr_openid=" in sent.headers["set-cookie"]
            back = client.get(self.consent(sent.headers["location"], sub="s-1"))
            assert (back.status_code, back.headers["location"]) == (303, "/account")
            actor = client.get(WHO).json()["actor"]
            assert (actor["name"], actor["roles"]) == ("Jana Nová", ["curator", "reader"])
            assert actor["institutions"] == ["LIA001"]
            assert "LIA001" in client.get("/account").text
        written = served.log()[-1]
        assert (written["what"], written["who"], written["subject"]) == ("signed-in", "Jana Nová", "s-1")

    def test_who_is_in_no_group_reads(self, served: Served) -> None:
        with browser(served) as client:
            client.get(self.consent(client.get("/sign-in/openid").headers["location"], sub="s-2"))
            assert client.get(WHO).json()["actor"]["roles"] == ["reader"]
            page = client.get("/account").text
            assert "Klíče API" not in page, "tokens would outlive what the groups say"

    def test_who_declines_is_told_so(self, served: Served) -> None:
        with browser(served) as client:
            location = self.consent(client.get("/sign-in/openid").headers["location"], action="deny")
            own = urlsplit(location)
            state = parse_qs(urlsplit(client.get("/sign-in/openid").headers["location"]).query)["state"][0]
            back = client.get(f"{own.path}?error=access_denied&state={state}")
            assert back.status_code == 403
            assert "R036" in back.text
            assert "access_denied" in back.text
            assert client.get(WHO).json()["actor"] is None

    def test_a_code_and_state_hold_once(self, served: Served) -> None:
        with browser(served) as client:
            location = self.consent(client.get("/sign-in/openid").headers["location"], sub="s-1")
            kept = dict(client.cookies)
            assert client.get(location).status_code == 303
            with browser(served) as other:
                again = other.get(location, headers={"cookie": f"kdr_openid={kept['kdr_openid']}"})
            assert again.status_code == 403
            assert "R038" in again.text
            state = parse_qs(urlsplit(client.get("/sign-in/openid").headers["location"]).query)["state"][0]
            code = parse_qs(urlsplit(location).query)["code"][0]
            replayed = client.get(f"/sign-in/openid/back?code={code}&state={state}")
            assert replayed.status_code == 403
            assert "R036" in replayed.text
            assert COOKIE not in replayed.cookies

    def test_another_browsers_way_back_leads_nowhere(self, served: Served) -> None:
        with browser(served) as attacker, browser(served) as victim:
            location = self.consent(attacker.get("/sign-in/openid").headers["location"], sub="s-1")
            assert victim.get(location).status_code == 403
            victim.get("/sign-in/openid")
            assert victim.get(location).status_code == 403
            assert victim.get(WHO).json()["actor"] is None

    def test_nobody_from_there_passes_for_a_local_account(self, served: Served) -> None:
        served.account("admin")
        with browser(served) as client:
            client.get(self.consent(client.get("/sign-in/openid").headers["location"], sub="s-3"))
            assert client.get(WHO).json()["actor"]["name"] == "Admin (s-3)"

    @pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example", "/\\evil.example"])
    def test_nobody_is_led_to_another_site(self, served: Served, onward: str) -> None:
        with browser(served) as client:
            sent = client.get("/sign-in/openid", params={"next": onward})
            assert client.get(self.consent(sent.headers["location"], sub="s-1")).headers["location"] == "/"


KEY = RSAKey.generate_key(2048, private=True, parameters={"kid": "one"})
OTHER = RSAKey.generate_key(2048, private=True, parameters={"kid": "one"})


class Liar:
    """A provider that says what it is told to: `claims` over the right ones, `sign` instead of the right signature."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}
        self.answers: dict[str, tuple[int, Any]] = {}
        self.sign = self.rightly
        self.nonce = ""
        self.asked: list[tuple[dict[str, str], str]] = []
        self.address = ""

    @staticmethod
    def rightly(claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, KEY)

    def answer(self, path: str) -> tuple[int, Any]:
        """Status and JSON of an address."""
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            ends = {name: f"{self.address}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
            return 200, ends | {"issuer": self.address}
        if path == "/jwks_uri":
            return 200, KeySet([KEY]).as_dict()
        now = int(time.time())
        right = {"iss": self.address, "aud": "kdr", "sub": "s", "exp": now + 300, "iat": now, "nonce": self.nonce}
        told = {name: value for name, value in (right | self.claims).items() if value is not None}
        return 200, {"access_token": "a", "token_type": "Bearer", "id_token": self.sign(told)}


@contextmanager
def lying() -> Iterator[Liar]:
    """The liar at its address."""
    liar = Liar()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("content-length", 0))
            liar.asked.append(
                ({name.lower(): value for name, value in self.headers.items()}, self.rfile.read(length).decode())
            )
            status, told = liar.answer(urlsplit(self.path).path)
            content = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 - http.server's

        def log_message(self, *_: object) -> None:
            """Silence."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        liar.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield liar
        finally:
            server.shutdown()
            thread.join()


def unsigned(claims: dict[str, Any]) -> str:
    """Alg none: header and payload of a right token, nothing behind the last dot."""
    head, payload, _ = Liar.rightly(claims).split(".")
    nothing = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"  # {"alg":"none","typ":"JWT"}
    assert head
    return f"{nothing}.{payload}."


def by_public_key(claims: dict[str, Any]) -> str:
    """HMAC with the provider's public key as its secret (RFC 8725 2.1)."""
    _, payload, _ = Liar.rightly(claims).split(".")
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').rstrip(b"=").decode()
    mac = hmac.digest(KEY.as_pem(private=False), f"{head}.{payload}".encode(), "sha256")
    return f"{head}.{payload}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Liar, Served]]:
    """The liar, and a catalogue that believes in it."""
    with (
        lying() as liar,
        provided(tmp_path_factory, liar.address, client_secret_env="KDR_TEST_SECRET") as running,  # noqa: S106
    ):
        yield liar, running


class TestLyingProvider:
    @pytest.fixture
    def liar(self, pair: tuple[Liar, Served], monkeypatch: pytest.MonkeyPatch) -> Liar:
        monkeypatch.setenv("KDR_TEST_SECRET", "š:%")
        liar = pair[0]
        liar.claims, liar.answers, liar.sign, liar.asked = {}, {}, Liar.rightly, []
        return liar

    @staticmethod
    def come_back(liar: Liar, served: Served, **more: str) -> tuple[httpx.Response, str | None]:
        """What somebody finds who comes back from the provider, and as whom they are known then."""
        with browser(served) as client:
            sent = client.get("/sign-in/openid")
            assert sent.status_code == 303, sent.text
            asked = parse_qs(urlsplit(sent.headers["location"]).query)
            liar.nonce = asked["nonce"][0]
            back = client.get("/sign-in/openid/back", params={"code": "c", "state": asked["state"][0]} | more)
            actor = client.get(WHO).json()["actor"]
            return back, actor and actor["name"]

    def test_the_truth_is_believed(self, liar: Liar, pair: tuple[Liar, Served]) -> None:
        back, name = self.come_back(liar, pair[1])
        assert (back.status_code, name) == (303, "s")
        headers, form = next(each for each in liar.asked if each[1])
        assert httpx.BasicAuth("kdr", "%C5%A1%3A%25")._auth_header == headers["authorization"]  # what it sends
        assert set(parse_qs(form)) == {"grant_type", "code", "redirect_uri", "code_verifier"}

    @pytest.mark.parametrize(
        ("claims", "what"),
        [
            ({"nonce": "another"}, "nonce"),
            ({"nonce": None}, "nonce"),
            ({"aud": "somebody-else"}, "aud"),
            ({"aud": ["somebody-else"]}, "aud"),
            ({"aud": ["kdr", "other"]}, "azp"),
            ({"azp": "other"}, "azp"),
            ({"iss": "http://elsewhere.example"}, "iss"),
            ({"exp": 1}, "exp"),
            ({"exp": None}, "exp"),
            ({"exp": "tomorrow"}, "exp"),
            ({"iat": 9_999_999_999}, "iat"),
            ({"sub": None}, "sub"),
            ({"sub": 7}, "sub"),
        ],
    )
    def test_a_token_that_is_not_for_us_now_is_refused(
        self, liar: Liar, pair: tuple[Liar, Served], claims: dict[str, Any], what: str
    ) -> None:
        liar.claims = claims
        back, name = self.come_back(liar, pair[1])
        assert (back.status_code, name) == (403, None)
        assert f"R038: Odpověď poskytovatele identity {liar.address} neprošla kontrolou ({what})" in back.text
        assert pair[1].log()[-1]["what"] == "sign-in-refused"

    @pytest.mark.parametrize("several", [["kdr"], ["kdr", "other"]])
    def test_one_of_several_audiences_is_us(self, liar: Liar, pair: tuple[Liar, Served], several: list[str]) -> None:
        liar.claims = {"aud": several, "azp": "kdr"}
        assert self.come_back(liar, pair[1])[1] == "s"

    @pytest.mark.parametrize(
        "sign",
        [
            unsigned,
            by_public_key,
            lambda claims: jwt.encode({"alg": "RS256", "kid": "one"}, claims, OTHER),
            lambda claims: jwt.encode({"alg": "RS256", "kid": "two"}, claims, KEY),
            lambda _: "not.a.token",
            lambda _: "",
        ],
        ids=["none", "hmac", "other key", "unknown key", "rubbish", "nothing"],
    )
    def test_a_token_that_the_provider_did_not_sign_is_refused(
        self,
        liar: Liar,
        pair: tuple[Liar, Served],
        sign: Any,  # noqa: ANN401
    ) -> None:
        liar.sign = sign
        back, name = self.come_back(liar, pair[1])
        assert (back.status_code, name) == (403, None)
        assert "(id_token)" in back.text

    def test_new_keys_of_the_provider_are_fetched(self, liar: Liar, pair: tuple[Liar, Served]) -> None:
        new = RSAKey.generate_key(2048, private=True, parameters={"kid": "new"})
        self.come_back(liar, pair[1])
        liar.sign = lambda claims: jwt.encode({"alg": "RS256", "kid": "new"}, claims, new)
        liar.answers["/jwks_uri"] = 200, KeySet([KEY, new]).as_dict(private=False)
        assert self.come_back(liar, pair[1])[1] == "s"

    @pytest.mark.parametrize(
        ("told", "code"),
        [
            ((400, {"error": "invalid_grant"}), "R036"),
            ((400, {"error": "<script>alert(1)</script>"}), "R036"),
            ((500, b"oops"), "R037"),
            ((500, {}), "R037"),
            ((200, b"{"), "R037"),
            ((200, []), "R037"),
            ((200, {}), "R038"),
        ],
    )
    def test_other_answers_are_told_as_what_they_are(
        self, liar: Liar, pair: tuple[Liar, Served], told: tuple[int, Any], code: str
    ) -> None:
        liar.answers["/token_endpoint"] = told
        back, name = self.come_back(liar, pair[1])
        assert (name, back.status_code) == (None, 503 if code == "R037" else 403)
        assert code in back.text
        assert "<script>" not in back.text

    def test_what_comes_back_with_it_must_fit(self, liar: Liar, pair: tuple[Liar, Served]) -> None:
        for more in ({"iss": "http://elsewhere.example"}, {"state": "x"}, {"state": "é"}):
            back, name = self.come_back(liar, pair[1], **more)
            assert (back.status_code, name) == (403, None), more

    @pytest.mark.parametrize(
        "wrong", [{"issuer": "http://elsewhere.example"}, {"token_endpoint": "file:///etc/passwd"}]
    )
    def test_a_description_of_somebody_else_is_not_followed(
        self, tmp_path_factory: pytest.TempPathFactory, wrong: dict[str, str]
    ) -> None:
        with lying() as liar, provided(tmp_path_factory, liar.address) as served, browser(served) as client:
            path = "/.well-known/openid-configuration"
            liar.answers[path] = 200, liar.answer(path)[1] | wrong
            answer = client.get("/sign-in/openid")
            assert answer.status_code == 503
            assert "R038" in answer.text


def test_a_provider_that_is_down_keeps_nobody_with_an_account_out(tmp_path_factory: pytest.TempPathFactory) -> None:
    with provided(tmp_path_factory, "http://127.0.0.1:9") as served, browser(served) as client:
        answer = client.get("/sign-in/openid")
        assert answer.status_code == 503
        assert "R037" in answer.text
        served.account("jana")
        assert sign_in(client).status_code == 303
        assert client.get(WHO, headers=HTML).json()["actor"]["name"] == "Jana"


def test_without_a_provider_its_addresses_lead_to_the_form(tmp_path_factory: pytest.TempPathFactory) -> None:
    with serving(small_shelf(tmp_path_factory.mktemp("none"))) as served, served.client() as client:
        assert "poskytovatele" not in client.get("/sign-in").text
        for path in ("/sign-in/openid", "/sign-in/openid/back?code=c&state=s"):
            assert client.get(path).headers["location"] == "/sign-in"
