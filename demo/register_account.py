"""How the server signs in at the demo's library system. Apart from the register itself, which the demo never loads."""

from demo.consortia import DemoBranch

PASSWORD_VARIABLE = "MEROPPET_DEMO_REGISTER_PASSWORD"  # noqa: S105 (the variable's name)


def account_of(branch: DemoBranch) -> str:
    """The user name under which the server asks the register for this branch."""
    return f"meroppet-{branch.id}"
