"""Small things every process needs: time, settings, logs, word to systemd. Nothing that knows libraries or doors."""
