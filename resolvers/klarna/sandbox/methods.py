"""What a shopper pays with, and what depends on it.

Source: Klarna's pages on creating an order, on changing an order's amount, on extending the
authorization, and the Order Management contract. Which method a category leads to is inferred.
"""

from dataclasses import dataclass

from resolvers.klarna.sandbox.messages import Json

TYPES = {
    "invoice": "INVOICE",
    "fixed_amount": "FIXED_AMOUNT",
    "base_account": "ACCOUNT",
    "direct_debit": "DIRECT_DEBIT",
    "direct_bank_transfer": "BANK_TRANSFER",
    "b2b_invoice": "INVOICE_BUSINESS",
    "card": "CARD",
    "slice_it_by_card": "FIXED_AMOUNT_BY_CARD",
    "pay_later_by_card": "PAY_LATER_BY_CARD",
    "pay_by_card": "PAY_BY_CARD",
    "fixed_sum_credit": "FIXED_SUM_CREDIT",
    "alternative_payment_method": "ALTERNATIVE_PAYMENT_METHOD",
}
"""The methods as Payments names them, and as Order Management does."""

_CATEGORIES = {
    "pay_now": "direct_debit",
    "direct_debit": "direct_debit",
    "direct_bank_transfer": "direct_bank_transfer",
    "pay_over_time": "fixed_amount",
}
_PAID_LATER = frozenset({"invoice", "b2b_invoice", "pay_later_by_card"})
_PAID_NOW_BY_CARD = frozenset({"card", "pay_by_card"})
_INSTALLMENTS = {"fixed_amount": 3, "slice_it_by_card": 3, "fixed_sum_credit": 6}
_INCREASABLE = frozenset({"invoice", "b2b_invoice", "base_account", "direct_debit"})
_FIXED_AMOUNT_COUNTRIES = frozenset({"AT", "DE", "DK", "FI", "FR", "NL", "NO", "SE"})


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """One of Klarna's payment methods, as chosen in one country."""

    type: str
    country: str

    def authorized(self) -> Json:
        """Return `authorized_payment_method` as placing an order answers it."""
        method: Json = {"type": self.type}
        if self.type in _PAID_LATER:
            method["number_of_days"] = 30
        if self.type in _INSTALLMENTS:
            method["number_of_installments"] = _INSTALLMENTS[self.type]
        return method

    def initial(self) -> Json:
        """Return `initial_payment_method` as an order shows it."""
        name = TYPES[self.type]
        method: Json = {"type": name, "description": name.replace("_", " ").capitalize()}
        if self.type in _INSTALLMENTS:
            method["number_of_installments"] = _INSTALLMENTS[self.type]
        return method

    @property
    def increasable(self) -> bool:
        """Whether an order's amount may grow after it was placed.

        That Switzerland is excluded for all methods, not for direct debit alone, is inferred.
        """
        if self.type == "fixed_amount":
            return self.country in _FIXED_AMOUNT_COUNTRIES
        return self.type in _INCREASABLE and self.country != "CH"

    @property
    def extendable(self) -> bool:
        """Whether the authorization may be extended: not for cards paid now, nor US credit."""
        american_credit = self.type == "fixed_sum_credit" and self.country == "US"
        return self.type not in _PAID_NOW_BY_CARD and not american_credit

    @property
    def paid_later(self) -> bool:
        """Whether the shopper has a due date, which can be moved."""
        return self.type in _PAID_LATER


def chosen(category: str, purchase: Json, country: str) -> PaymentMethod:
    """Return the method that a shopper of a category ends up with."""
    organization = purchase.get("customer", {}).get("type") == "organization"
    fallback = "b2b_invoice" if organization else "invoice"
    return PaymentMethod(_CATEGORIES.get(category, fallback), country)
