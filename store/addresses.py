"""Addresses: who pays an order, and where it goes."""

from dataclasses import dataclass
from typing import Annotated

from typing_extensions import Doc

from store.fields import References
from store.lookups import Lookup
from store.resources import Referable, Resource
from store.tables import Traits, derive


@dataclass(kw_only=True)
class AddressContent(Referable):
    """What the shop says of an address."""

    business: Annotated[bool, Doc("Whether it is a company's; `company` is needed then.")] = False
    first_name: Annotated[str | None, Doc("Given name; needed unless `business`.")] = None
    last_name: Annotated[str | None, Doc("Family name; needed unless `business`.")] = None
    company: Annotated[str | None, Doc("The company's name.")] = None
    line_1: Annotated[str, Doc("Street and number.")]
    line_2: Annotated[str | None, Doc("Floor, apartment and the like.")] = None
    city: Annotated[str, Doc("City.")]
    zip_code: Annotated[str | None, Doc("Postal code.")] = None
    state_code: Annotated[
        str | None, Doc("State or province, ISO 3166-2 without the country: `OH`.")
    ] = None
    country_code: Annotated[str, Doc("Country, ISO 3166-1: `DE`.")]
    phone: Annotated[str | None, Doc("Phone number, with the country's prefix.")] = None
    email: Annotated[str | None, Doc("E-mail address.")] = None
    notes: Annotated[str | None, Doc("What the courier should know.")] = None
    billing_info: Annotated[str | None, Doc("Tax numbers and the like.")] = None


@dataclass(kw_only=True)
class Address(AddressContent, Resource):
    """An order's billing or shipping address. Each order has its own."""

    order_id: Annotated[str, Doc("The id of its order."), References("orders")]


addresses = derive("addresses", Address, traits=Traits(owner="order_id"))

addresses_by_id = Lookup(Address, addresses.c.id)
