"""The central server: policy, permissions and schedules, the devices' channel, and the staff's pages."""
