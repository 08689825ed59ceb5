"""Give purchases a state, by what they cost"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

state = postgresql.ENUM("open", "paid", "void", name="purchase_state")


def upgrade():
    state.create(op.get_bind())
    op.add_column(
        "purchase",
        sa.Column("state", postgresql.ENUM(name="purchase_state", create_type=False), nullable=False, server_default="open"),
    )
    op.execute("UPDATE purchase SET state = 'paid' WHERE amount = 0")
    op.alter_column("purchase", "state", server_default=None)
    op.create_check_constraint("amount_is_positive", "purchase", "amount >= 0")
    op.create_index("purchase_customer", "purchase", ["customer_id", "state"])
    op.add_column(
        "customer",
        sa.Column("attributes", postgresql.JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")),
    )
