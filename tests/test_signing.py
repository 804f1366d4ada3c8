"""The parts of signing in: where somebody is, how often they may ask, what is kept of them, what is written down."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.problem import Problem
from repository.catalogue.house import Config, Granted, House, OpenId
from repository.catalogue.rights.audience import Audience, Role, current
from repository.catalogue.serve import application
from repository.catalogue.signing import limits
from repository.catalogue.signing.access_log import note
from repository.catalogue.signing.accounts import Account, Accounts, new_account
from repository.catalogue.signing.client import client_of
from repository.catalogue.signing.door import door
from repository.catalogue.signing.openid import known
from repository.catalogue.signing.pages import onward
from repository.catalogue.signing.passwords import fits, hashed
from repository.catalogue.signing.rates import Pace, Rates
from repository.catalogue.signing.secret import kept_secret
from repository.catalogue.signing.session import Ended, Session
from tests.signing_server import small_shelf
from tests.stored_volumes import close

ROOM = Config(premises=("10.1.0.0/16", "2001:db8:1::/48"), proxies=("10.9.0.1/32", "fd00::/8"))


def scope_from(peer: str, *headers: tuple[str, str], scheme: str = "http") -> dict[str, Any]:
    """A request as the server tells it."""
    return {
        "type": "http",
        "method": "GET",
        "path": "/",
        "scheme": scheme,
        "client": (peer, 4711),
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }


class TestPremises:
    @pytest.mark.parametrize(
        ("peer", "headers", "address", "here"),
        [
            ("10.1.2.3", (), "10.1.2.3", True),
            ("::ffff:10.1.2.3", (), "10.1.2.3", True),
            ("2001:db8:1::5", (), "2001:db8:1::5", True),
            ("192.0.2.1", (), "192.0.2.1", False),
            # who forwards without being ours is not in the reading room, wherever they sit and whatever they say
            ("10.1.2.3", (("x-forwarded-for", "10.1.2.3"),), "10.1.2.3", False),
            ("10.1.2.3", (("forwarded", "for=10.1.2.3"),), "10.1.2.3", False),
            ("10.1.2.3", (("via", "1.1 proxy"),), "10.1.2.3", False),
            ("10.1.2.3", (("x-real-ip", "10.1.2.3"),), "10.1.2.3", False),
            ("192.0.2.1", (("x-forwarded-for", "10.1.2.3"),), "192.0.2.1", False),
            # ours: the right-most hop that is none of ours
            ("10.9.0.1", (("x-forwarded-for", "10.1.2.3"),), "10.1.2.3", True),
            ("10.9.0.1", (("x-forwarded-for", "10.1.2.3, 192.0.2.1"),), "192.0.2.1", False),
            ("10.9.0.1", (("x-forwarded-for", "192.0.2.1, 10.1.2.3, 10.9.0.1"),), "10.1.2.3", True),
            ("10.9.0.1", (("x-forwarded-for", "10.1.2.3"), ("x-forwarded-for", "192.0.2.1")), "192.0.2.1", False),
            ("10.9.0.1", (("x-forwarded-for", "10.1.2.3:5555"),), "10.1.2.3", True),
            ("10.9.0.1", (("forwarded", 'for="[2001:db8:1::7]:99";proto=https'),), "2001:db8:1::7", True),
            ("10.9.0.1", (("forwarded", "for=10.1.2.3, for=192.0.2.1"),), "192.0.2.1", False),
            ("fd00::1", (("x-forwarded-for", "10.1.2.3"),), "10.1.2.3", True),
            # ours, but it does not say from where, or says two things
            ("10.9.0.1", (), "10.9.0.1", False),
            ("10.9.0.1", (("x-forwarded-for", "10.1.2.3"), ("forwarded", "for=192.0.2.1")), "10.9.0.1", False),
            ("10.9.0.1", (("x-forwarded-for", "unknown"),), "10.9.0.1", False),
            ("10.9.0.1", (("x-forwarded-for", "10.1.2.3, rubbish"),), "10.9.0.1", False),
            ("10.9.0.1", (("x-forwarded-for", ""),), "10.9.0.1", False),
            ("10.9.0.1", (("forwarded", "for=_hidden"),), "10.9.0.1", False),
        ],
    )
    def test_where_a_reader_is(self, peer: str, headers: tuple[tuple[str, str], ...], address: str, here: bool) -> None:
        found = client_of(scope_from(peer, *headers), ROOM)
        assert (found.address, found.on_premises) == (address, here)

    def test_a_proxy_within_the_premises_does_not_bring_everybody_in(self) -> None:
        config = Config(premises=("127.0.0.0/8",), proxies=("127.0.0.1/32",))
        assert not client_of(scope_from("127.0.0.1"), config).on_premises
        assert not client_of(scope_from("127.0.0.1", ("x-forwarded-for", "127.0.0.1")), config).on_premises

    def test_nobody_knows_where_a_socket_is(self) -> None:
        assert not client_of(scope_from("") | {"client": None}, ROOM).on_premises

    @given(st.text(max_size=60), st.text(max_size=60))
    def test_no_header_of_a_stranger_brings_them_in(self, name: str, value: str) -> None:
        scope = scope_from("192.0.2.1")
        scope["headers"] = [
            (name.encode("utf-8", "replace"), value.encode("utf-8", "replace")),
            (b"x-forwarded-for", value.encode("utf-8", "replace")),
        ]
        assert client_of(scope, ROOM).address == "192.0.2.1"
        assert not client_of(scope, ROOM).on_premises
        client_of(scope | {"client": ("10.9.0.1", 1)}, ROOM)

    @pytest.mark.parametrize(
        ("config", "scope", "secure"),
        [
            (Config(), scope_from("192.0.2.1"), False),
            (Config(), scope_from("192.0.2.1", scheme="https"), True),
            (Config(address="https://katalog.example"), scope_from("192.0.2.1"), True),
            (ROOM, scope_from("192.0.2.1", ("x-forwarded-proto", "https")), False),
            (ROOM, scope_from("10.9.0.1", ("x-forwarded-proto", "https")), True),
            (ROOM, scope_from("10.9.0.1", ("x-forwarded-proto", "https, http")), False),
        ],
    )
    def test_whether_the_way_is_encrypted(self, config: Config, scope: dict[str, Any], secure: bool) -> None:
        assert client_of(scope, config).secure is secure

    def test_one_household_of_ipv6_is_counted_as_one(self) -> None:
        one, other = (client_of(scope_from(f"2001:db8:5:6::{n}"), ROOM).neighbourhood for n in (1, 2))
        assert one == other == "2001:db8:5:6::/64"

    def test_a_page_that_asks_for_another_asks_for_its_own_reader(self, tmp_path: Path) -> None:
        """Datasette's own client seems to come from this machine, which is on the premises."""
        served = application(small_shelf(tmp_path).house)
        seen: list[Audience] = []

        async def page(scope: dict[str, Any], receive: object, send: object) -> None:
            seen.append(current())
            if len(seen) == 1:
                await door(served, page)(scope_from("127.0.0.1"), receive, send)

        async def nothing(*_: object) -> None: ...

        asyncio.run(door(served, page)(scope_from("192.0.2.1"), nothing, nothing))
        asyncio.run(door(served, page)(scope_from("127.0.0.1"), nothing, nothing))
        close(served)
        assert [each.on_premises for each in seen] == [False, False, True]
        assert current() == Audience()


class TestRates:
    def test_a_bucket_is_emptied_and_fills_again(self) -> None:
        now = [100.0]
        rates, pace = Rates(lambda: now[0]), Pace(0.5, 2)
        assert [rates.take("a", pace) for _ in range(3)] == [0, 0, 2]
        assert rates.take("b", pace) == 0, "everybody has one of their own"
        now[0] += 1
        assert rates.take("a", pace) == 1
        now[0] += 1
        assert [rates.take("a", pace) for _ in range(2)] == [0, 2]
        rates.forgive("a")
        assert rates.take("a", pace) == 0

    @given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 5)), max_size=60))
    def test_never_more_than_the_pace_allows(self, steps: list[tuple[int, float]]) -> None:
        now, passed = 0.0, dict.fromkeys(range(4), 0)
        rates, pace = Rates(lambda: now), Pace(1, 3)
        for key, wait in steps:
            now += wait
            passed[key] += rates.take(key, pace) == 0
        assert all(count <= 3 + now + 1e-6 for count in passed.values())

    def test_memory_is_bounded(self) -> None:
        rates = Rates(most=10)
        for key in range(1000):
            rates.take(key, Pace(1, 1))
        assert len(rates._buckets) == 10  # what is measured is memory


def somebody(name: str = "jana", **more: Any) -> Account:  # noqa: ANN401 - fields of Account
    """An account without a password that fits."""
    return replace(new_account(name, name.title(), "x", (Role.CURATOR,), ("LIA001",)), **more)


class TestAccounts:
    def test_what_is_kept_is_read_back_by_another(self, tmp_path: Path) -> None:
        mine, theirs = Accounts(tmp_path / "people"), Accounts(tmp_path / "people")
        assert theirs.all() == {}
        mine.add(somebody())
        assert theirs.all() == {"jana": somebody(changed=mine.get("jana").changed)}
        changed = theirs.change("jana", lambda each: replace(each, roles=(Role.ADMIN,)))
        assert mine.get("jana").roles == (Role.ADMIN,)
        assert changed.changed > somebody().changed[:19]

    def test_nobody_else_may_read_the_file(self, tmp_path: Path) -> None:
        accounts = Accounts(tmp_path / "people")
        accounts.add(somebody())
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "people").iterdir()}
        assert modes == {"accounts.json": 0o600, "accounts.lock": 0o600}
        assert stat.S_IMODE((tmp_path / "people").stat().st_mode) == 0o700

    @pytest.mark.parametrize(
        "content",
        [
            "",
            "[]",
            "{",
            '{"accounts": [{}]}',
            '{"accounts": {"x": 1}}',
            "null",
            "\xff",
            "[" * 100_000,
            '{"accounts": [], "x": 1}',
        ],
    )
    def test_what_makes_no_sense_is_nobody_and_is_not_written_over(self, tmp_path: Path, content: str) -> None:
        file = tmp_path / "accounts.json"
        file.write_text(content, encoding="latin-1")
        for look in (Accounts(tmp_path).all, lambda: Accounts(tmp_path).add(somebody())):
            with pytest.raises(Problem, match="R030"):
                look()
        assert file.read_text(encoding="latin-1") == content

    def test_two_of_one_name_are_nobody(self, tmp_path: Path) -> None:
        accounts = Accounts(tmp_path)
        accounts.add(somebody())
        file = tmp_path / "accounts.json"
        told = json.loads(file.read_text(encoding="utf-8"))
        file.write_text(json.dumps({"accounts": told["accounts"] * 2}), encoding="utf-8")
        with pytest.raises(Problem, match="R030"):
            accounts.all()

    def test_a_link_or_folder_is_not_followed(self, tmp_path: Path) -> None:
        Accounts(tmp_path / "a").add(somebody())
        (tmp_path / "b").mkdir()
        (tmp_path / "b" / "accounts.json").symlink_to(tmp_path / "a" / "accounts.json")
        with pytest.raises(Problem, match="R030"):
            Accounts(tmp_path / "b").all()

    @pytest.mark.parametrize(
        ("name", "shown", "code"),
        [
            ("jana", "Jiná", "R034"),
            ("petr", "JANA", "R034"),
            ("petr", "Petr\nPavel", "R035"),
            ("petr", "\u202eretP", "R035"),
            ("Petr", "P", "R035"),
            ("", "P", "R035"),
            ("../x", "P", "R035"),
            ("žofie", "Žofie", "R035"),
        ],
    )
    def test_nobody_passes_for_somebody_else(self, tmp_path: Path, name: str, shown: str, code: str) -> None:
        accounts = Accounts(tmp_path)
        accounts.add(somebody())
        with pytest.raises(Problem, match=code):
            accounts.add(new_account(name, shown, "x", (), ()))
        assert list(accounts.all()) == ["jana"]

    def test_many_at_once_lose_nothing(self, tmp_path: Path) -> None:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda n: Accounts(tmp_path).add(somebody(f"n{n}")), range(12)))
        assert len(Accounts(tmp_path).all()) == 12

    def test_without_a_role_one_reads_and_without_institution_it_is_all(self) -> None:
        account = new_account("a", "  ", "x", (), ())
        assert (account.shown, account.roles, account.institutions) == ("a", (Role.READER,), ("*",))

    def test_a_token_has_no_role_that_its_account_has_lost(self, tmp_path: Path) -> None:
        accounts, now = Accounts(tmp_path), dt.datetime.now(dt.UTC)
        accounts.add(somebody(roles=(Role.CURATOR, Role.ADMIN)))
        secret, token = accounts.make_token("jana", "x", (Role.ADMIN, Role.CURATOR), 1)
        accounts.change("jana", lambda each: replace(each, roles=(Role.CURATOR,)))
        found = accounts.bearer(secret, now)
        assert found is not None
        assert found[0].audience(found[1].roles).roles == {Role.CURATOR}
        assert accounts.bearer(token.sha256, now) is None
        assert accounts.bearer(secret, now + dt.timedelta(days=2)) is None
        with pytest.raises(Problem, match="R039"):
            accounts.revoke("jana", "nothing")
        with pytest.raises(Problem, match="R033"):
            accounts.get("nobody")


class TestPasswords:
    @settings(max_examples=5)  # each is as slow as a guess should be
    @given(st.text(min_size=12, max_size=40))
    def test_the_one_that_was_kept_fits_and_another_does_not(self, password: str) -> None:
        kept = hashed(password, "jana")
        assert password not in kept
        assert fits(kept, password)
        assert not fits(kept, password + "x")
        assert not fits(None, password)

    def test_a_keyboards_way_of_writing_does_not_matter(self) -> None:
        assert fits(hashed("Příliš žluťoučký", "x"), "Pr\u030ci\u0301lis\u030c z\u030clut\u030couc\u030cky\u0301")

    @pytest.mark.parametrize("password", ["", "krátké", "a" * 257])
    def test_too_short_or_too_long_is_refused(self, password: str) -> None:
        with pytest.raises(Problem, match="R040"):
            hashed(password, "jana")

    def test_a_hash_that_is_none_fits_nothing(self) -> None:
        assert not fits("garbled", "garbled")


class TestSecret:
    def test_it_is_made_once_for_us_alone(self, tmp_path: Path) -> None:
        with ThreadPoolExecutor(4) as pool:
            found = set(pool.map(lambda _: kept_secret(tmp_path / "people"), range(8)))
        assert len(found) == 1
        assert re.fullmatch("[0-9a-f]{64}", found.pop())
        assert stat.S_IMODE((tmp_path / "people" / "secret").stat().st_mode) == 0o600
        assert [path.name for path in (tmp_path / "people").iterdir()] == ["secret"]

    @pytest.mark.parametrize(("content", "mode"), [("", 0o600), ("short", 0o600), ("a" * 64, 0o644), ("é" * 64, 0o600)])
    def test_one_that_protects_nothing_is_refused(self, tmp_path: Path, content: str, mode: int) -> None:
        (tmp_path / "secret").write_text(content, encoding="utf-8")
        (tmp_path / "secret").chmod(mode)
        with pytest.raises(Problem, match="R031"):
            kept_secret(tmp_path)


class TestLog:
    @pytest.fixture
    def house(self, tmp_path: Path) -> House:
        return House(tmp_path / "c.db", tmp_path / "images", tmp_path / "people")

    @staticmethod
    def lines(house: House) -> list[str]:
        (file,) = (house.state / "access").iterdir()
        return file.read_text(encoding="ascii").splitlines()

    def test_nothing_typed_can_begin_a_line_or_turn_the_writing(self, house: House) -> None:
        for who in ('x"}\n{"what": "signed-in"}', "\u202eadmin", "a\u2028b", "\x1b[2J", "x" * 5000, "\ud800"):
            note(house, "sign-in-refused", who, "192.0.2.1")
        told = [json.loads(line) for line in self.lines(house)]
        assert {each["what"] for each in told} == {"sign-in-refused"}
        assert len(told) == 6
        assert max(map(len, self.lines(house))) < 600

    def test_it_is_ours_alone(self, house: House) -> None:
        note(house, "signed-in", "jana", "")
        (file,) = (house.state / "access").iterdir()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert file.name == f"{dt.datetime.now(dt.UTC):%Y-%m}.jsonl"

    def test_many_at_once_keep_their_lines_whole(self, house: House) -> None:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: note(house, "refused", f"n{n}", "", path="/" + "a" * 200), range(60)))
        assert {json.loads(line)["who"] for line in self.lines(house)} == {f"n{n}" for n in range(60)}

    def test_a_line_torn_by_a_power_cut_stays_alone(self, house: House) -> None:
        note(house, "signed-in", "jana", "")
        (file,) = (house.state / "access").iterdir()
        os.truncate(file, file.stat().st_size - 5)
        note(house, "signed-in", "petr", "")
        assert json.loads(self.lines(house)[1])["who"] == "petr"

    def test_a_log_that_cannot_be_written_is_a_problem(self, house: House) -> None:
        house.state.mkdir()
        (house.state / "access").write_text("")
        with pytest.raises(Problem, match="R032"):
            note(house, "signed-in", "jana", "")


class TestEnded:
    def test_those_that_have_expired_are_forgotten(self, tmp_path: Path) -> None:
        now = [1000.0]
        ended = Ended(tmp_path, lambda: now[0])
        first, second = (Session(name, Audience(), "", "", now[0] + 10) for name in ("first", "second"))
        ended.end(first)
        assert (first in ended, second in ended) == (True, False)
        now[0] += 20
        ended.end(second)
        assert list(json.loads((tmp_path / "ended.json").read_text())) == ["second"]
        assert second in Ended(tmp_path)

    @pytest.mark.parametrize("content", ["", "[]", "{", '{"a": "x"}', "null"])
    def test_a_garbled_file_is_as_none(self, tmp_path: Path, content: str) -> None:
        (tmp_path / "ended.json").write_text(content)
        assert Session("a", Audience(), "", "", 1) not in Ended(tmp_path)


class TestOnward:
    @given(st.text(max_size=40).map(lambda text: "/" + text) | st.text(max_size=40))
    def test_it_is_always_a_path_of_ours(self, told: str) -> None:
        found = onward(told)
        assert re.match(r"/(?![/\\])", found)
        assert found.isascii()
        assert found.isprintable()
        assert " " not in found
        assert "\\" not in found

    @pytest.mark.parametrize("told", ["/", "/search?q=k%C5%AF%C5%88", "/volume/x/page/3?q=a#b", "/sign-in"])
    def test_pages_are_kept(self, told: str) -> None:
        assert onward(told) == told

    def test_nothing_is_the_front_page(self) -> None:
        assert onward(None) == onward("/" + "a" * 3000) == "/"


class TestCookies:
    @given(
        st.dictionaries(
            st.from_regex("[A-Za-z0-9_]{1,9}", fullmatch=True), st.from_regex("[A-Za-z0-9._-]{0,20}", fullmatch=True)
        )
    )
    def test_good_ones_pass_as_they_are(self, cookies: dict[str, str]) -> None:
        line = "; ".join(f"{name}={value}" for name, value in cookies.items()).encode()
        cookies.pop("ds_actor", None)
        _, held = limits.cookies([(b"cookie", line)])
        assert {name: value for name, value in held.items() if value} == {n: v for n, v in cookies.items() if v}

    @given(st.binary(max_size=60))
    def test_whatever_comes_the_rest_of_the_house_can_read_it(self, line: bytes) -> None:
        headers, held = limits.cookies([(b"Cookie", line), (b"accept", b"x")])
        told = dict(headers).get(b"cookie", b"").decode("ascii")
        assert {name: each.value for name, each in SimpleCookie(told).items()} == held
        assert dict(headers)[b"accept"] == b"x"


CONFIG = OpenId(
    "https://id.example",
    "kdr",
    granted=(
        Granted("kuratori", "curator", ("LIA001",)),
        Granted("kuratori2", "curator", ("LIG501",)),
        Granted("archiv", "archivist", ("LIG501",)),
        Granted("spravci", "admin", ("*",)),
        Granted("vsude", "curator", ("*",)),
    ),
)


class TestBody:
    def test_half_a_form_is_none(self) -> None:
        begun = {"type": "http.request", "body": b"text=hal", "more_body": True}
        messages: list[dict[str, Any]] = [begun, {"type": "http.disconnect"}]

        async def receive() -> dict[str, Any]:
            return messages.pop(0)

        with pytest.raises(limits.Refused, match="400"):
            asyncio.run(limits.body({"method": "POST", "headers": []}, receive))


class TestGroups:
    @pytest.mark.parametrize(
        ("groups", "roles", "institutions"),
        [
            ([], {"reader"}, set()),
            ("kuratori", {"reader", "curator"}, {"LIA001"}),
            (["kuratori", "kuratori2"], {"reader", "curator"}, {"LIA001", "LIG501"}),
            (["kuratori", "archiv"], {"reader", "archivist"}, {"LIG501"}),
            (["vsude", "archiv"], {"reader", "archivist", "curator"}, {"LIG501"}),
            (["spravci", "kuratori"], {"reader", "admin"}, {"*"}),
            (["stranger", 7, None], {"reader"}, set()),
            ({"kuratori": 1}, {"reader"}, set()),
            (None, {"reader"}, set()),
        ],
    )
    def test_groups_give_what_the_settings_grant_and_never_more(
        self, groups: object, roles: set[str], institutions: set[str]
    ) -> None:
        for claims in ({"sub": "1", "groups": groups}, {"sub": "1", "claims": {"groups": groups}}):
            found = known(CONFIG, claims).audience
            assert (set(found.roles), set(found.institutions)) == (roles, institutions)

    @pytest.mark.parametrize(
        ("claims", "name"),
        [
            ({"name": "Jana Nová"}, "Jana Nová"),
            ({"name": " ", "preferred_username": "jnova"}, "jnova"),
            ({"name": ["x"], "email": "j@example.cz"}, "j@example.cz"),
            ({"name": "\u202eanaJ"}, "\ufffdanaJ"),
            ({}, "s-1"),
        ],
    )
    def test_what_they_are_called(self, claims: dict[str, object], name: str) -> None:
        assert known(CONFIG, {"sub": "s-1"} | claims).audience.name == name

    def test_nobody_from_outside_passes_for_a_local_account(self) -> None:
        found = known(CONFIG, {"sub": "s-1", "name": "Jana"})
        assert found.named_apart({"jana"}).name == "Jana (s-1)"
        assert found.named_apart({"petr"}).name == "Jana"
