"""The process behind the loan kiosk's screen: a visit of log in, borrow, return and receipt."""
