"""What every process needs around its rules: clock, settings, logs and word to systemd."""
