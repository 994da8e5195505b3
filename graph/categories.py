"""Categories of Klarna's payment methods, as a session offers them."""

from typing import Self

import strawberry

from graph.fields.types import graph_type
from store.fields import Json


@graph_type
class AssetUrls:
    """Pictures of a payment method category, on Klarna's servers."""

    descriptive: str | None = strawberry.field(description="One that names the category.")
    standard: str | None = strawberry.field(description="Klarna's badge.")


@graph_type
class PaymentMethodCategory:
    """A category of Klarna's payment methods: what the widget is loaded with."""

    identifier: str = strawberry.field(
        description="What `Klarna.Payments.load()` takes as `payment_method_category`: `klarna`."
    )
    name: str | None = strawberry.field(description="What the shopper reads.")
    asset_urls: AssetUrls | None = strawberry.field(description="Its pictures.")

    @classmethod
    def of(cls, sent: Json) -> Self:
        """Read a category as Klarna sent it."""
        urls = sent.get("asset_urls")
        return cls(
            identifier=sent["identifier"],
            name=_text(sent, "name"),
            asset_urls=AssetUrls(
                descriptive=_text(urls, "descriptive"), standard=_text(urls, "standard")
            )
            if isinstance(urls, dict)
            else None,
        )


def categories_of(sent: list[Json]) -> list[PaymentMethodCategory]:
    """Read what Klarna sent of its categories."""
    return [PaymentMethodCategory.of(category) for category in sent]


def _text(sent: Json, name: str) -> str | None:
    found = sent.get(name)
    return found if isinstance(found, str) else None
