"""What the log's dotted actions are called on the page that shows it."""

from meroppet.texts.patron import N_

ACTIONS = {
    "alarms.seen": N_("Looked at the alarms"),
    "audit.read": N_("Read this log"),
    "branch.changed": N_("Changed a branch"),
    "branch.made": N_("Made a branch"),
    "brake.discarded": N_("Threw away a held change"),
    "brake.released": N_("Released a held change"),
    "device.invited": N_("Invited a device"),
    "device.revoked": N_("Shut out a device"),
    "device.stolen": N_("Shut out a stolen device and changed keys"),
    "door.open_once": N_("Opened a door once"),
    "journal.gap_accepted": N_("Stopped waiting for lost events"),
    "organisation.changed": N_("Changed an organisation"),
    "organisation.made": N_("Made an organisation"),
    "pass.approved": N_("Confirmed that a pass opens at every hour"),
    "pass.ended": N_("Ended a pass"),
    "pass.made": N_("Made a pass"),
    "pass.tag_given": N_("Handed out a tag for a pass"),
    "patron.decisions_read": N_("Looked at why a card was let in or not"),
    "patron.forgotten": N_("Forgot a patron"),
    "patron.tag_given": N_("Handed out a tag to a patron"),
    "patron.looked_up": N_("Looked up a patron"),
    "policy.changed": N_("Changed rules about who may come in"),
    "policy.set": N_("Set the rules"),
    "register.examined": N_("Examined a library system"),
    "right.ended_unknown": N_("Ended access of patrons the library system does not know any more"),
    "right.set": N_("Gave or changed a patron's access"),
    "schedule.closed_now": N_("Closed a branch at once"),
    "schedule.draft.discarded": N_("Threw away a draft of deviating hours"),
    "schedule.draft.published": N_("Published a draft of deviating hours"),
    "schedule.draft.saved": N_("Saved a draft of deviating hours"),
    "schedule.exception.removed": N_("Removed deviating hours"),
    "schedule.exception.set": N_("Decided deviating hours"),
    "schedule.extended": N_("Kept a branch open longer"),
    "schedule.imported": N_("Imported opening hours"),
    "schedule.list.added": N_("Put a card on a branch's list"),
    "schedule.list.removed": N_("Took a card off a branch's list"),
    "schedule.no_self_service": N_("Stopped self-service for the evening"),
    "schedule.order.given": N_("Gave an order about opening hours"),
    "schedule.order.taken_back": N_("Took back an order about opening hours"),
    "schedule.pattern.set": N_("Saved opening hours"),
    "schedule.reopened": N_("Opened a branch again"),
    "schedule.undone": N_("Undid a change of opening hours"),
    "schedule.week.set": N_("Saved opening hours"),
    "staff.account.closed": N_("Closed an account"),
    "staff.account.made": N_("An account was made"),
    "staff.invited": N_("Invited a colleague"),
    "staff.sign_in": N_("Signed in"),
    "staff.sign_in.failed": N_("Did not get in: wrong user name or password"),
    "staff.sign_in.throttled": N_("Did not get in: too many tries"),
    "tag.ordered": N_("Asked a reader for a new tag"),
}
"""In English; the page translates."""

BELONGING = N_("Changed what an organisation belongs to")


def words_of(action: str) -> str:
    """The action in words; one that has none stands for itself."""
    return BELONGING if action.startswith("organisation.membership.") else ACTIONS.get(action, action)
