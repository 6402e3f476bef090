"""Who may come in, on every level: read as sentences, changed with a look at what changes where."""

from fastapi import APIRouter

router = APIRouter()
