"""Know whose changes each device listens to: who joins or leaves a group starts over."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this schema."""
    op.create_table(
        "device_audiences",
        sa.Column("consortium_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("controller_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("device_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("audiences", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(["consortium_id"], ["organisation.id"], name=op.f("fk_device_audiences_consortium_id")),
        sa.ForeignKeyConstraint(["controller_id"], ["organisation.id"], name=op.f("fk_device_audiences_controller_id")),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_device_audiences_device_id")),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_device_audiences")),
    )
    with op.batch_alter_table("device_audiences", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_audiences_consortium_id"), ["consortium_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_device_audiences_controller_id"), ["controller_id"], unique=False)


def downgrade() -> None:
    """Back to the schema before."""
    with op.batch_alter_table("device_audiences", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_device_audiences_controller_id"))
        batch_op.drop_index(batch_op.f("ix_device_audiences_consortium_id"))

    op.drop_table("device_audiences")
