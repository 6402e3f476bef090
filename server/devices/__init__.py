"""The doors and kiosks: invited, enrolled, recognised on every request, watched, ordered about and revoked."""
