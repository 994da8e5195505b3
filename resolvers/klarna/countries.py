"""Where Klarna sells: each country's one currency, its locales and its API region.

Source: Klarna's page on supported countries, currencies and locales.
"""

from dataclasses import dataclass
from typing import Literal

Region = Literal["EU", "US", "OC"]
"""Klarna's API region, named as gateways name it: US is all of the Americas, OC is Oceania."""


@dataclass(frozen=True, slots=True)
class Country:
    """What Klarna accepts from shoppers of one country."""

    code: str
    currency: str
    languages: tuple[str, ...]
    region: Region

    @property
    def locales(self) -> tuple[str, ...]:
        """The accepted locales, the country's own language first: `("sv-SE", "en-SE")`."""
        return tuple(f"{language}-{self.code}" for language in self.languages)

    def locale_for(self, language: str | None) -> str:
        """Return the locale for a shopper's language, or the English one of this country.

        `language` may be a bare code (`sv`) or a full locale (`sv-FI`); only its language counts.
        """
        spoken = (language or "").replace("_", "-").partition("-")[0].lower()
        spoken = "nb" if spoken == "no" else spoken
        return f"{spoken if spoken in self.languages else 'en'}-{self.code}"


def _country(code: str, currency: str, languages: str, region: Region) -> Country:
    return Country(code, currency, tuple(languages.split()), region)


COUNTRIES: dict[str, Country] = {
    country.code: country
    for country in (
        _country("AT", "EUR", "de en", "EU"),
        _country("AU", "AUD", "en", "OC"),
        _country("BE", "EUR", "nl fr en", "EU"),
        _country("CA", "CAD", "en fr", "US"),
        _country("CH", "CHF", "de fr it en", "EU"),
        _country("CZ", "CZK", "cs en", "EU"),
        _country("DE", "EUR", "de en", "EU"),
        _country("DK", "DKK", "da en", "EU"),
        _country("ES", "EUR", "es en", "EU"),
        _country("FI", "EUR", "fi sv en", "EU"),
        _country("FR", "EUR", "fr en", "EU"),
        _country("GB", "GBP", "en", "EU"),
        _country("GR", "EUR", "el en", "EU"),
        _country("HU", "HUF", "hu en", "EU"),
        _country("IE", "EUR", "en", "EU"),
        _country("IT", "EUR", "it en", "EU"),
        _country("MX", "MXN", "es en", "US"),
        _country("NL", "EUR", "nl en", "EU"),
        _country("NO", "NOK", "nb en", "EU"),
        _country("NZ", "NZD", "en", "OC"),
        _country("PL", "PLN", "pl en", "EU"),
        _country("PT", "EUR", "pt en", "EU"),
        _country("RO", "RON", "ro en", "EU"),
        _country("SE", "SEK", "sv en", "EU"),
        _country("SK", "EUR", "sk en", "EU"),
        _country("US", "USD", "en es", "US"),
    )
}
"""Klarna's countries by ISO 3166-1 code, upper case. Every currency here has two decimals."""
