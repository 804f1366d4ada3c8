"""Signing in at a real server: who gets in, who does not, and what those find who try to get in otherwise."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from http.cookies import SimpleCookie
from itertools import takewhile

import httpx
import pytest
from itsdangerous import URLSafeSerializer

from repository.catalogue.rights.audience import Audience, Role
from repository.catalogue.signing.secret import kept_secret
from repository.catalogue.signing.session import COOKIE, issue
from tests.signing_server import PASSWORD, Served, serving, sign_in, small_shelf, token_in

WHO = "/-/actor.json"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all tests of this file; each has an account, and comes from an address, of its own."""
    with serving(small_shelf(tmp_path_factory.mktemp("door")), proxies=("127.0.0.1/32",)) as running:
        yield running


_NEXT = iter(range(1, 250))


@pytest.fixture
def origin() -> dict[str, str]:
    """What our proxy says of a reader nobody else is."""
    return {"x-forwarded-for": f"192.0.2.{next(_NEXT)}"}


@pytest.fixture
def browser(served: Served, origin: dict[str, str]) -> Iterator[httpx.Client]:
    with served.client(headers=origin) as client:
        yield client


def known(client: httpx.Client, **more: dict[str, str]) -> str | None:
    """By which name the server knows whoever asks."""
    actor = client.get(WHO, **more).json()["actor"]  # type: ignore[arg-type]
    return str(actor["name"]) if actor else None


class TestSigningIn:
    def test_name_and_password_open_the_page_that_was_wanted(self, served: Served, browser: httpx.Client) -> None:
        served.account("anna")
        away = browser.get("/account?x=1")
        assert (away.status_code, away.headers["location"]) == (303, "/sign-in?next=/account%3Fx%3D1")
        answer = sign_in(browser, "anna", onward="/account?x=1")
        assert (answer.status_code, answer.headers["location"]) == (303, "/account?x=1")
        assert known(browser) == "Anna"
        assert "Přihlášen(a): Anna" in browser.get("/").text

    def test_the_cookie_is_hidden_from_scripts_and_other_sites(self, served: Served, browser: httpx.Client) -> None:
        served.account("bara")
        kept = SimpleCookie(sign_in(browser, "bara").headers["set-cookie"])[COOKIE]
        assert (kept["httponly"], kept["samesite"].lower(), kept["path"]) == (True, "lax", "/")
        assert not kept["secure"], "the server speaks http here"

    def test_over_https_every_cookie_is_for_https(self, served: Served, browser: httpx.Client) -> None:
        served.account("beata")
        browser.headers["x-forwarded-proto"] = "https"
        page = browser.get("/sign-in")
        form = {"csrftoken": token_in(page.text), "name": "beata", "password": PASSWORD}
        cookie = page.headers["set-cookie"].split(";")[0]
        answer = browser.post("/sign-in", data=form, headers={"cookie": cookie})
        for each in (page, answer):
            assert "; Secure" in each.headers["set-cookie"]
            assert "HttpOnly" in each.headers["set-cookie"]

    def test_every_sign_in_has_another_cookie(self, served: Served, browser: httpx.Client) -> None:
        served.account("cyril")
        first, second = (sign_in(browser, "cyril").cookies[COOKIE] for _ in range(2))
        assert first != second

    @pytest.mark.parametrize("name", ["dana", "nobody", "", "<script>alert(1)</script>", "a" * 5000, "d\u0301ana"])
    def test_a_wrong_password_and_a_wrong_name_are_told_alike(
        self, served: Served, browser: httpx.Client, name: str
    ) -> None:
        if "dana" not in served.accounts.all():
            served.account("dana")
        answer = sign_in(browser, name, "not the password")
        assert answer.status_code == 403
        assert "Jméno nebo heslo nesouhlasí" in answer.text
        assert "<script>" not in answer.text
        assert COOKIE not in answer.cookies

    def test_a_disabled_account_is_told_as_wrong(self, served: Served, browser: httpx.Client) -> None:
        served.account("eva", disabled=True)
        answer = sign_in(browser, "eva")
        assert (answer.status_code, known(browser)) == (403, None)

    def test_an_unknown_name_takes_as_long_as_a_known_one(self, served: Served, browser: httpx.Client) -> None:
        """Argon2id takes tens of milliseconds; without it an unknown name would be told in a hundredth of that."""
        name = served.accounts
        from_us = browser.get("/sign-in").elapsed
        assert "ghost" not in name.all()
        unknown = sign_in(browser, "ghost").elapsed
        assert unknown > from_us / 20
        assert unknown > dt.timedelta(milliseconds=10)

    @pytest.mark.parametrize(
        "onward",
        ["//evil.example", "https://evil.example/", "/\\evil.example", "\\/e", "/\t/evil.example", "javascript:1"],
    )
    def test_nobody_is_led_to_another_site(self, served: Served, browser: httpx.Client, onward: str) -> None:
        if "filip" not in served.accounts.all():
            served.account("filip")
        assert sign_in(browser, "filip", onward=onward).headers["location"] == "/"

    def test_signing_out_ends_the_session_for_good(self, served: Served, browser: httpx.Client) -> None:
        served.account("gita")
        cookie = sign_in(browser, "gita").cookies[COOKIE]
        form = {"csrftoken": token_in(browser.get("/account").text)}
        for method in ("GET", "HEAD"):
            assert browser.request(method, "/sign-out").status_code == 405
        assert known(browser)
        assert browser.post("/sign-out", data=form).status_code == 303
        assert known(browser) is None
        stolen = {"cookie": f"{COOKIE}={cookie}"}
        assert known(browser, headers=stolen) is None


class TestForgedAndExpired:
    @pytest.fixture
    def good(self, served: Served) -> str:
        if "hana" not in served.accounts.all():
            served.account("hana")
        account = served.accounts.get("hana")
        return issue(served.datasette, account.audience(), account)

    def test_what_we_issue_is_known(self, browser: httpx.Client, good: str) -> None:
        assert known(browser, headers={"cookie": f"{COOKIE}={good}"}) == "Hana"

    def test_a_session_of_no_account_is_what_it_was_issued_for(self, served: Served, browser: httpx.Client) -> None:
        cookie = issue(served.datasette, Audience("Z venku", frozenset({Role.READER}), frozenset()))
        assert known(browser, headers={"cookie": f"{COOKIE}={cookie}"}) == "Z venku"

    def test_a_forged_one_is_nobodys_and_is_taken_away(self, served: Served, browser: httpx.Client, good: str) -> None:
        payload, mac = good.rsplit(".", 1)
        told = {
            "id": "1",
            "name": "x",
            "roles": ["admin"],
            "institutions": ["*"],
            "account": "",
            "changed": "",
            "expires": 9e9,
        }
        elsewhere = URLSafeSerializer("another secret", "kdr-session").dumps(told)
        other_use = str(served.datasette.sign(told, "actor"))
        forged = [f"{payload}.{mac[:-1]}", f"{payload[:-2]}.{mac}", payload, "", "x", elsewhere, other_use, "%00", "é"]
        for cookie in filter(None, forged):
            answer = browser.get(WHO, headers={b"cookie": f"{COOKIE}={cookie}".encode()})
            assert answer.json()["actor"] is None, cookie
        taken = browser.get("/", headers={"cookie": f"{COOKIE}={elsewhere}"}).headers["set-cookie"]
        assert f"{COOKIE}=; " in taken
        assert "Max-Age=0" in taken

    def test_datasettes_own_cookie_opens_nothing(self, served: Served, browser: httpx.Client) -> None:
        root = served.datasette.sign({"a": {"id": "root"}}, "actor")
        assert browser.get(WHO, headers={"cookie": f"ds_actor={root}"}).json()["actor"] is None
        assert browser.get("/-/permissions", headers={"cookie": f"ds_actor={root}"}).status_code == 303

    def test_an_expired_one_is_nobodys(self, served: Served, browser: httpx.Client) -> None:
        account = served.account("ivan")
        cookie = issue(served.datasette, account.audience(), account, hours=-0.001)
        assert known(browser, headers={"cookie": f"{COOKIE}={cookie}"}) is None

    def test_a_changed_account_ends_its_sessions(self, served: Served, browser: httpx.Client) -> None:
        served.account("jiri")
        sign_in(browser, "jiri")
        assert known(browser) == "Jiri"
        served.accounts.change("jiri", lambda each: replace(each, password="other"))  # noqa: S106
        assert known(browser) is None

    def test_a_disabled_account_is_out_at_once(self, served: Served, browser: httpx.Client) -> None:
        served.account("karel")
        sign_in(browser, "karel")
        served.accounts.change("karel", lambda each: replace(each, disabled=True), end_sessions=False)
        assert known(browser) is None

    def test_cookies_that_cannot_be_read_do_not_hurt_the_others(self, browser: httpx.Client, good: str) -> None:
        for bad in (b"a/b@c[]=1", b"=", b";;;", b"x=\xc3\xa9", b'q="'):
            raw = bad + b"; " + f"{COOKIE}={good}".encode()
            answer = browser.get(WHO, headers={b"cookie": raw})
            assert answer.json()["actor"]["name"] == "Hana", bad


class TestForgedRequests:
    def test_a_form_without_its_token_is_refused(self, served: Served, browser: httpx.Client) -> None:
        served.account("lenka")
        sign_in(browser, "lenka")
        for form in ({}, {"csrftoken": "x"}, {"csrftoken": "é"}):
            answer = browser.post("/sign-out", data=form)
            assert answer.status_code in (400, 403), form
        assert known(browser) == "Lenka"

    def test_a_sign_in_from_another_sites_form_is_refused(self, served: Served, browser: httpx.Client) -> None:
        """It brings no cookies (SameSite), and Datasette does not look at requests without any."""
        served.account("marie")
        answer = browser.post("/sign-in", data={"name": "marie", "password": PASSWORD})
        assert answer.status_code == 403
        assert COOKIE not in answer.cookies

    def test_a_token_does_not_carry_a_forged_form_past_the_check(self, served: Served, browser: httpx.Client) -> None:
        served.account("nora")
        sign_in(browser, "nora")
        for authorization in ("Bearer x", "Bearer", "bearer x"):
            answer = browser.post("/account", data={"do": "make"}, headers={"authorization": authorization})
            assert answer.status_code == 401
        assert served.accounts.get("nora").tokens == ()


class TestTokens:
    @pytest.fixture
    def token(self, served: Served, request: pytest.FixtureRequest) -> tuple[str, str, str]:
        name = f"prog{next(_NEXT)}"
        served.account(name, Role.CURATOR, roles=(Role.CURATOR, Role.ARCHIVIST))
        secret, token = served.accounts.make_token(name, "skript", (Role.CURATOR, Role.ADMIN), 30)
        return name, secret, token.id

    def test_it_is_whom_it_was_made_by_with_the_roles_chosen(
        self, served: Served, browser: httpx.Client, token: tuple[str, str, str]
    ) -> None:
        name, secret, _ = token
        actor = browser.get(WHO, headers={"authorization": f"Bearer {secret}"}).json()["actor"]
        assert (actor["name"], actor["roles"]) == (name.capitalize(), ["curator"])
        assert secret not in (served.house.state / "accounts.json").read_text(encoding="utf-8")
        assert served.accounts.get(name).tokens[0].used

    def test_use_is_written_down_once_an_hour(
        self, served: Served, browser: httpx.Client, token: tuple[str, str, str]
    ) -> None:
        for _ in range(3):
            browser.get(WHO, headers={"authorization": f"Bearer {token[1]}"})
        assert [each["token"] for each in served.log() if each["who"] == token[0]] == [token[2]]

    def test_revoked_expired_or_of_a_disabled_account_it_is_refused(
        self, served: Served, browser: httpx.Client, token: tuple[str, str, str]
    ) -> None:
        name, secret, token_id = token
        expired, _ = served.accounts.make_token(name, "old", (Role.CURATOR,), -1)
        served.accounts.revoke(name, token_id)
        off, _ = served.accounts.make_token(name, "x", (Role.CURATOR,), 1)
        served.accounts.change(name, lambda each: replace(each, disabled=True))
        for each in (secret, expired, off, "kdr_" + "A" * 43):
            answer = browser.get(WHO, headers={"authorization": f"Bearer {each}", "accept": "*/*"})
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
            assert answer.json()["ok"] is False

    def test_it_cannot_make_another_or_change_the_password(
        self, served: Served, browser: httpx.Client, token: tuple[str, str, str]
    ) -> None:
        headers = {"authorization": f"Bearer {token[1]}"}
        for do in ("make", "password", "revoke"):
            assert browser.post("/account", data={"do": do, "token": token[2]}, headers=headers).status_code == 403
        assert len(served.accounts.get(token[0]).tokens) == 1

    def test_people_make_and_revoke_theirs_on_their_page(self, served: Served, browser: httpx.Client) -> None:
        served.account("olga", roles=(Role.CURATOR, Role.READER))
        sign_in(browser, "olga")
        form = {"csrftoken": token_in(browser.get("/account").text)}
        made = browser.post(
            "/account", data=form | {"do": "make", "label": "<b>k", "role": ["curator", "admin"], "days": "90"}
        )
        secret = made.text.split('id="made" readonly value="')[1].split('"')[0]
        (token,) = served.accounts.get("olga").tokens
        assert (token.label, token.roles) == ("<b>k", (Role.CURATOR,))
        assert "<b>k" not in made.text
        with served.client(headers={"x-forwarded-for": "192.0.2.251"}) as program:
            assert known(program, headers={"authorization": f"Bearer {secret}"}) == "Olga"
        assert secret not in browser.get("/account").text
        browser.post("/account", data=form | {"do": "revoke", "token": token.id})
        assert served.accounts.get("olga").tokens == ()

    def test_a_new_password_ends_the_other_sessions(self, served: Served, browser: httpx.Client) -> None:
        served.account("pavla")
        sign_in(browser, "pavla")
        form = {"csrftoken": token_in(browser.get("/account").text), "do": "password"}
        with served.client(headers={"x-forwarded-for": "192.0.2.252"}) as other:
            sign_in(other, "pavla")
            refused = browser.post("/account", data=form | {"old": "wrong", "new": "dlouhé nové heslo"})
            short = browser.post("/account", data=form | {"old": PASSWORD, "new": "krátké"})
            assert (refused.status_code, short.status_code) == (403, 400)
            assert "R040" in short.text
            assert known(other) == "Pavla"
            assert (
                browser.post("/account", data=form | {"old": PASSWORD, "new": "dlouhé nové heslo"}).status_code == 303
            )
            assert (known(browser), known(other)) == ("Pavla", None)
            assert sign_in(other, "pavla", "dlouhé nové heslo").status_code == 303


class TestBruteForce:
    """However slow the machine is: some tries more may be free after half a minute."""

    def test_a_name_tried_too_often_is_slowed_whether_or_not_anybody_bears_it(self, served: Served) -> None:
        served.account("quido")
        told = []
        for name in ("quido", "nobody-at-all"):
            answers: list[httpx.Response] = []
            while not answers or answers[-1].status_code == 403:
                with served.client(headers={"x-forwarded-for": f"198.51.100.{len(answers)}"}) as client:
                    answers.append(sign_in(client, name, "wrong"))
            assert 9 <= len(answers) <= 20
            assert answers[-1].status_code == 429
            assert int(answers[-1].headers["retry-after"]) in range(1, 31)
            page = answers[-1].text.split("<main")[1].split("csrftoken")[0]
            told.append(re.sub(r"\d+ s", "", page))
        assert told[0] == told[1]
        with served.client(headers={"x-forwarded-for": "198.51.100.99"}) as client:
            assert sign_in(client, "quido").status_code == 429, "nor does the right password help"

    def test_an_address_that_tries_many_names_is_slowed(self, served: Served) -> None:
        with served.client(headers={"x-forwarded-for": "203.0.113.7"}) as client:
            tries = (sign_in(client, f"name{turn}", "wrong").status_code for turn in range(60))
            statuses = list(takewhile(lambda status: status == 403, tries))
        assert 20 <= len(statuses) < 60
        with served.client(headers={"x-forwarded-for": "203.0.113.8"}) as client:
            assert sign_in(client, "name0", "wrong").status_code == 403

    def test_guessed_tokens_are_slowed(self, served: Served) -> None:
        with served.client(headers={"x-forwarded-for": "203.0.113.9"}) as client:
            tries = (client.get(WHO, headers={"authorization": f"Bearer {n}"}).status_code for n in range(60))
            assert 20 <= len(list(takewhile(lambda status: status == 401, tries))) < 60


class TestLimits:
    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("/search?q=" + "a" * 9000, 414),
            ("/" + "a" * 9000, 414),
            ("/%00", 400),
            ("/search?q=%00", 400),
            ("//evil.example/", 400),
        ],
    )
    def test_an_address_that_is_too_long_or_makes_no_sense(self, browser: httpx.Client, path: str, status: int) -> None:
        answer = browser.get(httpx.URL(str(browser.base_url) + path))
        assert answer.status_code == status
        assert "location" not in answer.headers
        assert f"({status})" in answer.text

    def test_too_much_of_anything(self, browser: httpx.Client) -> None:
        def endless() -> Iterator[bytes]:
            for _ in range(40):
                yield b"a" * 65536

        form = {"content-type": "application/x-www-form-urlencoded"}
        assert browser.post("/sign-in", content=b"a" * 1_100_000, headers=form).status_code == 413
        assert browser.post("/sign-in", content=endless(), headers=form).status_code == 413
        assert browser.get("/", headers={f"x-{n}": "a" * 4000 for n in range(9)}).status_code == 431

    @pytest.mark.parametrize(
        ("kind", "body", "status"),
        [
            ("multipart/form-data", b"x", 415),
            ("multipart/form-data; boundary=x", b"--x\r\n\r\n", 415),
            ("application/x-www-form-urlencoded", b"csrftoken=\xff", 400),
            ("application/x-www-form-urlencoded", b"csrftoken=%C3%A9", 400),
            ("application/x-www-form-urlencoded", b"csrftoken=%FF", 400),
            ("application/json", b"{", 403),
        ],
    )
    def test_bodies_that_nobody_can_read(self, browser: httpx.Client, kind: str, body: bytes, status: int) -> None:
        browser.get("/sign-in")
        assert browser.post("/sign-in", content=body, headers={"content-type": kind}).status_code == status

    def test_headers_told_twice_are_refused(self, browser: httpx.Client) -> None:
        twice = [("authorization", "Bearer a"), ("authorization", "Basic b")]
        assert browser.get("/", headers=twice).status_code == 400

    def test_searches_and_images_have_a_pace(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        shelf = small_shelf(tmp_path_factory.mktemp("pace"))
        with serving(shelf, searches_per_second=0.2, images_per_second=0.1) as slow, slow.client() as client:
            asked = [client.get("/catalogue/page.json?_search=kun", headers={"accept": "*/*"}) for _ in range(3)]
            assert [each.status_code for each in asked] == [200, 200, 429]
            assert int(asked[-1].headers["retry-after"]) in range(1, 6)
            assert asked[-1].json()["status"] == 429
            assert [client.get("/iiif/3/x/info.json").status_code for _ in range(2)] == [404, 429]
            assert client.get("/catalogue/page.json").status_code == 200


class TestRefused:
    def test_programs_are_told_by_status(self, served: Served, browser: httpx.Client) -> None:
        nobody = browser.get("/account", headers={"accept": "application/json"})
        assert (nobody.status_code, nobody.headers["www-authenticate"]) == (401, "Bearer")
        assert nobody.json()["ok"] is False
        account = served.account("radim")
        cookie = issue(served.datasette, account.audience(), account)
        known_one = browser.get("/-/permissions", headers={"cookie": f"{COOKIE}={cookie}"})
        assert known_one.status_code == 403
        assert "nemáte oprávnění" in known_one.text

    def test_it_is_written_down_without_what_was_typed(self, served: Served, browser: httpx.Client) -> None:
        served.account("sona")
        sign_in(browser, "sona", "tajné heslo, které sem nepatří")
        browser.get("/account?secret=1")
        sign_in(browser, "sona")
        where = browser.headers["x-forwarded-for"]
        mine = [each for each in served.log() if each["address"] == where]
        assert [(each["what"], each["who"]) for each in mine] == [
            ("sign-in-refused", "sona"),
            ("refused", ""),
            ("signed-in", "sona"),
        ]
        assert mine[1]["path"] == "/account"
        assert "tajné" not in json.dumps(served.log(), ensure_ascii=False)

    def test_a_flood_of_refusals_does_not_fill_the_disk(self, served: Served) -> None:
        with served.client(headers={"x-forwarded-for": "203.0.113.50"}) as client:
            for _ in range(80):
                client.get("/account")
        assert len([each for each in served.log() if each["address"] == "203.0.113.50"]) < 80


class TestBrokenHouse:
    def test_accounts_that_cannot_be_read_let_nobody_in(
        self, tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture
    ) -> None:
        with serving(small_shelf(tmp_path_factory.mktemp("broken"))) as broken, broken.client() as client:
            broken.account("tomas")
            sign_in(client, "tomas")
            assert known(client) == "Tomas"
            (broken.house.state / "accounts.json").write_text('{"accounts": [{"name": "tomas"')
            assert known(client) is None
            answer = sign_in(client, "tomas")
            assert answer.status_code == 503
            assert "R030" in answer.text
            assert client.get("/").status_code == 200
        assert "R030" in caplog.text

    def test_a_log_that_cannot_be_written_lets_nobody_in(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        with serving(small_shelf(tmp_path_factory.mktemp("full"))) as broken, broken.client() as client:
            broken.account("uršula".replace("š", "s"))
            (broken.house.state / "access").write_text("a file where the folder should be")
            answer = sign_in(client, "ursula")
            assert (answer.status_code, known(client)) == (503, None)
            assert "R032" in answer.text

    def test_a_restart_keeps_sessions_and_those_ended_ended(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        shelf = small_shelf(tmp_path_factory.mktemp("restart"))
        with serving(shelf) as first, first.client() as client:
            first.account("vera")
            kept = sign_in(client, "vera").cookies[COOKIE]
            ended = sign_in(client, "vera").cookies[COOKIE]
            client.post("/sign-out", data={"csrftoken": token_in(client.get("/account").text)})
            secret = kept_secret(first.house.state)
        with serving(shelf) as second, second.client() as client:
            assert known(client, headers={"cookie": f"{COOKIE}={kept}"}) == "Vera"
            assert known(client, headers={"cookie": f"{COOKIE}={ended}"}) is None
            assert kept_secret(second.house.state) == secret
