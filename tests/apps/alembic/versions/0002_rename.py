"""Rename a table and a column, and widen"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.rename_table("order", "purchase")
    op.alter_column("customer", "name", new_column_name="full_name", type_=sa.String(200))
    op.create_unique_constraint("customer_email_key", "customer", ["email"])
    op.drop_column("customer", "fax")
    op.alter_column("purchase", "amount", type_=sa.Numeric(12, 2), postgresql_using="round(amount::numeric, 2)")
