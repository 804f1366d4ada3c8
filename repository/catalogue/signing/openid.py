"""Sign-in at an identity provider: OpenID Connect Core 1.0, code flow with PKCE (RFC 7636, S256), state and nonce.

One look at the provider's own description (OpenID Connect Discovery 1.0), kept for an hour. Whoever is on the way is
kept here, ten minutes at most and once only: a code or state that comes back again finds nobody.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote_plus, urlsplit

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # type: ignore[import-untyped]
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from metadata.problem import Problem
from metadata.wording import printable
from repository.catalogue.house import OpenId
from repository.catalogue.rights.audience import EVERYWHERE, STAFF, Audience, Role

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""How an id_token may be signed: by a key that only the provider has. Never "none", never HMAC (RFC 8725 3.1)."""
_PATIENCE = httpx.Timeout(10.0, connect=5.0)
_LASTS, _KNOWN_FOR, _LEEWAY = 600.0, 3600.0, 60
_MOST = 2000
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_STRENGTH = (Role.ADMIN, Role.ARCHIVIST, Role.OPERATOR, Role.CURATOR)
_MOST_NAME = 100


@dataclass(frozen=True, slots=True)
class Underway:
    """Somebody sent to the provider: what only they and we know, and the local page they want to go on to."""

    state: str
    nonce: str
    verifier: str
    back: str
    onward: str
    until: float


@dataclass(frozen=True, slots=True)
class Known:
    """Who came back: for whom to answer, and what the provider calls them (its `sub`)."""

    audience: Audience
    subject: str

    def named_apart(self, taken: Collection[str]) -> Audience:
        """The audience, its name told apart from those `taken` (folded): nobody passes for somebody with an account."""
        name = self.audience.name
        return replace(self.audience, name=f"{name} ({self.subject})") if name.casefold() in taken else self.audience


class Provider:
    """The identity provider that `config` names."""

    def __init__(self, config: OpenId) -> None:
        self.config = config
        self._underway: OrderedDict[str, Underway] = OrderedDict()
        self._described: tuple[float, dict[str, Any]] = (0.0, {})
        self._keys: KeySet | None = None

    async def begin(self, back: str, onward: str) -> tuple[str, str]:
        """The provider's address to send somebody to, and the state that a cookie must bring back.

        `back` is our address that the provider returns to.

        Raises:
            Problem: R037 the provider does not answer, R038 what it says of itself is wrong.
        """
        described = await self._description()
        now = time.monotonic()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        one = Underway(state, nonce, verifier, back, onward, now + _LASTS)
        self._underway[one.state] = one
        while len(self._underway) > _MOST:
            self._underway.popitem(last=False)
        address = prepare_grant_uri(
            described["authorization_endpoint"],
            self.config.client_id,
            "code",
            back,
            "openid profile",
            one.state,
            nonce=one.nonce,
            code_challenge=create_s256_code_challenge(one.verifier),
            code_challenge_method="S256",
        )
        return str(address), one.state

    async def finish(self, told: Mapping[str, str], cookie: str) -> tuple[Known, str]:
        """Who came back with the query `told`, and the local page they wanted; `cookie` is the state they set out with.

        Raises:
            Problem: R036 the provider refused, R037 it does not answer, R038 what came is not what it must be.
        """
        one = self._underway.pop(told.get("state", ""), None)
        ours = one is not None and secrets.compare_digest(one.state.encode(), cookie.encode())
        if one is None or not ours or time.monotonic() > one.until:
            raise self._wrong("state")
        # RFC 9207 2.4: a code of another provider is not to be tried at this one.
        if told.get("iss", self.config.issuer) != self.config.issuer:
            raise self._wrong("iss")
        if "error" in told:
            raise self._refused(told["error"])
        claims = await self._claims(told.get("code", ""), one)
        return known(self.config, claims), one.onward

    async def _claims(self, code: str, one: Underway) -> dict[str, Any]:
        """What the id_token says that the provider gives for `code` (OpenID Connect Core 1.0, 3.1.3.7)."""
        described = await self._description()
        given = await self._tokens(described, code, one)
        claims = await self._signed(str(given.get("id_token", "")), described)
        rules = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY,
            iss={"essential": True, "value": self.config.issuer},
            aud={"essential": True, "value": self.config.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": one.nonce},
        )
        try:
            rules.validate(claims)
        except JoseError as error:
            raise self._wrong(getattr(error, "claim", "") or error.error) from error
        audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        party = claims.get("azp", self.config.client_id if len(audiences) == 1 else "")
        if party != self.config.client_id:
            raise self._wrong("azp")
        return claims

    async def _signed(self, token: str, described: dict[str, Any]) -> dict[str, Any]:
        """The claims of `token`, signed by a key of the provider; keys may have been changed since we looked."""
        for anew in (False, True):
            keys = await self._key_set(described, anew=anew)
            try:
                return dict(jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims)
            except (JoseError, ValueError) as error:
                if anew:
                    raise self._wrong("id_token") from error
        raise AssertionError

    async def _tokens(self, described: dict[str, Any], code: str, one: Underway) -> dict[str, Any]:
        """What the token endpoint gives (RFC 6749 4.1.3, 2.3.1; RFC 7636 4.5)."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": one.back,
            "code_verifier": one.verifier,
        }
        secret = os.environ.get(self.config.client_secret_env, "") if self.config.client_secret_env else ""
        methods = described.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        told = quote_plus(self.config.client_id), quote_plus(secret)  # RFC 6749 2.3.1: encoded as in a form
        basic = httpx.BasicAuth(*told) if secret and "client_secret_basic" in methods else None
        if basic is None:
            form |= {"client_id": self.config.client_id} | ({"client_secret": secret} if secret else {})
        return await self._asked("POST", described["token_endpoint"], data=form, auth=basic)

    async def _description(self) -> dict[str, Any]:
        when, described = self._described
        if described and time.monotonic() - when < _KNOWN_FOR:
            return described
        described = await self._asked("GET", f"{self.config.issuer.rstrip('/')}/.well-known/openid-configuration")
        if described.get("issuer") != self.config.issuer:
            raise self._wrong("issuer")
        # What is asked of a provider reached by https must not leave it.
        scheme = urlsplit(self.config.issuer).scheme
        if not all(urlsplit(str(described.get(each, ""))).scheme in {scheme, "https"} for each in _ENDPOINTS):
            raise self._wrong("endpoint")
        self._described, self._keys = (time.monotonic(), described), None
        return described

    async def _key_set(self, described: dict[str, Any], *, anew: bool) -> KeySet:
        if self._keys is None or anew:
            told = await self._asked("GET", described["jwks_uri"])
            try:
                self._keys = KeySet.import_key_set(told)  # type: ignore[arg-type]
            except (JoseError, ValueError, KeyError, TypeError) as error:
                raise self._wrong("jwks") from error
        return self._keys

    async def _asked(self, method: str, address: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - httpx's
        try:
            async with httpx.AsyncClient(timeout=_PATIENCE, follow_redirects=False) as client:
                answer = await client.request(method, address, **more)
            told = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise Problem("R037", self.config.issuer, why=type(error).__name__) from error
        if isinstance(told, dict) and "error" in told:
            raise self._refused(str(told["error"]))
        if answer.status_code != httpx.codes.OK or not isinstance(told, dict):
            raise Problem("R037", self.config.issuer, why=f"HTTP {answer.status_code}")
        return told

    def _refused(self, error: str) -> Problem:
        """RFC 6749 4.1.2.1: errors have names; anything else is somebody's own text, which we do not repeat."""
        return Problem("R036", self.config.issuer, error=error if re.fullmatch("[a-z_]{1,40}", error) else "?")

    def _wrong(self, what: str) -> Problem:
        return Problem("R038", self.config.issuer, what=what)


def known(config: OpenId, claims: Mapping[str, Any]) -> Known:
    """Whom the claims name: a reader, and what the settings grant to the groups they are in.

    The audience holds its roles in all of its institutions. Who is archivist here and curator there would become
    archivist there, too: such a one is what their strongest role makes them, where it does, and a weaker role as well
    only if it holds in all of these institutions.
    """
    groups = _groups(config, claims)
    granted = [each for each in config.granted if each.group in groups]
    where: dict[Role, frozenset[str]] = {}
    for each in granted:
        role = Role(each.role)
        where[role] = where.get(role, frozenset()) | frozenset(each.institutions)
    strongest = next((role for role in _STRENGTH if role in where), None)
    scope = where[strongest] if strongest else frozenset[str]()
    roles = {role for role in STAFF & set(where) if scope <= where[role] or EVERYWHERE in where[role]}
    subject = printable(str(claims["sub"]))[:255]
    told = (claims.get(name) for name in ("name", "preferred_username", "email"))
    name = next((each for each in told if isinstance(each, str) and each.strip()), subject)
    return Known(Audience(printable(name)[:_MOST_NAME], frozenset({Role.READER} | roles), scope), subject)


def _groups(config: OpenId, claims: Mapping[str, Any]) -> frozenset[str]:
    """The groups told; some providers put what is their own one level down, under "claims"."""
    inner = claims.get("claims")
    nested = inner.get(config.groups_claim) if isinstance(inner, Mapping) else None
    told = claims.get(config.groups_claim, nested)
    listed = [told] if isinstance(told, str) else told
    return frozenset(each for each in listed if isinstance(each, str)) if isinstance(listed, list) else frozenset()
