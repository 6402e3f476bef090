"""Texts patrons accept and what they said."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this schema."""
    op.create_table(
        "terms_version",
        sa.Column("consortium_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("place", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("effective", sa.Date(), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("anew", sa.Boolean(), nullable=False),
        sa.Column("made_by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("made_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("published_by", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("published_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["consortium_id"], ["organisation.id"], name=op.f("fk_terms_version_consortium_id")),
        sa.ForeignKeyConstraint(["place"], ["organisation.id"], name=op.f("fk_terms_version_place")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms_version")),
        sa.UniqueConstraint("place", "number", name=op.f("uq_terms_version_place_number")),
    )
    with op.batch_alter_table("terms_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_terms_version_consortium_id"), ["consortium_id"], unique=False)

    op.create_table(
        "guest_approval",
        sa.Column("consortium_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("controller_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patron_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("register_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("number_digest", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("place", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("lang", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("channel", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("branch_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("right_ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["consortium_id"], ["organisation.id"], name=op.f("fk_guest_approval_consortium_id")),
        sa.ForeignKeyConstraint(["controller_id"], ["organisation.id"], name=op.f("fk_guest_approval_controller_id")),
        sa.ForeignKeyConstraint(["patron_id"], ["patron.id"], name=op.f("fk_guest_approval_patron_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guest_approval")),
    )
    with op.batch_alter_table("guest_approval", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_guest_approval_consortium_id"), ["consortium_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_guest_approval_controller_id"), ["controller_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_guest_approval_number_digest"), ["number_digest"], unique=False)
        batch_op.create_index(batch_op.f("ix_guest_approval_patron_id"), ["patron_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_guest_approval_right_ended_at"), ["right_ended_at"], unique=False)

    op.create_table(
        "terms_evidence",
        sa.Column("consortium_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("controller_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patron_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("register_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("number_digest", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("place", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("lang", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("channel", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("branch_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("right_ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("act", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("version_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("local_day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["consortium_id"], ["organisation.id"], name=op.f("fk_terms_evidence_consortium_id")),
        sa.ForeignKeyConstraint(["controller_id"], ["organisation.id"], name=op.f("fk_terms_evidence_controller_id")),
        sa.ForeignKeyConstraint(["patron_id"], ["patron.id"], name=op.f("fk_terms_evidence_patron_id")),
        sa.ForeignKeyConstraint(["version_id"], ["terms_version.id"], name=op.f("fk_terms_evidence_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms_evidence")),
    )
    with op.batch_alter_table("terms_evidence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_terms_evidence_consortium_id"), ["consortium_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_terms_evidence_controller_id"), ["controller_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_terms_evidence_number_digest"), ["number_digest"], unique=False)
        batch_op.create_index(batch_op.f("ix_terms_evidence_patron_id"), ["patron_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_terms_evidence_right_ended_at"), ["right_ended_at"], unique=False)

    op.create_table(
        "terms_reach",
        sa.Column("consortium_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("controller_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("branch_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("texts", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("told_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_terms_reach_branch_id")),
        sa.ForeignKeyConstraint(["consortium_id"], ["organisation.id"], name=op.f("fk_terms_reach_consortium_id")),
        sa.ForeignKeyConstraint(["controller_id"], ["organisation.id"], name=op.f("fk_terms_reach_controller_id")),
        sa.PrimaryKeyConstraint("branch_id", name=op.f("pk_terms_reach")),
    )
    with op.batch_alter_table("terms_reach", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_terms_reach_consortium_id"), ["consortium_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_terms_reach_controller_id"), ["controller_id"], unique=False)

    op.create_table(
        "terms_text",
        sa.Column("consortium_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("version_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("lang", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("changed", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(["consortium_id"], ["organisation.id"], name=op.f("fk_terms_text_consortium_id")),
        sa.ForeignKeyConstraint(["version_id"], ["terms_version.id"], name=op.f("fk_terms_text_version_id")),
        sa.PrimaryKeyConstraint("version_id", "lang", name=op.f("pk_terms_text")),
    )
    with op.batch_alter_table("terms_text", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_terms_text_consortium_id"), ["consortium_id"], unique=False)


def downgrade() -> None:
    """Back to the schema before."""
    with op.batch_alter_table("terms_text", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_terms_text_consortium_id"))

    op.drop_table("terms_text")
    with op.batch_alter_table("terms_reach", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_terms_reach_controller_id"))
        batch_op.drop_index(batch_op.f("ix_terms_reach_consortium_id"))

    op.drop_table("terms_reach")
    with op.batch_alter_table("terms_evidence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_terms_evidence_right_ended_at"))
        batch_op.drop_index(batch_op.f("ix_terms_evidence_patron_id"))
        batch_op.drop_index(batch_op.f("ix_terms_evidence_number_digest"))
        batch_op.drop_index(batch_op.f("ix_terms_evidence_controller_id"))
        batch_op.drop_index(batch_op.f("ix_terms_evidence_consortium_id"))

    op.drop_table("terms_evidence")
    with op.batch_alter_table("guest_approval", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_guest_approval_right_ended_at"))
        batch_op.drop_index(batch_op.f("ix_guest_approval_patron_id"))
        batch_op.drop_index(batch_op.f("ix_guest_approval_number_digest"))
        batch_op.drop_index(batch_op.f("ix_guest_approval_controller_id"))
        batch_op.drop_index(batch_op.f("ix_guest_approval_consortium_id"))

    op.drop_table("guest_approval")
    with op.batch_alter_table("terms_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_terms_version_consortium_id"))

    op.drop_table("terms_version")
