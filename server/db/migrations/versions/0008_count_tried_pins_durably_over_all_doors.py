"""Count tried PINs durably over all doors."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this schema."""
    op.create_table(
        "pin_card",
        sa.Column("consortium_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("register_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("card", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("branch_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("same_as", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("in_a_row", sa.Integer(), nullable=False),
        sa.Column("cleared", sa.Integer(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_pin_card_branch_id")),
        sa.ForeignKeyConstraint(["consortium_id"], ["organisation.id"], name=op.f("fk_pin_card_consortium_id")),
        sa.PrimaryKeyConstraint("register_id", "card", name=op.f("pk_pin_card")),
    )
    with op.batch_alter_table("pin_card", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pin_card_branch_id"), ["branch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_pin_card_consortium_id"), ["consortium_id"], unique=False)

    op.create_table(
        "pin_attempt",
        sa.Column("consortium_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("register_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("card", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("device_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("branch_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("attempt", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("outcome", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("sent", sa.Boolean(), nullable=False),
        sa.Column("agreed", sa.Boolean(), nullable=False),
        sa.Column("cleared", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_pin_attempt_branch_id")),
        sa.ForeignKeyConstraint(["consortium_id"], ["organisation.id"], name=op.f("fk_pin_attempt_consortium_id")),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_pin_attempt_device_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pin_attempt")),
    )
    with op.batch_alter_table("pin_attempt", schema=None) as batch_op:
        batch_op.create_index("ix_pin_attempt_card", ["register_id", "card"], unique=False)
        batch_op.create_index(batch_op.f("ix_pin_attempt_consortium_id"), ["consortium_id"], unique=False)
        batch_op.create_index("ix_pin_attempt_device", ["device_id", "at"], unique=False)

    op.create_table(
        "pin_door",
        sa.Column("consortium_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("controller_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("device_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("branch_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("mode", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("since", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("off_since", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("acknowledged_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("acknowledged_by", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_pin_door_branch_id")),
        sa.ForeignKeyConstraint(["consortium_id"], ["organisation.id"], name=op.f("fk_pin_door_consortium_id")),
        sa.ForeignKeyConstraint(["controller_id"], ["organisation.id"], name=op.f("fk_pin_door_controller_id")),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_pin_door_device_id")),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_pin_door")),
    )
    with op.batch_alter_table("pin_door", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pin_door_branch_id"), ["branch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_pin_door_consortium_id"), ["consortium_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_pin_door_controller_id"), ["controller_id"], unique=False)


def downgrade() -> None:
    """Back to the schema before."""
    with op.batch_alter_table("pin_door", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pin_door_controller_id"))
        batch_op.drop_index(batch_op.f("ix_pin_door_consortium_id"))
        batch_op.drop_index(batch_op.f("ix_pin_door_branch_id"))

    op.drop_table("pin_door")
    with op.batch_alter_table("pin_attempt", schema=None) as batch_op:
        batch_op.drop_index("ix_pin_attempt_device")
        batch_op.drop_index(batch_op.f("ix_pin_attempt_consortium_id"))
        batch_op.drop_index("ix_pin_attempt_card")

    op.drop_table("pin_attempt")
    with op.batch_alter_table("pin_card", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pin_card_consortium_id"))
        batch_op.drop_index(batch_op.f("ix_pin_card_branch_id"))

    op.drop_table("pin_card")
