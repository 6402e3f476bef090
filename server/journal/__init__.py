"""What devices report, each row exactly once; what cannot be understood is kept aside for staff, never lost."""
