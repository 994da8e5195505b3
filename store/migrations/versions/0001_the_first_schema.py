"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BOOLEAN = sa.Boolean().with_variant(sa.Integer(), "sqlite")
REAL: sa.types.TypeEngine[float] = sa.REAL().with_variant(sa.Double(), "postgresql")


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "errands",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("attempts", INTEGER, nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("next_attempt_at", sa.Text(), nullable=True),
        sa.CheckConstraint("mode IN ('test', 'live')", name=op.f("ck_errands_mode")),
        sa.CheckConstraint(
            "kind IN ('authorization', 'review', 'recovery')", name=op.f("ck_errands_kind")
        ),
        sa.CheckConstraint(
            "attempts BETWEEN -2147483648 AND 2147483647", name=op.f("ck_errands_attempts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_errands")),
        sa.UniqueConstraint("payment_id", "name", name=op.f("uq_errands_payment_id_name")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_errands_next_attempt_at", "errands", ["next_attempt_at"])

    op.create_table(
        "event_stores",
        sa.Column("resource_id", sa.Text(), nullable=False),
        sa.Column("position", INTEGER, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("resource_type", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.CheckConstraint("mode IN ('test', 'live')", name=op.f("ck_event_stores_mode")),
        sa.CheckConstraint("json_valid(payload)", name=op.f("ck_event_stores_payload")).ddl_if(
            dialect="sqlite"
        ),
        sa.CheckConstraint("json_valid(who)", name=op.f("ck_event_stores_who")).ddl_if(
            dialect="sqlite"
        ),
        sa.PrimaryKeyConstraint("resource_id", "position", name=op.f("pk_event_stores")),
        sa.UniqueConstraint("id", name=op.f("uq_event_stores_id")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_event_stores_position", "event_stores", ["position"], unique=True)

    op.create_table(
        "klarna_gateways",
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("reference_origin", sa.Text(), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=False),
        sa.Column("revision", INTEGER, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("force_payments", BOOLEAN, nullable=False),
        sa.Column("country_code", sa.Text(), nullable=False),
        sa.Column("credential_keys", sa.Text(), nullable=False),
        sa.Column("credentials", sa.Text(), nullable=False),
        sa.Column("disabled_at", sa.Text(), nullable=True),
        sa.CheckConstraint("mode IN ('test', 'live')", name=op.f("ck_klarna_gateways_mode")),
        sa.CheckConstraint(
            "country_code IN ('EU', 'US', 'OC')", name=op.f("ck_klarna_gateways_country_code")
        ),
        sa.CheckConstraint("json_valid(metadata)", name=op.f("ck_klarna_gateways_metadata")).ddl_if(
            dialect="sqlite"
        ),
        sa.CheckConstraint(
            "force_payments IN (0, 1)", name=op.f("ck_klarna_gateways_force_payments")
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint(
            "json_valid(credential_keys)", name=op.f("ck_klarna_gateways_credential_keys")
        ).ddl_if(dialect="sqlite"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_klarna_gateways")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index(
        "ix_klarna_gateways_mode_created_at_id", "klarna_gateways", ["mode", "created_at", "id"]
    )

    op.create_table(
        "requests",
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("claimed_until", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.CheckConstraint("mode IN ('test', 'live')", name=op.f("ck_requests_mode")),
        sa.PrimaryKeyConstraint("mode", "caller", "key", name=op.f("pk_requests")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_requests_created_at", "requests", ["created_at"])

    op.create_table(
        "versions",
        sa.Column("resource_id", sa.Text(), nullable=False),
        sa.Column("revision", INTEGER, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("resource_type", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.CheckConstraint("mode IN ('test', 'live')", name=op.f("ck_versions_mode")),
        sa.CheckConstraint("json_valid(changes)", name=op.f("ck_versions_changes")).ddl_if(
            dialect="sqlite"
        ),
        sa.CheckConstraint("json_valid(who)", name=op.f("ck_versions_who")).ddl_if(
            dialect="sqlite"
        ),
        sa.PrimaryKeyConstraint("resource_id", "revision", name=op.f("pk_versions")),
        sa.UniqueConstraint("id", name=op.f("uq_versions_id")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_versions_deleted",
        "versions",
        ["resource_type", "created_at"],
        sqlite_where=sa.text("event = 'delete'"),
        postgresql_where=sa.text("event = 'delete'"),
    )
    op.create_index(
        "ix_versions_mode_created_at_revision_id",
        "versions",
        ["mode", "created_at", "revision", "id"],
    )

    op.create_table(
        "payment_methods",
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("reference_origin", sa.Text(), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=False),
        sa.Column("revision", INTEGER, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("payment_source_type", sa.Text(), nullable=False),
        sa.Column("currency_code", sa.Text(), nullable=True),
        sa.Column("price_amount_cents", INTEGER, nullable=False),
        sa.Column("require_capture", BOOLEAN, nullable=False),
        sa.Column("auto_place", BOOLEAN, nullable=False),
        sa.Column("auto_capture", BOOLEAN, nullable=False),
        sa.Column("auto_capture_max_amount_cents", INTEGER, nullable=True),
        sa.Column("payment_gateway_id", sa.Text(), nullable=False),
        sa.Column("disabled_at", sa.Text(), nullable=True),
        sa.CheckConstraint("mode IN ('test', 'live')", name=op.f("ck_payment_methods_mode")),
        sa.CheckConstraint(
            "payment_source_type IN ('klarna_payments')",
            name=op.f("ck_payment_methods_payment_source_type"),
        ),
        sa.CheckConstraint(
            "price_amount_cents BETWEEN -2147483648 AND 2147483647",
            name=op.f("ck_payment_methods_price_amount_cents"),
        ),
        sa.CheckConstraint(
            "auto_capture_max_amount_cents BETWEEN -2147483648 AND 2147483647",
            name=op.f("ck_payment_methods_auto_capture_max_amount_cents"),
        ),
        sa.CheckConstraint("json_valid(metadata)", name=op.f("ck_payment_methods_metadata")).ddl_if(
            dialect="sqlite"
        ),
        sa.CheckConstraint(
            "require_capture IN (0, 1)", name=op.f("ck_payment_methods_require_capture")
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint(
            "auto_place IN (0, 1)", name=op.f("ck_payment_methods_auto_place")
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint(
            "auto_capture IN (0, 1)", name=op.f("ck_payment_methods_auto_capture")
        ).ddl_if(dialect="sqlite"),
        sa.ForeignKeyConstraint(
            ["payment_gateway_id"],
            ["klarna_gateways.id"],
            name=op.f("fk_payment_methods_payment_gateway_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_methods")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index(
        "ix_payment_methods_mode_created_at_id", "payment_methods", ["mode", "created_at", "id"]
    )
    op.create_index(
        "ix_payment_methods_payment_gateway_id_created_at_id",
        "payment_methods",
        ["payment_gateway_id", "created_at", "id"],
    )

    op.create_table(
        "orders",
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("reference_origin", sa.Text(), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=False),
        sa.Column("revision", INTEGER, nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("currency_code", sa.Text(), nullable=False),
        sa.Column("country_code", sa.Text(), nullable=True),
        sa.Column("language_code", sa.Text(), nullable=True),
        sa.Column("customer_email", sa.Text(), nullable=True),
        sa.Column("tax_included", BOOLEAN, nullable=False),
        sa.Column("subtotal_amount_cents", INTEGER, nullable=False),
        sa.Column("shipping_amount_cents", INTEGER, nullable=False),
        sa.Column("payment_method_amount_cents", INTEGER, nullable=False),
        sa.Column("discount_amount_cents", INTEGER, nullable=False),
        sa.Column("adjustment_amount_cents", INTEGER, nullable=False),
        sa.Column("gift_card_amount_cents", INTEGER, nullable=False),
        sa.Column("total_tax_amount_cents", INTEGER, nullable=False),
        sa.Column("total_amount_cents", INTEGER, nullable=False),
        sa.Column("total_amount_with_taxes_cents", INTEGER, nullable=False),
        sa.Column("cart_url", sa.Text(), nullable=True),
        sa.Column("return_url", sa.Text(), nullable=True),
        sa.Column("terms_url", sa.Text(), nullable=True),
        sa.Column("privacy_url", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("payment_status", sa.Text(), nullable=False),
        sa.Column("fulfillment_status", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("payment_method_id", sa.Text(), nullable=True),
        sa.Column("payment_source_id", sa.Text(), nullable=True),
        sa.Column("billing_address_id", sa.Text(), nullable=True),
        sa.Column("shipping_address_id", sa.Text(), nullable=True),
        sa.Column("placed_at", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.Text(), nullable=True),
        sa.Column("cancelled_at", sa.Text(), nullable=True),
        sa.Column("payment_updated_at", sa.Text(), nullable=True),
        sa.CheckConstraint("mode IN ('test', 'live')", name=op.f("ck_orders_mode")),
        sa.CheckConstraint(
            "subtotal_amount_cents BETWEEN -2147483648 AND 2147483647",
            name=op.f("ck_orders_subtotal_amount_cents"),
        ),
        sa.CheckConstraint(
            "shipping_amount_cents BETWEEN -2147483648 AND 2147483647",
            name=op.f("ck_orders_shipping_amount_cents"),
        ),
        sa.CheckConstraint(
            "payment_method_amount_cents BETWEEN -2147483648 AND 2147483647",
            name=op.f("ck_orders_payment_method_amount_cents"),
        ),
        sa.CheckConstraint(
            "discount_amount_cents BETWEEN -2147483648 AND 2147483647",
            name=op.f("ck_orders_discount_amount_cents"),
        ),
        sa.CheckConstraint(
            "adjustment_amount_cents BETWEEN -2147483648 AND 2147483647",
            name=op.f("ck_orders_adjustment_amount_cents"),
        ),
        sa.CheckConstraint(
            "gift_card_amount_cents BETWEEN -2147483648 AND 2147483647",
            name=op.f("ck_orders_gift_card_amount_cents"),
        ),
        sa.CheckConstraint(
            "total_tax_amount_cents BETWEEN -2147483648 AND 2147483647",
            name=op.f("ck_orders_total_tax_amount_cents"),
        ),
        sa.CheckConstraint(
            "total_amount_cents BETWEEN -2147483648 AND 2147483647",
            name=op.f("ck_orders_total_amount_cents"),
        ),
        sa.CheckConstraint(
            "total_amount_with_taxes_cents BETWEEN -2147483648 AND 2147483647",
            name=op.f("ck_orders_total_amount_with_taxes_cents"),
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'pending', 'editing', 'placing', 'placed', 'approved', 'cancelled')",
            name=op.f("ck_orders_status"),
        ),
        sa.CheckConstraint(
            "payment_status IN ('unpaid', 'authorized', 'partially_authorized', 'paid', 'partially_paid', 'voided', 'partially_voided', 'refunded', 'partially_refunded', 'free')",
            name=op.f("ck_orders_payment_status"),
        ),
        sa.CheckConstraint(
            "fulfillment_status IN ('unfulfilled', 'in_progress', 'fulfilled', 'not_required')",
            name=op.f("ck_orders_fulfillment_status"),
        ),
        sa.CheckConstraint("json_valid(metadata)", name=op.f("ck_orders_metadata")).ddl_if(
            dialect="sqlite"
        ),
        sa.CheckConstraint("tax_included IN (0, 1)", name=op.f("ck_orders_tax_included")).ddl_if(
            dialect="sqlite"
        ),
        sa.ForeignKeyConstraint(
            ["payment_method_id"], ["payment_methods.id"], name=op.f("fk_orders_payment_method_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_orders_mode_created_at_id", "orders", ["mode", "created_at", "id"])
    op.create_index("ix_orders_mode_number", "orders", ["mode", "number"])
    op.create_index("ix_orders_mode_reference", "orders", ["mode", "reference"])
    op.create_index(
        "ix_orders_mode_status_created_at_id", "orders", ["mode", "status", "created_at", "id"]
    )
    op.create_index("ix_orders_mode_updated_at_id", "orders", ["mode", "updated_at", "id"])
    op.create_index("ix_orders_payment_method_id", "orders", ["payment_method_id"])
    op.create_index("ix_orders_token", "orders", ["token"], unique=True)

    op.create_table(
        "addresses",
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("reference_origin", sa.Text(), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=False),
        sa.Column("revision", INTEGER, nullable=False),
        sa.Column("business", BOOLEAN, nullable=False),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("company", sa.Text(), nullable=True),
        sa.Column("line_1", sa.Text(), nullable=False),
        sa.Column("line_2", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("zip_code", sa.Text(), nullable=True),
        sa.Column("state_code", sa.Text(), nullable=True),
        sa.Column("country_code", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("billing_info", sa.Text(), nullable=True),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.CheckConstraint("mode IN ('test', 'live')", name=op.f("ck_addresses_mode")),
        sa.CheckConstraint("json_valid(metadata)", name=op.f("ck_addresses_metadata")).ddl_if(
            dialect="sqlite"
        ),
        sa.CheckConstraint("business IN (0, 1)", name=op.f("ck_addresses_business")).ddl_if(
            dialect="sqlite"
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_addresses_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_addresses")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )

    op.create_table(
        "klarna_payments",
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("reference_origin", sa.Text(), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=False),
        sa.Column("revision", INTEGER, nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("payment_gateway_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("client_token", sa.Text(), nullable=True),
        sa.Column("payment_methods", sa.Text(), nullable=False),
        sa.Column("session_expires_at", sa.Text(), nullable=False),
        sa.Column("auth_token", sa.Text(), nullable=True),
        sa.Column("auth_token_expires_at", sa.Text(), nullable=True),
        sa.Column("klarna_order_id", sa.Text(), nullable=True),
        sa.Column("fraud_status", sa.Text(), nullable=True),
        sa.Column("redirect_url", sa.Text(), nullable=True),
        sa.Column("payment_instrument", sa.Text(), nullable=True),
        sa.Column("currency_code", sa.Text(), nullable=False),
        sa.Column("country_code", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("intent_amount_cents", INTEGER, nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("callback_secret", sa.Text(), nullable=False),
        sa.CheckConstraint("mode IN ('test', 'live')", name=op.f("ck_klarna_payments_mode")),
        sa.CheckConstraint(
            "status IN ('OPEN', 'AUTHORIZED', 'PLACING', 'PLACED', 'PENDING_REVIEW', 'REAUTHORIZE', 'REFUSED', 'EXPIRED')",
            name=op.f("ck_klarna_payments_status"),
        ),
        sa.CheckConstraint(
            "intent_amount_cents BETWEEN -2147483648 AND 2147483647",
            name=op.f("ck_klarna_payments_intent_amount_cents"),
        ),
        sa.CheckConstraint("json_valid(metadata)", name=op.f("ck_klarna_payments_metadata")).ddl_if(
            dialect="sqlite"
        ),
        sa.CheckConstraint(
            "json_valid(payment_methods)", name=op.f("ck_klarna_payments_payment_methods")
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint(
            "payment_instrument IS NULL OR json_valid(payment_instrument)",
            name=op.f("ck_klarna_payments_payment_instrument"),
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint("json_valid(snapshot)", name=op.f("ck_klarna_payments_snapshot")).ddl_if(
            dialect="sqlite"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_klarna_payments_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["payment_gateway_id"],
            ["klarna_gateways.id"],
            name=op.f("fk_klarna_payments_payment_gateway_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_klarna_payments")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index(
        "ix_klarna_payments_mode_created_at_id", "klarna_payments", ["mode", "created_at", "id"]
    )
    op.create_index("ix_klarna_payments_mode_reference", "klarna_payments", ["mode", "reference"])
    op.create_index(
        "ix_klarna_payments_mode_status_created_at_id",
        "klarna_payments",
        ["mode", "status", "created_at", "id"],
    )
    op.create_index(
        "ix_klarna_payments_mode_updated_at_id", "klarna_payments", ["mode", "updated_at", "id"]
    )
    op.create_index(
        "ix_klarna_payments_order_id_created_at_id",
        "klarna_payments",
        ["order_id", "created_at", "id"],
    )
    op.create_index(
        "ix_klarna_payments_payment_gateway_id_created_at_id",
        "klarna_payments",
        ["payment_gateway_id", "created_at", "id"],
    )
    op.create_index("ix_klarna_payments_session_id", "klarna_payments", ["session_id"])

    op.create_table(
        "line_items",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("position", INTEGER, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("reference_origin", sa.Text(), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=False),
        sa.Column("revision", INTEGER, nullable=False),
        sa.Column("item_type", sa.Text(), nullable=False),
        sa.Column("sku_code", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("quantity", INTEGER, nullable=False),
        sa.Column("unit_amount_cents", INTEGER, nullable=False),
        sa.Column("discount_cents", INTEGER, nullable=False),
        sa.Column("total_amount_cents", INTEGER, nullable=False),
        sa.Column("tax_amount_cents", INTEGER, nullable=False),
        sa.Column("tax_rate", REAL, nullable=True),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("product_url", sa.Text(), nullable=True),
        sa.Column("currency_code", sa.Text(), nullable=False),
        sa.CheckConstraint("mode IN ('test', 'live')", name=op.f("ck_line_items_mode")),
        sa.CheckConstraint(
            "item_type IN ('skus', 'bundles', 'gift_cards', 'shipments', 'payment_methods', 'adjustments', 'discount_engine_items', 'percentage_discount_promotions', 'free_shipping_promotions', 'buy_x_pay_y_promotions', 'free_gift_promotions', 'fixed_price_promotions', 'external_promotions', 'fixed_amount_promotions', 'flex_promotions')",
            name=op.f("ck_line_items_item_type"),
        ),
        sa.CheckConstraint(
            "quantity BETWEEN -2147483648 AND 2147483647", name=op.f("ck_line_items_quantity")
        ),
        sa.CheckConstraint(
            "unit_amount_cents BETWEEN -2147483648 AND 2147483647",
            name=op.f("ck_line_items_unit_amount_cents"),
        ),
        sa.CheckConstraint(
            "discount_cents BETWEEN -2147483648 AND 2147483647",
            name=op.f("ck_line_items_discount_cents"),
        ),
        sa.CheckConstraint(
            "total_amount_cents BETWEEN -2147483648 AND 2147483647",
            name=op.f("ck_line_items_total_amount_cents"),
        ),
        sa.CheckConstraint(
            "tax_amount_cents BETWEEN -2147483648 AND 2147483647",
            name=op.f("ck_line_items_tax_amount_cents"),
        ),
        sa.CheckConstraint(
            "position BETWEEN -2147483648 AND 2147483647", name=op.f("ck_line_items_position")
        ),
        sa.CheckConstraint("json_valid(metadata)", name=op.f("ck_line_items_metadata")).ddl_if(
            dialect="sqlite"
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_line_items_order_id")),
        sa.PrimaryKeyConstraint("order_id", "position", "id", name=op.f("pk_line_items")),
        sa.UniqueConstraint("id", name=op.f("uq_line_items_id")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )

    op.create_table(
        "operations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("payment_gateway_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("attempts", INTEGER, nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=True),
        sa.Column("klarna_code", sa.Text(), nullable=True),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.Text(), nullable=True),
        sa.Column("next_attempt_at", sa.Text(), nullable=True),
        sa.CheckConstraint("mode IN ('test', 'live')", name=op.f("ck_operations_mode")),
        sa.CheckConstraint(
            "kind IN ('open_session', 'update_session', 'place_order', 'cancel_authorization', 'capture', 'release', 'cancel', 'refund', 'extend', 'update_references')",
            name=op.f("ck_operations_kind"),
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'succeeded', 'refused', 'unknown', 'abandoned')",
            name=op.f("ck_operations_state"),
        ),
        sa.CheckConstraint(
            "attempts BETWEEN -2147483648 AND 2147483647", name=op.f("ck_operations_attempts")
        ),
        sa.CheckConstraint("json_valid(request)", name=op.f("ck_operations_request")).ddl_if(
            dialect="sqlite"
        ),
        sa.CheckConstraint(
            "answer IS NULL OR json_valid(answer)", name=op.f("ck_operations_answer")
        ).ddl_if(dialect="sqlite"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_operations_order_id")),
        sa.ForeignKeyConstraint(
            ["payment_gateway_id"],
            ["klarna_gateways.id"],
            name=op.f("fk_operations_payment_gateway_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operations")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_operations_key", "operations", ["key"], unique=True)
    op.create_index("ix_operations_mode_created_at_id", "operations", ["mode", "created_at", "id"])
    op.create_index("ix_operations_next_attempt_at", "operations", ["next_attempt_at"])
    op.create_index("ix_operations_payment_gateway_id", "operations", ["payment_gateway_id"])
    op.create_index(
        "ix_operations_payment_id_created_at", "operations", ["payment_id", "created_at"]
    )

    op.create_table(
        "transactions",
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("reference_origin", sa.Text(), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=False),
        sa.Column("revision", INTEGER, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("payment_source_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("currency_code", sa.Text(), nullable=False),
        sa.Column("amount_cents", INTEGER, nullable=False),
        sa.Column("succeeded", BOOLEAN, nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_detail", sa.Text(), nullable=True),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("reference_authorization_id", sa.Text(), nullable=True),
        sa.Column("reference_capture_id", sa.Text(), nullable=True),
        sa.Column("gateway_transaction_id", sa.Text(), nullable=True),
        sa.CheckConstraint("mode IN ('test', 'live')", name=op.f("ck_transactions_mode")),
        sa.CheckConstraint(
            "kind IN ('authorizations', 'captures', 'voids', 'refunds')",
            name=op.f("ck_transactions_kind"),
        ),
        sa.CheckConstraint(
            "amount_cents BETWEEN -2147483648 AND 2147483647",
            name=op.f("ck_transactions_amount_cents"),
        ),
        sa.CheckConstraint("json_valid(metadata)", name=op.f("ck_transactions_metadata")).ddl_if(
            dialect="sqlite"
        ),
        sa.CheckConstraint("succeeded IN (0, 1)", name=op.f("ck_transactions_succeeded")).ddl_if(
            dialect="sqlite"
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_transactions_order_id")),
        sa.ForeignKeyConstraint(
            ["payment_source_id"],
            ["klarna_payments.id"],
            name=op.f("fk_transactions_payment_source_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transactions")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index(
        "ix_transactions_mode_created_at_id", "transactions", ["mode", "created_at", "id"]
    )
    op.create_index(
        "ix_transactions_order_id_created_at_id", "transactions", ["order_id", "created_at", "id"]
    )
    op.create_index("ix_transactions_payment_source_id", "transactions", ["payment_source_id"])
    op.create_index(
        "ix_transactions_reference_authorization_id", "transactions", ["reference_authorization_id"]
    )
    op.create_index(
        "ix_transactions_reference_capture_id", "transactions", ["reference_capture_id"]
    )
    for table in ("event_stores", "versions"):
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuse_{action.lower()} BEFORE {action} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} only grows'); END"
            )
