"""The table [catalogue] of the settings file: how the catalogue is served."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated, Literal

from pydantic import Field, IPvAnyNetwork

from repository.catalogue.house import Config, Granted, OpenId
from workflows.settings_part import Part


class GroupSettings(Part):
    """What members of a group of the identity provider are here: a role, in institutions (siglas; "*": all)."""

    group: str
    role: Literal["reader", "curator", "operator", "archivist", "admin"] = "reader"
    institutions: Annotated[tuple[str, ...], Field(min_length=1)]


class OpenIdSettings(Part):
    """The identity provider: its issuer, who we are to it (the secret in a variable of the environment), its groups."""

    issuer: Annotated[str, Field(pattern=r"^https?://\S+$")]
    client_id: Annotated[str, Field(min_length=1)]
    client_secret_env: str = "KDR_OIDC_SECRET"  # noqa: S105 - the name of a variable
    groups_claim: str = "groups"
    group: tuple[GroupSettings, ...] = ()


class CatalogueSettings(Part):
    """How the catalogue is served: what `repository.catalogue.house.Config` says of each."""

    address: Annotated[str, Field(pattern=r"^(https?://[^\s/]+(/\S*)?)?$")] = ""
    premises: tuple[IPvAnyNetwork, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    proxies: tuple[IPvAnyNetwork, ...] = ()
    unknown_access: Literal["public", "premises", "staff"] = "premises"
    sql: Literal["nobody", "staff", "all"] = "staff"
    session_hours: float = Field(default=8.0, gt=0, le=720)
    image_cache_gb: float = Field(default=50.0, gt=0)
    image_megapixels: float = Field(default=25.0, ge=1, le=400)
    images_per_second: float = Field(default=50.0, gt=0)
    searches_per_second: float = Field(default=5.0, gt=0)
    openid: OpenIdSettings | None = None
    publisher: str = ""
    contact: Annotated[str, Field(pattern=r"^([^\s@]+@[^\s@]+)?$")] = ""
    data_licence: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""

    def config(self) -> Config:
        """The same as the catalogue takes it."""
        given = self.openid
        openid = None
        if given is not None:
            granted = tuple(Granted(each.group, each.role, each.institutions) for each in given.group)
            openid = OpenId(given.issuer, given.client_id, given.client_secret_env, given.groups_claim, granted)
        return Config(
            address=self.address,
            premises=tuple(map(str, self.premises)),
            proxies=tuple(map(str, self.proxies)),
            unknown_access=self.unknown_access,
            sql=self.sql,
            session_hours=self.session_hours,
            image_cache_gb=self.image_cache_gb,
            image_megapixels=self.image_megapixels,
            images_per_second=self.images_per_second,
            searches_per_second=self.searches_per_second,
            openid=openid,
            publisher=self.publisher,
            contact=self.contact,
            data_licence=self.data_licence,
        )
