"""What the server does by itself, now and then: each job once, however many processes there are."""
