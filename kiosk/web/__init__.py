"""The kiosk's page: it shows the session and posts what is touched; it decides nothing."""
