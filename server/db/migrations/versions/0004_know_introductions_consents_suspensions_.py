"""Know introductions, consents, suspensions and former numbers of patrons."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this schema."""
    op.create_table(
        "patron_number",
        sa.Column("consortium_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("patron_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("number_digest", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("number_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("replaced_by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("replaced_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["consortium_id"], ["organisation.id"], name=op.f("fk_patron_number_consortium_id")),
        sa.ForeignKeyConstraint(
            ["patron_id"], ["patron.id"], name=op.f("fk_patron_number_patron_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("patron_id", "number_digest", name=op.f("pk_patron_number")),
    )
    with op.batch_alter_table("patron_number", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_patron_number_consortium_id"), ["consortium_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_patron_number_number_digest"), ["number_digest"], unique=False)

    op.create_table(
        "patron_suspension",
        sa.Column("consortium_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("controller_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("patron_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("reach", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("place", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("notice", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("decided_by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("lifted_by", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("lifted_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("is_told", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consortium_id"], ["organisation.id"], name=op.f("fk_patron_suspension_consortium_id")
        ),
        sa.ForeignKeyConstraint(
            ["controller_id"], ["organisation.id"], name=op.f("fk_patron_suspension_controller_id")
        ),
        sa.ForeignKeyConstraint(["patron_id"], ["patron.id"], name=op.f("fk_patron_suspension_patron_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patron_suspension")),
    )
    with op.batch_alter_table("patron_suspension", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_patron_suspension_consortium_id"), ["consortium_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_patron_suspension_controller_id"), ["controller_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_patron_suspension_last_day"), ["last_day"], unique=False)
        batch_op.create_index(batch_op.f("ix_patron_suspension_patron_id"), ["patron_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_patron_suspension_place"), ["place"], unique=False)

    # A suspension becomes a decision of its own, as those who gave the right with it took it.
    op.execute(
        "INSERT INTO patron_suspension (consortium_id, controller_id, id, patron_id, reach, place, reason, first_day,"
        " last_day, notice, decided_by, decided_at, is_told)"
        " SELECT consortium_id, controller_id, id, patron_id, reach, place, 'other', date(given_at), suspended_until,"
        " 'not_yet', given_by, given_at, true FROM patron_right"
        " WHERE suspended_until IS NOT NULL"
    )
    with op.batch_alter_table("patron_right", schema=None) as batch_op:
        batch_op.add_column(sa.Column("introduced_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("guardian_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("listed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column("reminded_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
        batch_op.alter_column("permitted", existing_type=sa.BOOLEAN(), nullable=True)
        batch_op.drop_column("suspended_until")


def downgrade() -> None:
    """Back to the schema before, in which nobody could be known without a permission."""
    op.execute("DELETE FROM patron_right WHERE permitted IS NULL")
    with op.batch_alter_table("patron_right", schema=None) as batch_op:
        batch_op.add_column(sa.Column("suspended_until", sa.DATE(), nullable=True))
        batch_op.alter_column("permitted", existing_type=sa.BOOLEAN(), nullable=False)
        batch_op.drop_column("reminded_at")
        batch_op.drop_column("listed_at")
        batch_op.drop_column("guardian_on")
        batch_op.drop_column("introduced_on")

    with op.batch_alter_table("patron_suspension", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_patron_suspension_place"))
        batch_op.drop_index(batch_op.f("ix_patron_suspension_patron_id"))
        batch_op.drop_index(batch_op.f("ix_patron_suspension_last_day"))
        batch_op.drop_index(batch_op.f("ix_patron_suspension_controller_id"))
        batch_op.drop_index(batch_op.f("ix_patron_suspension_consortium_id"))

    op.drop_table("patron_suspension")
    with op.batch_alter_table("patron_number", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_patron_number_number_digest"))
        batch_op.drop_index(batch_op.f("ix_patron_number_consortium_id"))

    op.drop_table("patron_number")
