"""Koha over its REST interface, behind the port `Ils`; what REST does not offer goes by SIP2, if there is one.

Evidence marks as in the profiles: [rec] recorded from a running Koha 19.05; [src] read in Koha's sources or its
published interface description, never run.
"""

from meroppet.ils.koha_rest.changes import ChangedPatron, ChangesPage
from meroppet.ils.koha_rest.client import KohaRestIls
from meroppet.ils.koha_rest.site import EntryAttribute, KohaSite

__all__ = ["ChangedPatron", "ChangesPage", "EntryAttribute", "KohaRestIls", "KohaSite"]
